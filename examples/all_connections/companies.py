"""The federation of all companies' deployments: its shape, and how one company joins it."""

from __future__ import annotations

from typing import Literal

import exclave as xc


def companies(layout: Literal["union", "inheritance"] = "inheritance") -> xc.Federation:
    """Give the shape: Django's table of users, joined in the schema ``all_connections``.

    Parameters
    ----------
    layout
        The article's ``"inheritance"``, or ``"union"``, which also joins deployments that are not
        on the same version.
    """
    return xc.Federation("all_connections", tables=["auth_user"], layout=layout)


def register(
    hub: xc.Hub, federation: xc.Federation, slug: str, *, host: str, port: int, dbname: str
) -> None:
    """Register a company: what the admin tool does when one is saved."""
    hub.add_member(
        federation,
        xc.Member.postgres(
            slug,
            host=host,
            port=port,
            dbname=dbname,
            user="production",
            password=xc.Secret.env("PRODUCTION_PASSWORD"),
        ),
    )
