"""What others built upon relations that must be made anew: found, refused, or put back after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files

from exclave.catalog import Connection
from exclave.errors import PlanError
from exclave.objects import QualifiedName
from exclave.objects.quoting import quote_identifier, quote_literal
from exclave.plan.ledger.table import LedgerTable

_DROP_RULE, _DROP, _CREATE, _GIVE, _COMPLETE, _FILL, _TELL, _ADD = range(8)

_PATH = "pg_catalog, pg_temp"


@dataclass(frozen=True)
class _Dependent:
    """One thing that stands on the relations, or one of them; see ``dependents.sql``."""

    way: str
    oid: int
    described: str
    schema: str | None
    name: str | None
    owner: str | None
    reachable: bool | None
    creatable: bool | None
    superuser: bool
    uses: Sequence[int] | None


def taken(
    connection: Connection,
    relations: Sequence[QualifiedName],
    *,
    ours: Collection[str],
    rebuild: bool,
    why: str,
) -> list[str]:
    """Take away what others built upon some relations, so that these can be dropped.

    Views and materialized views are dropped, dependents first, each as its owner. What others
    added to the relations themselves (privileges, comments, triggers, rules) goes with them.

    Parameters
    ----------
    connection
        A session in a transaction, as the owner of the relations. Its ``lock_timeout`` holds here
        too.
    relations
        Views or foreign tables that are about to be dropped and made anew.
    ours
        Schemas whose views and functions are exclave's own: these are not counted.
    rebuild
        Whether others' views may be dropped.
    why
        What must be done, as the beginning of a sentence, for the message.

    Returns
    -------
    list of str
        The statements that put everything back, to be run in order in the same transaction and
        by the same role, when the relations are there again.

    Raises
    ------
    PlanError
        When something stands on the relations and `rebuild` is not set; when it cannot be put
        back; or when the session may not do that. Nothing was dropped then.

    Notes
    -----
    PostgreSQL documentation, "Dependency Tracking" and "pg_depend".
    """
    with connection.transaction():
        [(role, path)] = connection.fetch(
            "SELECT pg_catalog.current_setting('role'), pg_catalog.current_setting('search_path')"
        )
        _set(connection, "search_path", _PATH)  # so that all other names are printed in full
        found = _find(connection, relations, ours)
        _check(found, rebuild=rebuild, why=why)
        rebuilding = _Rebuilding(connection, found, ours)
        rebuilding.drop()
        _set(connection, "role", role)
        statements = list(rebuilding.restoring(role))
        _set(connection, "search_path", path)
    if not statements:
        return []
    return [_setting("search_path", _PATH), *statements, _setting("search_path", path)]


def refuse(
    connection: Connection,
    relations: Sequence[QualifiedName],
    *,
    ours: Collection[str],
    why: str,
) -> None:
    """Refuse to drop relations for good that others built upon; the parameters are as of `taken`.

    Raises
    ------
    PlanError
        When something stands on them.
    """
    with connection.transaction():
        [(path,)] = connection.fetch("SELECT pg_catalog.current_setting('search_path')")
        _set(connection, "search_path", _PATH)
        standing = [each for each in _find(connection, relations, ours) if each.way != "root"]
        _set(connection, "search_path", path)
    if standing:
        raise PlanError(
            f"{why}, and this stands on it:\n{_lines(map(_told, standing))}\nDrop it first."
        )


def _find(
    connection: Connection, relations: Sequence[QualifiedName], ours: Collection[str]
) -> list[_Dependent]:
    names = [[each.schema for each in relations], [each.name for each in relations]]
    rows = connection.fetch(_query("dependents"), [*names, [*ours]])
    return [_Dependent(*row) for row in rows]


def _check(found: Sequence[_Dependent], *, rebuild: bool, why: str) -> None:
    """Refuse what is not allowed or not possible."""
    others = [each.described for each in found if each.way == "other"]
    standing = [each for each in found if each.way in ("view", "part")]
    if others:
        raise PlanError(
            f"{why}, and this stands on it, which exclave cannot put back:\n{_lines(others)}\n"
            "Drop it, or change it so that it does not need these; create it again after."
            + (f"\nThis stands on it too:\n{_lines(map(_told, standing))}" if standing else "")
        )
    if standing and not rebuild:
        raise PlanError(
            f"{why}, and this stands on it:\n{_lines(map(_told, standing))}\n"
            "exclave can drop all of it and put it back as it is, in one transaction: allow that "
            "with sync(rebuild=True) or `exclave fed sync --rebuild`."
        )
    views = [each for each in standing if each.way == "view"]
    strange = [each for each in views if not each.reachable]
    if strange:
        owners = sorted({f'"{each.owner}"' for each in strange})
        raise PlanError(
            f"{why}, and others' views stand on it:\n{_lines(map(_told, strange))}\n"
            "Only their owners can drop them and put them back. Do this as a superuser, or as a "
            f"role that is a member of {' and '.join(owners)}."
        )
    homeless = [each for each in views if not each.creatable and not each.superuser]
    if homeless:
        grants = sorted(
            {
                f"GRANT CREATE ON SCHEMA {quote_identifier(str(each.schema))} "
                f"TO {quote_identifier(str(each.owner))};"
                for each in homeless
            }
        )
        raise PlanError(
            f"{why}, and others' views stand on it whose owners could not create them again:\n"
            f"{_lines(map(_told, homeless))}\nDo this as a superuser, or run first:\n"
            f"{_lines(grants)}"
        )


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(f"    {text}" for text in texts)


def _told(each: _Dependent) -> str:
    return each.described if each.owner is None else f'{each.described} (owner "{each.owner}")'


@dataclass(frozen=True)
class _Grant:
    """A privilege of a relation or of one of its columns; see ``dependents_grants.sql``."""

    oid: int
    relation: str
    column: str | None
    grantor: str
    grantee: str | None
    privilege: str
    grantable: bool
    reachable: bool

    @property
    def statement(self) -> str:
        """The statement that gives it."""
        column = "" if self.column is None else f" ({quote_identifier(self.column)})"
        grantee = "PUBLIC" if self.grantee is None else quote_identifier(self.grantee)
        option = " WITH GRANT OPTION" if self.grantable else ""
        return f"GRANT {self.privilege}{column} ON {self.relation} TO {grantee}{option}"


class _Rebuilding:
    """Dropping views, and the statements that put them back."""

    def __init__(
        self, connection: Connection, found: Sequence[_Dependent], ours: Collection[str]
    ) -> None:
        self._connection = connection
        views = {each.oid: each for each in found if each.way == "view"}
        below = {oid: set(each.uses or ()) & views.keys() for oid, each in views.items()}
        self._views = [views[oid] for oid in TopologicalSorter(below).static_order()]
        self._roots = [each for each in found if each.way == "root"]
        relations = [*self._roots, *self._views]
        self._statements: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
        asked = [[each.oid for each in self._views], [each.oid for each in self._roots], [*ours]]
        for oid, step, statement, _ in connection.fetch(_query("dependents_statements"), asked):
            self._statements[oid, step].append(statement)
        self._grants: defaultdict[int, list[_Grant]] = defaultdict(list)
        oids = [each.oid for each in relations]
        for row in connection.fetch(_query("dependents_grants"), [oids]):
            self._grants[row[0]].append(_Grant(*row))
        self._ledgers = {
            owner: self._ledger(owner) for owner in {str(each.owner) for each in self._views}
        }

    def _ledger(self, owner: str) -> list[bool]:
        """Tell which tables of the ledger serve an owner: of queries, and of refreshes."""
        [(former,)] = self._connection.fetch("SELECT pg_catalog.current_setting('role')")
        _set(self._connection, "role", owner)
        usable = [
            LedgerTable.find(self._connection, "view_query").usable,
            LedgerTable.find(self._connection, "view_refresh").usable,
        ]
        _set(self._connection, "role", former)
        return usable

    def drop(self) -> None:
        """Drop the views, dependents first; rules before, for these may need views above."""
        for step, order in (
            (_DROP_RULE, [*self._roots, *self._views]),
            (_DROP, [*reversed(self._views)]),
        ):
            for each in order:
                for statement in self._statements[each.oid, step]:
                    _set(self._connection, "role", str(each.owner))
                    self._connection.execute(statement)

    def restoring(self, role: str) -> Iterator[str]:
        """Give the statements that put everything back, for a session with a role."""
        acting = role
        for wanted, statement in self._restoring():
            if wanted != acting:
                yield _setting("role", wanted)
                acting = wanted
            yield statement
        if acting != role:
            yield _setting("role", role)

    def _restoring(self) -> Iterator[tuple[str, str]]:
        """Give the statements, each with the role that must run it."""
        for each in self._roots:
            yield from self._complete(each)
        for each in self._views:
            owner = str(each.owner)
            creator = owner if each.creatable else "none"
            for step in (_CREATE,) if each.creatable else (_CREATE, _GIVE):
                for statement in self._statements[each.oid, step]:
                    yield creator, statement
            yield from self._complete(each)
            for statement in self._statements[each.oid, _FILL]:
                yield owner, statement
            told = self._statements[each.oid, _TELL]
            for statement, usable in zip(told, self._ledgers[owner], strict=False):
                if usable:
                    yield owner, statement
        for each in (*self._roots, *self._views):
            for statement in self._statements[each.oid, _ADD]:
                yield str(each.owner), statement

    def _complete(self, each: _Dependent) -> Iterator[tuple[str, str]]:
        """Give what a relation had besides its query: comments, indexes, privileges and so on."""
        owner = str(each.owner)
        for statement in self._statements[each.oid, _COMPLETE]:
            yield owner, statement
        for grant in _ordered(self._grants[each.oid], owner):
            # without the grantor's consent it comes from the owner, who could give it as well
            yield grant.grantor if grant.reachable else owner, grant.statement


def _ordered(grants: Sequence[_Grant], owner: str) -> list[_Grant]:
    """Put privileges in such an order that each grantor has what he grants."""
    left, done, granting = list(grants), list[_Grant](), {owner}
    while left:
        ready = [each for each in left if each.grantor in granting] or left
        done += ready
        left = [each for each in left if each not in ready]
        granting |= {each.grantee for each in ready if each.grantee is not None}
    return done


def _set(connection: Connection, name: str, value: str) -> None:
    connection.fetch("SELECT pg_catalog.set_config($1, $2, true)", [name, value])


def _setting(name: str, value: str) -> str:
    return f"SELECT pg_catalog.set_config('{name}', {quote_literal(value)}, true)"


@cache
def _query(name: str) -> str:
    folder = files("exclave.federation.provisioning")
    return folder.joinpath(f"{name}.sql").read_text(encoding="utf-8")
