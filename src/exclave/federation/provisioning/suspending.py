"""Suspending a member: its rows are not read, and whoever wants them is told so at once."""

from __future__ import annotations

from collections.abc import Callable

from exclave.catalog import Connection
from exclave.federation import registry
from exclave.federation.provisioning.joined import join
from exclave.federation.provisioning.session import exclusively, impatiently, retried
from exclave.federation.shape import Federation


def suspend(
    connection: Connection, federation: Federation, slug: str, owner: str, reason: str | None
) -> None:
    """Let the joined tables raise an error for a member, in the place of its rows.

    Parameters
    ----------
    connection
        A session on the hub. Within a transaction of the caller's it is part of that.
    federation, slug
        Which member of which federation.
    owner
        The owner role.
    reason
        Why, for all who read the joined tables.

    Raises
    ------
    RegistryError
        When there is no such member.
    ApplyError
        When other sessions held on to the joined tables for too long.
    """

    def work() -> None:
        registry.suspend(connection, federation.name, slug, reason)
        registry.record(connection, "suspend", federation.name, slug, reason=reason)

    _change(connection, federation, slug, owner, work, "Suspending")


def resume(connection: Connection, federation: Federation, slug: str, owner: str) -> None:
    """Let the joined tables show a member's rows again; the parameters are those of `suspend`."""

    def work() -> None:
        registry.resume(connection, federation.name, slug)
        registry.record(connection, "resume", federation.name, slug)

    _change(connection, federation, slug, owner, work, "Resuming")


def _change(
    connection: Connection,
    federation: Federation,
    slug: str,
    owner: str,
    work: Callable[[], None],
    what: str,
) -> None:
    def change() -> None:
        registry.open_registry(connection, owner)
        with registry.acting_as(connection, owner):
            exclusively(connection)
            impatiently(connection)
            work()
            kept = registry.load_federation(connection, federation.name)
            join(connection, kept or federation, touched=[slug])

    retried(connection, change, f'{what} member "{slug}" of {federation}')
