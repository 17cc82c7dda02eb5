"""A member of a test run: its database, how the hub reaches it, and what can be broken about it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from exclave.cluster import Cluster
from exclave.cluster.server import StopMode
from exclave.errors import FixtureError
from exclave.objects import Secret
from exclave.testing.database import RunDatabase
from exclave.testing.fault import Fault
from exclave.testing.place import Place
from exclave.testing.proxy import Proxy

if TYPE_CHECKING:
    from psycopg import sql

    from exclave.federation import Member

_END_TIMEOUT_MS = 10_000


class MemberDatabase(RunDatabase):
    """A member's database, which can be made to fail.

    A fault lasts until the end of the ``with`` block that it opens, or until `heal`; after each
    test every member is healed::

        with exclave_members["jfk"].refuse():
            ...

    Parameters
    ----------
    slug
        The member's slug.
    name, place
        As of `RunDatabase`.
    user, password
        The role as which the hub logs in, made for the run.
    proxy
        What stands between the hub and the server; None for nothing.
    """

    def __init__(
        self, slug: str, name: str, place: Place, user: str, password: str, proxy: Proxy | None
    ) -> None:
        super().__init__(name, place)
        self.slug = slug
        self.user = user
        self._password = password
        self._proxy = proxy
        self._faults: list[Fault] = []

    @property
    def host(self) -> str:
        """The host that the hub connects to."""
        return self._place.host if self._proxy is None else self._proxy.host

    @property
    def port(self) -> int:
        """The port that the hub connects to."""
        return self._place.port if self._proxy is None else self._proxy.port

    @property
    def password(self) -> Secret:
        """The password of `user`."""
        return Secret.literal(self._password)

    @property
    def server_options(self) -> Mapping[str, str]:
        """The options of a foreign server that leads to it."""
        return {"host": self.host, "port": str(self.port), "dbname": self.name}

    @property
    def mapping_options(self) -> Mapping[str, str | Secret]:
        """The options of a user mapping that logs in there."""
        return {"user": self.user, "password": self.password}

    def as_member(self, **labels: str) -> Member:
        """Give it as a member of a federation.

        Parameters
        ----------
        **labels
            Words about it, such as ``country="NL"``.
        """
        from exclave.federation import Member

        return Member(
            self.slug,
            server_options=self.server_options,
            mapping_options=self.mapping_options,
            labels=labels,
        )

    def heal(self) -> None:
        """Put right all that was broken, the last fault first."""
        while self._faults:
            self._faults.pop().heal()

    def refuse(self) -> Fault:
        """Refuse connections and reset those that are open, as where no server listens."""
        return self._broken(self._way("refuse").refuse())

    def silence(self) -> Fault:
        """Accept connections and say nothing, like a host that hangs.

        PostgreSQL 18 waits until the hub's ``statement_timeout``, 15 until the server's
        ``connect_timeout``: set both. Silence a member before the transaction has used it:
        afterwards the hub tells it that a statement is cancelled, and waits for its answer, 18
        for half a minute and 15 for good.
        """
        return self._broken(self._way("silence").silence())

    def delay(self, seconds: float) -> Fault:
        """Let each message to and from it arrive later.

        Parameters
        ----------
        seconds
            How much, in each direction.
        """
        return self._broken(self._way("delay").delay(seconds))

    def cut(self) -> None:
        """Reset the connections that are open, as when its server ends; new ones are accepted."""
        self._way("cut").cut()

    def stop(self, mode: StopMode = "fast") -> Fault:
        """Stop its server; it is started again when the fault is healed.

        Parameters
        ----------
        mode
            As of `exclave.cluster.Cluster.stop`.

        Raises
        ------
        FixtureError
            If the server is not a throw-away one of its own.
        """
        cluster = self._cluster("stop")
        return self._down(cluster, lambda: cluster.stop(mode), "stopped")

    def kill(self) -> Fault:
        """Kill its server with SIGKILL; it is started again when the fault is healed.

        Raises
        ------
        FixtureError
            If the server is not a throw-away one of its own.
        """
        cluster = self._cluster("kill")
        return self._down(cluster, cluster.kill, "killed")

    def wrong_password(self) -> Fault:
        """Change the password of `user`, and end its sessions."""
        self._set_password(secrets.token_urlsafe(12))
        self._end_sessions()
        undo = Fault("its password is wrong", lambda: self._set_password(self._password))
        return self._broken(undo)

    def drop_database(self) -> Fault:
        """End all sessions in its database and let it be gone.

        It is there under another name until the fault is healed, so that nothing is lost.
        """
        from psycopg import sql

        here, away = sql.Identifier(self.name), sql.Identifier(f"{self.name[:57]}_away")
        self._run(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(here))
        self._end_sessions()
        self._run(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(here, away))

        def undo() -> None:
            self._run(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(away, here))
            self._run(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(here))

        return self._broken(Fault("its database is gone", undo))

    def _broken(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault

    def _down(self, cluster: Cluster, action: Callable[[], None], what: str) -> Fault:
        action()
        refusal = None if self._proxy is None else self._proxy.refuse()

        def undo() -> None:
            cluster.start()
            if refusal is not None:
                refusal.heal()

        return self._broken(Fault(f"its server was {what}", undo))

    def _way(self, what: str) -> Proxy:
        if self._proxy is None:
            raise FixtureError(
                f'{what}() of member "{self.slug}" needs a proxy between the hub and it, and the '
                "hub was given by a DSN: where its server runs on this machine, set "
                "`exclave_proxies = true`"
            )
        return self._proxy

    def _cluster(self, what: str) -> Cluster:
        if self._place.cluster is None:
            raise FixtureError(
                f'{what}() of member "{self.slug}": its server was given by a DSN and is not ours '
                f"to {what}; use refuse() or cut(), or leave the DSN out"
            )
        if not self._place.alone:
            raise FixtureError(
                f'{what}() of member "{self.slug}" would {what} other members too, since they '
                "share a server; set `exclave_servers = own`, or use refuse() or cut()"
            )
        return self._place.cluster

    def _set_password(self, password: str) -> None:
        from psycopg import sql

        statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
        self._run(statement.format(sql.Identifier(self.user), sql.Literal(password)))

    def _end_sessions(self) -> None:
        with self._place.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity WHERE datname = %s",
                (_END_TIMEOUT_MS, self.name),
            )

    def _run(self, statement: sql.Composed) -> None:
        with self._place.connect() as connection:
            connection.execute(statement)
