"""Members whose tables changed: what has changed, and following it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from exclave.catalog import Connection
from exclave.errors import ExclaveError
from exclave.federation.drift import Drift, drift_of
from exclave.federation.member import MemberState
from exclave.federation.provisioning.apply import Progress, disconnect, no_progress
from exclave.federation.provisioning.joined import Joining, join
from exclave.federation.provisioning.session import exclusively, impatiently, retried
from exclave.federation.provisioning.tables import drop_tables
from exclave.federation.registry import acting_as, open_registry, record, rows
from exclave.federation.remote import RemoteDatabase, RemoteTable, read_remote
from exclave.federation.shape import Federation
from exclave.federation.tables import MemberTable


@dataclass(frozen=True)
class DriftReport:
    """What members have in another way than the hub knows it; iterating gives each `Drift`.

    Parameters
    ----------
    drifts
        What changed, by member.
    failures
        Why members could not be asked, by slug.
    """

    drifts: tuple[Drift, ...]
    failures: Mapping[str, ExclaveError] = field(default_factory=dict[str, ExclaveError])

    def __iter__(self) -> Iterator[Drift]:
        return iter(self.drifts)

    def __len__(self) -> int:
        return len(self.drifts)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data for JSON."""
        return {
            "drifts": [each.to_dict() for each in self.drifts],
            "failures": {slug: str(error) for slug, error in self.failures.items()},
        }


@dataclass(frozen=True)
class Synced:
    """What a sync did; false when nothing had changed.

    Parameters
    ----------
    report
        What had changed.
    joining
        What changed in the joined tables.
    """

    report: DriftReport
    joining: Joining | None

    def __bool__(self) -> bool:
        return bool(self.report.drifts)


@dataclass(frozen=True)
class _Reading:
    """A member's tables as the hub knows them, and as they are."""

    member: MemberState
    kept: Sequence[MemberTable]
    now: RemoteDatabase
    drifts: tuple[Drift, ...]


def find_drift(
    connection: Connection,
    federation: Federation,
    owner: str,
    members: Sequence[str] | None = None,
    *,
    shared: bool = False,
    progress: Progress = no_progress,
) -> DriftReport:
    """Compare members' tables with what the hub knows of them; see `Hub.drift`."""
    readings, failures = _read(connection, federation, owner, members, shared, progress)
    return DriftReport(tuple(drift for each in readings for drift in each.drifts), failures)


def sync(
    connection: Connection,
    federation: Federation,
    owner: str,
    members: Sequence[str] | None = None,
    *,
    rebuild: bool = False,
    shared: bool = False,
    progress: Progress = no_progress,
) -> Synced:
    """Follow what changed at members; see `Hub.sync`."""
    readings, failures = _read(connection, federation, owner, members, shared, progress)
    changed = [reading for reading in readings if reading.drifts]
    report = DriftReport(tuple(drift for each in changed for drift in each.drifts), failures)
    if not changed:
        return Synced(report, None)

    def following() -> Joining:
        with acting_as(connection, owner):
            exclusively(connection)
            impatiently(connection)
            lost = [table for each in changed for table in _keep(connection, federation, each)]
            slugs = [reading.member.slug for reading in changed]
            done = join(connection, federation, rebuild=rebuild, read=slugs)
            for table in lost:
                drop_tables(connection, federation, table)
            for reading in changed:
                told = [str(drift) for drift in reading.drifts]
                record(connection, "sync", federation.name, reading.member.slug, drift=told)
            return done

    return Synced(report, retried(connection, following, f"Following the members of {federation}"))


def _read(
    connection: Connection,
    federation: Federation,
    owner: str,
    members: Sequence[str] | None,
    shared: bool,
    progress: Progress,
) -> tuple[list[_Reading], dict[str, ExclaveError]]:
    """Read the tables of the members that are joined, one member after the other."""
    with connection.transaction():
        open_registry(connection, owner)
        with acting_as(connection, owner):
            found = rows.load_members(connection, federation.name)
    chosen = [
        member
        for member in found
        if member.state == "joined"
        and member.wrapper == "postgres_fdw"
        and (members is None or member.slug in members)
    ]
    readings: list[_Reading] = []
    failures: dict[str, ExclaveError] = {}
    for number, member in enumerate(chosen, 1):
        try:
            with connection.transaction(), acting_as(connection, owner):
                readings.append(_read_member(connection, federation, member))
        except ExclaveError as error:
            failures[member.slug] = error
        if not shared:
            disconnect(connection, member.server)
        progress("read", number, len(chosen), member.slug)
    return readings, failures


def _read_member(connection: Connection, federation: Federation, member: MemberState) -> _Reading:
    kept = rows.load_member_tables(connection, federation.name, [member.slug])
    wanted = {
        (str(source.schema), source.name): table.name
        for table in federation.tables
        for source in [table.source(member.slug, federation.source_schema)]
    }
    names = {(table.remote_schema, table.remote_table) for table in kept} | wanted.keys()
    now = read_remote(connection, member.server, names)
    shapes = {table.name: table for table in federation.tables}

    def takes(table: str, column: str) -> bool:
        return table in shapes and shapes[table].takes(column)

    drifts = list(drift_of(member.slug, kept, now, takes))
    known = {table.table for table in kept}
    for (schema, name), table in wanted.items():
        if table not in known and (schema, name) in now.tables:
            drifts.append(
                Drift("table-made-anew", member.slug, table, before=None, after=f"{schema}.{name}")
            )
    return _Reading(member, kept, now, tuple(drifts))


def _keep(
    connection: Connection, federation: Federation, reading: _Reading
) -> Iterable[MemberTable]:
    """Keep what a member's tables are now; give those that it has no longer."""
    slug, name = reading.member.slug, federation.name
    known = {table.table: table for table in reading.kept}
    saved: list[MemberTable] = []
    lost: list[MemberTable] = []
    for table in federation.tables:
        source = table.source(slug, federation.source_schema)
        now = reading.now.tables.get((str(source.schema), source.name))
        was = known.get(table.name)
        if now is None:
            lost += [was] if was is not None else []
        elif was is not None:
            saved.append(replace(was, remote=_as_joined(was, now)))
        else:
            made = MemberTable(
                slug, table.name, now.schema, now.name, (), (), reading.member.writable, now
            )
            saved.append(made)
    rows.save_member_tables(connection, name, saved)
    if lost:
        rows.delete_member_tables(connection, name, slug, [table.table for table in lost])
    return lost


def _as_joined(was: MemberTable, now: RemoteTable) -> RemoteTable:
    """Let columns that were renamed at the member keep the names under which they are joined."""
    if was.remote.oid != now.oid:
        return now
    joined = {column.number: column.joined_name for column in was.remote.columns}
    taken = {column.name for column in now.columns}
    columns = tuple(
        replace(column, former_name=name)
        if (name := joined.get(column.number, column.name)) not in taken
        else column
        for column in now.columns
    )
    return replace(now, columns=columns)
