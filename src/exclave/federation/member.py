"""A member of a federation: one remote database, and how the hub reaches it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from exclave.errors import DeclarationError
from exclave.objects import Options, Secret
from exclave.objects.options import OptionInput

SLUG = re.compile(r"[^\W_][\w.-]*", re.UNICODE)
"""What a slug may look like: it begins with a letter or digit, and goes on with those, ``_-.``."""

State = Literal["adding", "joined", "leaving"]


@dataclass(frozen=True, slots=True, init=False)
class DeclaredTable:
    """A table of a member whose wrapper cannot tell what columns it has.

    Parameters
    ----------
    columns
        Its columns, by name, with their types as the hub spells them.
    options
        The options of its foreign table, such as ``{"filename": "/srv/orders.csv"}``. Everyone on
        the hub can read them.
    key
        The columns that tell its rows apart; none when there are none.
    """

    columns: Mapping[str, str] = field(hash=False)
    options: Mapping[str, str] = field(hash=False)
    key: tuple[str, ...]

    def __init__(
        self,
        columns: Mapping[str, str],
        options: Mapping[str, object] | None = None,
        key: Iterable[str] = (),
    ) -> None:
        assign = object.__setattr__
        assign(self, "columns", MappingProxyType(dict(columns)))
        texts = {name: str(value) for name, value in (options or {}).items()}
        assign(self, "options", MappingProxyType(texts))
        assign(self, "key", tuple(key))
        if not columns:
            raise DeclarationError("A declared table needs at least one column.")
        if missing := [name for name in self.key if name not in columns]:
            raise DeclarationError(
                f"The key of a declared table names {', '.join(missing)}, which it does not have; "
                f"its columns are {', '.join(columns)}."
            )

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, as the registry keeps it; the order of columns counts."""
        return {
            "columns": [list(column) for column in self.columns.items()],
            "options": dict(self.options),
            "key": list(self.key),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DeclaredTable:
        """Read what `to_dict` gave."""
        return cls(dict(data["columns"]), data["options"], data["key"])


@dataclass(frozen=True, slots=True, init=False)
class Member:
    """One remote database of a federation.

    Parameters
    ----------
    slug
        Its name for good: what the member column of the joined tables holds.
    wrapper
        The foreign-data wrapper through which it is reached.
    server_options
        Options of its server, over those of the federation; everyone on the hub can read them.
    mapping_options
        Options of its user mapping; secrets are `Secret` references.
    labels
        Words of yours about it, such as ``{"country": "NL"}``, by which members are chosen.
    writable
        Whether the joined tables may write to it; where its wrapper cannot write, they may not.
    tables
        Its tables by the names that they have in the federation, where its wrapper is not
        postgres_fdw and so cannot tell what they are.
    """

    slug: str
    wrapper: str
    server_options: Options
    mapping_options: Options
    labels: Mapping[str, str] = field(hash=False)
    writable: bool
    tables: Mapping[str, DeclaredTable] = field(hash=False)

    def __init__(
        self,
        slug: str,
        wrapper: str = "postgres_fdw",
        server_options: Options | Mapping[str, OptionInput] | None = None,
        mapping_options: Options | Mapping[str, OptionInput] | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        writable: bool = True,
        tables: Mapping[str, DeclaredTable] | None = None,
    ) -> None:
        if not isinstance(slug, str) or not SLUG.fullmatch(slug):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DeclarationError(
                f"{slug!r} is no slug for a member: it begins with a letter or a digit, and goes "
                "on with letters, digits, underscores, hyphens and dots."
            )
        assign = object.__setattr__
        assign(self, "slug", slug)
        assign(self, "wrapper", wrapper)
        assign(self, "server_options", Options(server_options or {}))
        assign(self, "mapping_options", Options(mapping_options or {}))
        assign(self, "labels", MappingProxyType(dict(labels or {})))
        assign(self, "writable", writable)
        assign(self, "tables", MappingProxyType(dict(tables or {})))

    @classmethod
    def postgres(
        cls,
        slug: str,
        *,
        host: str | None = None,
        port: int | str | None = None,
        dbname: str | None = None,
        user: str | None = None,
        password: Secret | str | None = None,
        labels: Mapping[str, str] | None = None,
        writable: bool = True,
        **options: OptionInput,
    ) -> Member:
        """Make a member that is a PostgreSQL database.

        Parameters
        ----------
        slug
            Its name for good.
        host, port, dbname
            Where it is; a member behind a tunnel is the tunnel's host and port.
        user, password
            As whom the hub logs in there.
        labels, writable
            As of `Member`.
        **options
            Further options of the server, such as ``sslmode="verify-full"`` or
            ``fetch_size=500``.
        """
        where = {"host": host, "port": port, "dbname": dbname}
        given = {key: value for key, value in where.items() if value is not None}
        who = {"user": user, "password": password}
        return cls(
            slug,
            "postgres_fdw",
            {**given, **options},
            {key: value for key, value in who.items() if value is not None},
            labels=labels,
            writable=writable,
        )

    def __str__(self) -> str:
        return f'member "{self.slug}"'


@dataclass(frozen=True, slots=True)
class MemberState:
    """What the registry on the hub says of a member.

    Parameters
    ----------
    federation, slug
        Which member of which federation.
    state
        ``"adding"`` until its tables are joined, ``"joined"``, and ``"leaving"`` from its removal
        until its objects are dropped.
    labels
        The words about it.
    wrapper
        The wrapper through which it is reached.
    server, schema
        The names of its server and of the schema of its tables on the hub.
    suspended
        Since when it is suspended; ``None`` when it is not.
    suspended_reason
        Why it is.
    added, joined, refreshed
        When it was registered, when its tables were last joined, and of when the rows are that
        the hub keeps for when it is down.
    writable
        Whether the joined tables may write to it.
    chunk
        The number of the chunk of the joined tables that it is in.
    shape_digest
        A digest of the shape of the federation for which its tables were made.
    """

    federation: str
    slug: str
    state: State
    labels: Mapping[str, str] = field(hash=False)
    wrapper: str
    server: str
    schema: str
    suspended: datetime | None
    suspended_reason: str | None
    added: datetime
    joined: datetime | None
    refreshed: datetime | None
    writable: bool
    chunk: int
    shape_digest: str | None

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON; times as ISO 8601."""
        from dataclasses import asdict

        data = asdict(self) | {"labels": dict(self.labels)}
        return {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in data.items()
        }
