"""A hub: the database in which members' tables are joined, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from exclave.federation import registry
from exclave.federation.health import Down, Health, Kept, Policy, QueryResult, Watch, refresh
from exclave.federation.health.probe import Progress as ProbeProgress
from exclave.federation.health.run import query
from exclave.federation.health.touch import Depth
from exclave.federation.home import DEFAULT_OWNER, Home
from exclave.federation.member import Member, MemberState
from exclave.federation.provisioning.apply import Applied, Progress, apply, no_progress
from exclave.federation.provisioning.members import add_member
from exclave.federation.provisioning.plan import FederationPlan, plan
from exclave.federation.provisioning.suspending import resume, suspend
from exclave.federation.provisioning.sync import DriftReport, Synced, find_drift, sync
from exclave.federation.registry import rows
from exclave.federation.routing import Inserted, insert_rows
from exclave.federation.shape import Federation


class Hub(Home):
    """The database in which members' tables are joined.

    Parameters
    ----------
    connectable
        A libpq connection string or URI, an open psycopg connection, a SQLAlchemy engine or
        connection, one of Django's connections, or a function that gives a connection. What is
        done over an open connection is part of the caller's transaction.
    owner
        The role that owns what is made; the role of the session must be a member of it.
    down
        What becomes of statements that read members which are down, unless they say otherwise:
        ``"raise"``, ``"skip"`` or ``"stale"``; see `query`.

    Raises
    ------
    CatalogError
        When the connectable is none of these.
    """

    def __init__(
        self, connectable: object, owner: str = DEFAULT_OWNER, *, down: Down = "raise"
    ) -> None:
        super().__init__(connectable, owner)
        self.policy = Policy(down)
        self.watch = Watch(self._connectable)

    def add_member(self, federation: Federation, member: Member) -> bool:
        """Register a member, and make the way to it: schemas, server and user mapping.

        Its tables are joined by the next `apply`. A member that is registered already gets the
        options given now, so a new password is given in this way too.

        Parameters
        ----------
        federation, member
            Which member of which federation.

        Returns
        -------
        bool
            Whether it is new.

        Raises
        ------
        DeclarationError
            When a name that it leads to is impossible or taken; nothing is changed.
        SecretError
            When a secret cannot be resolved; nothing is changed.
        PlanError
            When it is being removed.
        """
        with self.transaction() as connection:
            [(version,)] = connection.fetch("SELECT current_setting('server_version_num')::int")
            return add_member(connection, federation, member, self._owner, version)

    def remove_member(self, federation: Federation, slug: str) -> None:
        """Take a member out of the joined tables, and drop what the hub has of it.

        Nothing is changed at the member. Where this is interrupted, the next `apply` goes on.

        Parameters
        ----------
        federation, slug
            Which member of which federation.

        Raises
        ------
        RegistryError
            When there is no such member.
        FederationError
            When other members could not be joined at the same time.
        """
        with self.transaction() as connection:
            rows.set_state(connection, federation.name, slug, "leaving")
        self.apply(federation)

    def apply(
        self, federation: Federation, *, rebuild: bool = False, progress: Progress = no_progress
    ) -> Applied:
        """Make the objects of members that are not joined yet, then change the joined tables once.

        Each member's own objects are made in a transaction of their own, and the joined tables in
        one more, the last. Readers are not blocked: it waits for locks less than half a second at
        a time, and tries again. Where it is interrupted, the next one goes on. Over a
        connection within a transaction, all is part of that.

        Parameters
        ----------
        federation
            The federation.
        rebuild
            Whether views of others that stand on a joined table may be dropped and put back,
            where PostgreSQL allows no other way.
        progress
            Told what is being done (``"read"``, ``"make"``, ``"remove"``), how many members are
            done, of how many, and which was the last.

        Returns
        -------
        Applied
            What was done; false when there was nothing to do.

        Raises
        ------
        FederationError
            When members failed; the others are joined. It holds the error of each.
        DeclarationError, PlanError
            When the joined tables cannot be made so; they are as they were.
        ApplyError
            When other sessions held on to the joined tables for too long.
        """
        with self.session() as connection:
            return apply(
                connection,
                federation,
                self._owner,
                rebuild=rebuild,
                shared=self._connectable.shared,
                progress=progress,
            )

    def drift(
        self,
        federation: Federation,
        members: Sequence[str] | None = None,
        *,
        progress: Progress = no_progress,
    ) -> DriftReport:
        """Find out what members have in another way than the hub knows it.

        Asked over the foreign servers themselves; nothing is changed. Members that cannot be
        asked are told of in the report.

        Parameters
        ----------
        federation
            The federation.
        members
            Slugs; ``None`` is all.
        progress
            Told how many members were read, of how many, and which was the last.

        Returns
        -------
        DriftReport
            Iterating gives each `Drift`: columns by their numbers at the member (added, dropped,
            renamed, of another type, default, …), labels of enums, missing tables, collations.
        """
        with self.session() as connection:
            shared = self._connectable.shared
            return find_drift(
                connection, federation, self._owner, members, shared=shared, progress=progress
            )

    def sync(
        self,
        federation: Federation,
        members: Sequence[str] | None = None,
        *,
        rebuild: bool = False,
        progress: Progress = no_progress,
    ) -> Synced:
        """Follow what changed at members, in one transaction; see `drift`.

        A new column is added to the joined table, and is NULL for members that lack it. A column
        that a member dropped is NULL for it, and stays while the joined table does. One that was
        renamed goes on under the name that it has in the joined table. A member that dropped a
        table shows no rows of it. Views and grants on joined tables survive.

        Parameters
        ----------
        federation
            The federation.
        members
            Slugs; ``None`` is all.
        rebuild
            Whether views of others that stand on a joined table may be dropped and put back,
            where PostgreSQL allows no other way: when the type of a joined column changes.
        progress
            As of `drift`.

        Returns
        -------
        Synced
            What had changed, and what was done; false when nothing had changed.

        Raises
        ------
        PlanError
            When something stands on a joined table that must be made anew, and `rebuild` is not
            set; it is listed, and nothing is changed.
        DeclarationError
            When columns can no longer be joined; nothing is changed.
        """
        with self.session() as connection:
            return sync(
                connection,
                federation,
                self._owner,
                members,
                rebuild=rebuild,
                shared=self._connectable.shared,
                progress=progress,
            )

    def plan(self, federation: Federation) -> FederationPlan:
        """Tell what the next `apply` would do; no member is connected to.

        Parameters
        ----------
        federation
            The federation.

        Raises
        ------
        DeclarationError
            When a name that the federation leads to is impossible.
        """
        with self.transaction() as connection:
            return plan(connection, federation)

    def members(self, federation: Federation, /, **labels: str) -> list[MemberState]:
        """Give the members of a federation, to its readers too.

        Parameters
        ----------
        federation
            The federation.
        **labels
            Only those that have these labels, such as ``country="NL"``.
        """
        with (
            self.session() as connection,
            connection.transaction(),
            registry.reading(connection, self._owner),
        ):
            return rows.load_members(connection, federation.name, labels)

    def probe(
        self,
        federation: Federation,
        members: Sequence[str] | None = None,
        *,
        timeout_seconds: float = 5.0,
        depth: Depth = "read",
        progress: ProbeProgress = lambda done, total, slug: None,
    ) -> dict[str, Health]:
        """Find out which members answer: all silent ones at the same time.

        Over a session of the caller's they are touched one after the other; silent ones take as
        often as long then.

        Parameters
        ----------
        federation
            The federation.
        members
            Slugs; ``None`` is all.
        timeout_seconds
            How long it may take.
        depth
            ``"read"`` asks whether a table of the member's can be read, ``"connect"`` whether the
            hub can open a transaction there, which takes two round trips.
        progress
            Told how many are done, of how many, and which was the last.

        Returns
        -------
        dict
            By slug.
        """
        return self.watch.probe(federation, members, timeout_seconds, depth, progress)

    def query(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        federation: Federation | Iterable[Federation] | None = None,
        down: Down | None = None,
        timeout_seconds: float | None = None,
        limit_seconds: float | None = None,
    ) -> QueryResult:
        """Run a statement over joined tables, whether or not all members are there.

        Parameters
        ----------
        sql
            Its text.
        parameters
            Values of placeholders such as ``%s``, or by name of ``%(name)s``; with values a
            percent sign is written ``%%``.
        federation
            The federation, or the federations, whose tables it may read; ``None`` is all of the
            hub, whose shapes the session's role must be able to read then.
        down
            ``"raise"``: members that are down are an error that names them. ``"skip"``: the
            rows of the others. ``"stale"``: also the last known rows of those, for tables that
            keep them. ``None`` is what the hub was given; a statement that writes is then sent
            as it is.
        timeout_seconds
            How long a member may stay silent until it counts as down; ``None`` is 5.
        limit_seconds
            How long the statement itself may take; ``None`` leaves that to the session.

        Returns
        -------
        QueryResult
            The rows, and whose they are.

        Raises
        ------
        MembersDownError
            When members are down that it cannot do without.
        DeclarationError
            When it writes or locks rows and `down` is given as ``"skip"`` or ``"stale"``.
        QueryError
            When members are to be left out of a text that cannot be read.
        """
        policy = self.policy.changed(down, timeout_seconds)
        federations = [federation] if isinstance(federation, Federation) else federation
        return query(
            self.watch, sql, parameters, federations, policy, down is not None, limit_seconds
        )

    def suspend(self, federation: Federation, slug: str, reason: str | None = None) -> None:
        """Let the joined tables raise an error for a member at once, in the place of its rows.

        Nobody waits for it then, from any client. With a condition on the member column it is
        left out, and with ``down="skip"`` or ``"stale"`` too. Nothing happens at the member.

        Parameters
        ----------
        federation, slug
            Which member of which federation.
        reason
            Why, for all who read the joined tables.

        Raises
        ------
        RegistryError
            When there is no such member.
        ApplyError
            When other sessions held on to the joined tables for too long.
        """
        with self.session() as connection:
            suspend(connection, federation, slug, self._owner, reason)
        self.watch.forget(federation.name)

    def resume(self, federation: Federation, slug: str) -> None:
        """Let the joined tables show a suspended member's rows again; see `suspend`."""
        with self.session() as connection:
            resume(connection, federation, slug, self._owner)
        self.watch.forget(federation.name)

    def refresh(
        self,
        federation: Federation,
        members: Sequence[str] | None = None,
        *,
        timeout_seconds: float = 5.0,
        limit_seconds: float | None = None,
        progress: ProbeProgress = lambda done, total, slug: None,
    ) -> dict[str, Kept]:
        """Keep the rows that members have now; see `exclave.federation.health.refresh`."""
        return refresh(
            self.watch, self._owner, federation, members, timeout_seconds, limit_seconds, progress
        )

    def close(self) -> None:
        """Close the sessions that it keeps open to find out about members."""
        self.watch.close()

    def insert(
        self,
        federation: Federation,
        table: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        members: Literal["one", "many"] = "one",
        returning: Sequence[str] = (),
    ) -> Inserted:
        """Insert many rows, sorted by member, in batches; see `exclave.federation.routing`.

        It is done as the owner role, or as the session's role where that is no member of it.

        Parameters
        ----------
        federation, table
            Which joined table.
        rows
            Values by column; each one names its member in the member column.
        members
            ``"one"`` refuses rows for a second member; ``"many"`` accepts that some members may
            keep their rows when another one refuses its own at COMMIT.
        returning
            Columns that are to come back, such as generated ids; rows are then sent one by one.

        Raises
        ------
        MemberError
            When a row's member is unknown or cannot be written to, or refuses a row.
        DeclarationError
            When the federation has no such table.
        """
        with self.session() as connection:
            return insert_rows(
                connection,
                federation,
                table,
                rows,
                members=members,
                returning=returning,
                owner=self._owner,
            )
