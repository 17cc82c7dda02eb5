"""How the text of a remote sorts, and by which collation the hub can sort alike."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from exclave.catalog import Connection
from exclave.catalog.collation import Collation
from exclave.federation.remote.query import query
from exclave.objects.quoting import quote_identifier


@dataclass(frozen=True, slots=True)
class Sorting:
    """How text sorts, in the hub's terms.

    Parameters
    ----------
    name
        The collation of the hub that sorts alike; ``None`` for the hub's default.
    alike
        Whether there is one.
    """

    name: str | None = None
    alike: bool = True


class Sortings:
    """Finds the hub's collations that sort as those of a remote.

    Parameters
    ----------
    connection
        A session on the hub.
    of_hub, of_remote
        The defaults of both databases.
    encoding
        The hub's encoding.
    """

    def __init__(
        self, connection: Connection, of_hub: Collation, of_remote: Collation, encoding: str
    ) -> None:
        self._connection = connection
        self._of_hub = of_hub
        self._of_remote = of_remote
        self._encoding = encoding
        self._collations: dict[str, Collation | None] | None = None
        self._default: Sorting | None = None

    @property
    def default(self) -> Sorting:
        """How text sorts there unless told otherwise."""
        if self._default is None:
            self._default = Sorting() if self._of_hub == self._of_remote else self._like_remote()
        return self._default

    def _like_remote(self) -> Sorting:
        for name, collation in self._on_hub().items():
            if collation == self._of_remote:
                return Sorting(name)
        return Sorting(alike=False)

    def named(self, name: str) -> Sorting:
        """Give how text sorts by a collation that the remote names."""
        collations = self._on_hub()
        if name not in collations:
            return Sorting(alike=False)
        return Sorting() if collations[name] == self._of_hub else Sorting(name)

    def _on_hub(self) -> dict[str, Collation | None]:
        if self._collations is None:
            rows = self._connection.fetch(query("hub_collations"))
            self._collations = {name: self._collation(json.loads(row)) for name, row in rows}
        return self._collations

    def _collation(self, row: dict[str, str | bool | None]) -> Collation | None:
        """Read a row of ``pg_collation``; those for which different texts are equal are apart."""
        if not row.get("collisdeterministic", True) or row.get("collicurules"):
            return None
        as_database = {
            "datlocprovider": row["collprovider"],
            "datcollate": row["collcollate"],
            "datlocale": row.get("colllocale") or row.get("colliculocale"),
        }
        return Collation.of(as_database, self._encoding)


def collation_names(connection: Connection, oids: Iterable[int]) -> dict[int, str]:
    """Give the names of collations of the remote, with their schemas.

    Parameters
    ----------
    connection
        A session on the hub, in which the tables of ``tables_types.sql`` are there.
    oids
        The collations that are asked for.
    """
    asked = sorted(set(oids))
    rows = connection.fetch(query("collations"), [asked]) if asked else []
    return {
        oid: f"{quote_identifier(schema)}.{quote_identifier(name)}" for oid, schema, name in rows
    }
