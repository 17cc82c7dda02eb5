"""Types and collations that a remote made itself, as far as the hub can take them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exclave.catalog import Connection
from exclave.federation.remote.query import query
from exclave.objects.quoting import quote_identifier


@dataclass(frozen=True, slots=True)
class FoundType:
    """A type of the remote's own.

    Parameters
    ----------
    type
        How the hub spells it, or the type under a domain, without a modifier; ``None`` for an
        enum, and for what the hub does not have.
    declared
        Its name at the remote, with its schema.
    enum, enum_name, domain, array, unknown
        As in `RemoteColumn`.
    not_null
        Whether it is a domain that takes no NULL.
    default, default_tree
        What a domain gives where nothing is sent: as SQL, and as a tree of nodes.
    """

    type: str | None
    declared: str
    enum: tuple[str, ...] | None = None
    enum_name: str | None = None
    domain: str | None = None
    array: bool = False
    unknown: str | None = None
    not_null: bool = False
    default: str | None = None
    default_tree: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    schema: str
    name: str
    kind: str
    element: int
    base: int
    not_null: bool
    default: str | None
    default_tree: str | None
    base_spelled: str | None

    @property
    def qualified(self) -> str:
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"


class RemoteTypes:
    """The remote's own types, with those that they rest on.

    Parameters
    ----------
    connection
        A session on the hub, in which the tables of ``tables_types.sql`` are there.
    oids
        The types that are asked for.
    """

    def __init__(self, connection: Connection, oids: Iterable[int]) -> None:
        self._rows: dict[int, _Row] = {}
        asked = set(oids)
        while asked:  # once more for each floor of domains and arrays
            rows = connection.fetch(query("types"), [sorted(asked)])
            self._rows |= {row[0]: _Row(*row[1:]) for row in rows}
            needed = {row.element for row in self._rows.values()}
            needed |= {row.base for row in self._rows.values() if row.base_spelled is None}
            asked = needed - self._rows.keys() - {0}
        self._labels = self._read_labels(connection)
        self._on_hub = self._read_hub(connection)

    def _read_labels(self, connection: Connection) -> dict[int, tuple[str, ...]]:
        enums = [oid for oid, row in self._rows.items() if row.kind == "e"]
        labels: dict[int, tuple[str, ...]] = dict.fromkeys(enums, ())
        for oid, label in connection.fetch(query("enums"), [enums]) if enums else ():
            labels[oid] += (label,)
        return labels

    def _read_hub(self, connection: Connection) -> dict[int, str]:
        """Find the hub's types that are those of the remote: of one name, or of an extension."""
        wanted = {oid: row for oid, row in self._rows.items() if row.kind not in ("e", "d")}
        names = sorted({row.name for row in wanted.values() if not row.element})
        rows = connection.fetch(query("hub_types"), [names]) if names else []
        found: dict[int, str] = {}
        for oid, row in wanted.items():
            alike = [each for each in rows if each[1] == row.name and each[3] == row.kind]
            alike.sort(key=lambda each: (each[0] != row.schema, each[0]))
            for schema, _, spelled, _, of_extension in alike:
                if schema == row.schema or of_extension:
                    found.setdefault(oid, spelled)
        return found

    def of(self, oid: int) -> FoundType:
        """Give what is known of a type of the remote's own."""
        row = self._rows.get(oid)
        if row is None:
            spelled = f'"type {oid}"'
            return FoundType(None, spelled, unknown="the remote does not show its type")
        if row.kind == "d":
            return self._domain(row)
        if row.kind == "e":
            return FoundType(None, row.qualified, self._labels[oid], row.qualified)
        if row.element:
            return self._array(row)
        if oid in self._on_hub:
            return FoundType(self._on_hub[oid], row.qualified)
        return FoundType(None, row.qualified, unknown=f"the hub has no type {row.qualified}")

    def _domain(self, row: _Row) -> FoundType:
        under = FoundType(row.base_spelled, "") if row.base_spelled else self.of(row.base)
        return FoundType(
            under.type,
            row.qualified,
            under.enum,
            under.enum_name,
            row.qualified,
            under.array or (under.type or "").endswith("[]"),
            under.unknown,
            row.not_null or under.not_null,
            under.default if row.default_tree is None else row.default,
            under.default_tree if row.default_tree is None else row.default_tree,
        )

    def _array(self, row: _Row) -> FoundType:
        element = self.of(row.element)
        return FoundType(
            None if element.type is None else f"{element.type}[]",
            f"{element.declared}[]",
            element.enum,
            element.enum_name,
            element.domain,
            array=True,
            unknown=element.unknown,
        )
