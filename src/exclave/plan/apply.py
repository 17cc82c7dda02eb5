"""Applying a plan: one transaction, one lock, compared before and after."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from exclave.catalog import Connection, Snapshot, connection_of, read
from exclave.errors import ApplyError, PlanError, StalePlanError
from exclave.objects import Catalog, ForeignObject, MaterializedView, UserMapping
from exclave.plan import prerequisites
from exclave.plan.align import align
from exclave.plan.change import Change, noun_of
from exclave.plan.ledger import has_hidden, record_digests, record_views
from exclave.plan.live import compare_with, default_grants
from exclave.plan.policy import DEFAULT_POLICY
from exclave.plan.secrets import Resolver, needed_for
from exclave.plan.show import shown_changes
from exclave.plan.state import Key, State, key_of, schema_of

LOCK_KEY = 0x6578636C617665
"""The advisory lock under which every plan is applied: "exclave" in ASCII."""

LOCK_NOT_AVAILABLE = "55P03"


def apply(
    changes: Sequence[Change],
    connection: object,
    waiting: AbstractContextManager[object] | None = None,
) -> bool:
    """Make the changes of a plan; see `exclave.plan.Plan.apply`."""
    hub = connection_of(connection)
    if not changes:
        return False
    resolve = Resolver()
    with hub.transaction():
        _lock(hub, waiting)
        schemas = _schemas(changes)
        snapshot = read(hub, schemas=schemas)
        outcome = _Outcome.of(changes)
        if stale := _stale(hub, snapshot, changes, resolve):
            if not _left_to_do(hub, snapshot, outcome, resolve):
                return False
            raise StalePlanError(
                "The database has changed since the plan was made; make it again. Changed: "
                + ", ".join(stale)
                + "."
            )
        prerequisites.refuse(prerequisites.missing(hub, snapshot, changes))
        _resolve_all(changes, resolve)
        for change in changes:
            _run(hub, change, resolve)
        _record_digests(hub, changes, resolve)
        now = read(hub, schemas=schemas)
        _record_views(hub, changes, now)
        if left := _left_to_do(hub, now, outcome, resolve):
            lines = "\n".join(f"    {line.text}" for line in shown_changes(left))
            raise PlanError(
                "PostgreSQL took every statement, and the database is still not as planned; all "
                "is rolled back. It has what stands left of an arrow; declare that, if it means "
                f"the same. Different:\n{lines}"
            )
    return True


def run(changes: Sequence[Change], connection: object) -> None:
    """Make changes as they are, without a look at what is there; for what was planned before.

    Nothing is compared and no lock is taken: that is for whoever keeps the changes, such as a tool
    for migrations. What default privileges grant on new objects is asked of the database.

    Parameters
    ----------
    changes
        The changes, in order.
    connection
        A psycopg 3 connection or a `Connection`. An open transaction is joined by way of a
        savepoint, and is the caller's to commit.

    Raises
    ------
    SecretError
        When a secret cannot be resolved; nothing was begun.
    ApplyError
        When PostgreSQL refuses a statement. The database is as it was.
    """
    hub = connection_of(connection)
    resolve = Resolver()
    with hub.transaction():
        changes = _with_default_grants(hub, changes)
        _resolve_all(changes, resolve)
        for change in changes:
            _run(hub, change, resolve)
        _record_digests(hub, changes, resolve)
        _record_views(hub, changes)


def _with_default_grants(hub: Connection, changes: Sequence[Change]) -> Sequence[Change]:
    if not any(_creates_exactly(change) for change in changes):
        return changes
    snapshot = read(hub, schemas=())
    return [
        replace(change, granted=default_grants(snapshot, change.subject))
        if _creates_exactly(change)
        else change
        for change in changes
    ]


def _creates_exactly(change: Change) -> bool:
    return change.before is None and getattr(change.after, "grants", None) is not None


def _lock(hub: Connection, waiting: AbstractContextManager[object] | None) -> None:
    """Take the lock under which every plan is applied, until the transaction ends."""
    if waiting is not None:
        [(free,)] = hub.fetch("SELECT pg_catalog.pg_try_advisory_xact_lock($1)", [LOCK_KEY])
        if free:
            return
    try:
        with waiting or nullcontext():
            hub.fetch("SELECT pg_catalog.pg_advisory_xact_lock($1)::text", [LOCK_KEY])
    except Exception as error:
        sqlstate = hub.sqlstate(error)
        if sqlstate != LOCK_NOT_AVAILABLE:
            raise
    else:
        return
    raise ApplyError(
        "Another program is applying a plan to this database, and the session's lock_timeout "
        "passed before it was done. Nothing was changed; try again later.",
        sqlstate,
    )


def _schemas(changes: Sequence[Change]) -> set[str]:
    """Name the schemas that changes are about; on a large hub the others are not worth reading."""
    touched = [value for change in changes for value in (change.before, change.after) if value]
    return {schema for value in touched if (schema := schema_of(value)) is not None}


def _resolve_all(changes: Sequence[Change], resolve: Resolver) -> None:
    """Resolve what will be sent, so that nothing is begun that could not be finished."""
    for change in changes:
        with needed_for(f"Could not {change}"):
            for statement in change.statements:
                for secret in statement.secrets:
                    resolve(secret)


def _run(hub: Connection, change: Change, resolve: Resolver) -> None:
    for statement in change.statements:
        try:
            with needed_for(f"Could not {change}"):
                statement.run(hub, resolve)
        except UnicodeEncodeError as error:
            character = error.object[error.start]
            raise ApplyError(
                f"Could not {change}: {character!r} is no character of the session's "
                "client_encoding. Run SET client_encoding = 'UTF8' first; everything is rolled "
                "back."
            ) from None
        except Exception as error:
            sqlstate = hub.sqlstate(error)
            if sqlstate is None:
                raise
            message = hub.message(error)
        else:
            continue
        raise ApplyError(
            f"Could not {change}: {message}\nThe statement was: {statement.text}\n"
            "Everything is rolled back.",
            sqlstate,
        )


def _record_digests(hub: Connection, changes: Sequence[Change], resolve: Resolver) -> None:
    mappings = {
        change.after.key: change.after
        for change in changes
        if isinstance(change.after, UserMapping)
    }
    if not mappings or _sees_all(hub):
        return
    for key in _shown_mappings(hub, {mapping.server for mapping in mappings.values()}):
        mappings.pop(key, None)
    if not mappings:
        return
    snapshot = read(hub, schemas=())
    unseen = [mapping for key, mapping in mappings.items() if has_hidden(snapshot.catalog, [key])]
    if unseen:
        record_digests(hub, unseen, resolve)


def _record_views(hub: Connection, changes: Sequence[Change], now: Snapshot | None = None) -> None:
    made: list[MaterializedView] = []
    renamed: list[tuple[tuple[str, str], tuple[str, str]]] = []
    for change in changes:
        match change.before, change.after:
            case None, MaterializedView() as after:
                made.append(after)
            case MaterializedView() as before, MaterializedView() as after:
                if before.key != after.key:
                    renamed.append((before.key, after.key))
            case _:
                pass
    if made or renamed:
        there = now or read(hub, schemas={view.schema for view in made})
        record_views(hub, made, renamed, there.catalog)


def _shown_mappings(hub: Connection, servers: set[str]) -> list[tuple[str, str]]:
    """Name the user mappings on some servers whose options the current role may read."""
    text = "SELECT srvname::text, usename::text FROM pg_catalog.pg_user_mappings "
    text += "WHERE srvname = ANY ($1::text[]) AND umoptions IS NOT NULL"
    return [(server, role) for server, role in hub.fetch(text, [sorted(servers)])]


def _sees_all(hub: Connection) -> bool:
    [(superuser,)] = hub.fetch("SELECT pg_catalog.current_setting('is_superuser')")
    return superuser == "on"


def _stale(
    hub: Connection, snapshot: Snapshot, changes: Sequence[Change], resolve: Resolver
) -> list[str]:
    """Name the objects that are not as the plan found them."""
    state = State(snapshot.catalog)
    stale: list[str] = []
    for change in changes:
        there = state.find(change.subject if change.before is None else change.before)
        if change.before is None or there is None:
            if there is not None or change.before is not None:
                stale.append(str(change.subject))
        elif there != change.before and not _is_same(hub, snapshot, there, change.before, resolve):
            stale.append(str(change.before))
        state.follow(change)
    return stale


def _is_same(
    hub: Connection,
    snapshot: Snapshot,
    there: ForeignObject,
    expected: ForeignObject,
    resolve: Resolver,
) -> bool:
    """Tell whether an object is as expected, its secrets and expressions compared by meaning."""
    alone = replace(snapshot, catalog=Catalog([there]))
    aligned = align(hub, alone, Catalog([expected]), resolve)
    [actual], [desired] = aligned.actual, aligned.desired
    return noun_of(desired).merge(actual, desired) == actual


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a plan leaves of the objects it touches."""

    wanted: Catalog
    gone: frozenset[Key]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> _Outcome:
        state = State(Catalog())
        touched: set[Key] = set()
        for change in changes:
            touched |= {key_of(value) for value in (change.before, change.after) if value}
            state.follow(change)
        wanted = state.catalog()
        return cls(wanted, frozenset(touched - {key_of(value) for value in wanted}))


def _left_to_do(
    hub: Connection, snapshot: Snapshot, outcome: _Outcome, resolve: Resolver
) -> list[Change]:
    """Give the changes that would make the objects as the plan would leave them."""
    left = [Change(value, None) for value in snapshot.catalog if key_of(value) in outcome.gone]
    return [*left, *compare_with(hub, snapshot, outcome.wanted, DEFAULT_POLICY, resolve).changes]
