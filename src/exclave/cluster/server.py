"""A throw-away PostgreSQL cluster: one data directory and the server that runs on it."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import quote

from exclave.cluster import settings as server_settings
from exclave.cluster.data_directory import (
    SUPERUSER,
    Auth,
    check_auth,
    check_free,
    check_version,
    configure,
    initialize,
)
from exclave.cluster.discovery import find_installation
from exclave.cluster.endpoint import Port, make_folder
from exclave.cluster.installation import Installation
from exclave.cluster.privilege import give_to_server_user
from exclave.cluster.process import ServerProcess, tail
from exclave.cluster.settings import Setting
from exclave.errors import ClusterError

if TYPE_CHECKING:
    import psycopg

StopMode = Literal["smart", "fast", "immediate"]

_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_PORT_TRIES = 5
_PORT_TAKEN = "could not create any TCP/IP sockets"


class Cluster:
    """A PostgreSQL server of our own, on a socket and on a free port of 127.0.0.1.

    Nothing happens until `start`, which ``with`` calls. When this Python process ends, even by
    ``kill -9``, the server is stopped and its folder removed. For throw-away data only: nothing is
    flushed to the disk.

    Parameters
    ----------
    major
        PostgreSQL's major version, for instance 18; None takes the first one found.
    installation
        The PostgreSQL to run, instead of `major`.
    settings
        Of the server, added to fast ones for throw-away data; e.g. ``{"work_mem": "64MB"}``.
    auth
        Who may connect over TCP: ``"trust"`` lets everybody on this machine in, ``"scram"`` asks
        for a password (SCRAM-SHA-256), which postgres_fdw demands for ordinary users. The socket,
        which only this user can reach, never asks.
    data_dir
        A data directory to make or to go on with, which is kept; None takes one that is removed.
    start_timeout
        Seconds that the server may take to become ready.
    stop_timeout
        Seconds that it may take to stop.

    Notes
    -----
    Sources: "Server Setup and Operation", "initdb", "postgres" in PostgreSQL's documentation.
    """

    superuser = SUPERUSER
    host = "127.0.0.1"

    def __init__(
        self,
        major: int | None = None,
        *,
        installation: Installation | None = None,
        settings: Mapping[str, Setting] | None = None,
        auth: Auth = "trust",
        data_dir: Path | str | None = None,
        start_timeout: float = 60.0,
        stop_timeout: float = 60.0,
    ) -> None:
        self._major = major
        self._installation = installation
        self._settings = {**server_settings.THROW_AWAY, **(settings or {})}
        server_settings.check(self._settings)
        check_auth(auth)
        self._auth: Auth = auth
        self._kept_data = None if data_dir is None else Path(data_dir).absolute()
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout
        self._folder: Path | None = None
        self._process: ServerProcess | None = None
        self._port: Port | None = None
        self._password: str | None = None
        self._owner = os.getpid()

    def __repr__(self) -> str:
        where = f"port {self.port}" if self.running else "not running"
        return f"<Cluster of PostgreSQL {self.installation.version}, {where}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def installation(self) -> Installation:
        """The PostgreSQL that it runs, looked for on first use."""
        if self._installation is None:
            self._installation = find_installation(self._major)
        return self._installation

    @property
    def major(self) -> int:
        """PostgreSQL's major version."""
        return self.installation.major

    @property
    def running(self) -> bool:
        """Whether the server's process lives."""
        return self.pid is not None

    @property
    def pid(self) -> int | None:
        """The process id of the postmaster; None if it does not run."""
        return None if self._process is None else self._process.pid

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1, the same from the first start to `close`."""
        if self._port is None:
            raise self._not_started()
        return self._port.number

    @property
    def socket_dir(self) -> Path:
        """The folder of the Unix socket, which libpq takes as a host."""
        return self._own_folder / "socket"

    @property
    def data_dir(self) -> Path:
        """PostgreSQL's data directory."""
        return self._kept_data or self._own_folder / "data"

    @property
    def password(self) -> str | None:
        """The superuser's password over TCP; None where none is asked for."""
        return self._password

    def start(self) -> None:
        """Start the server, making the data directory the first time, and wait until it is ready.

        It does nothing if the server runs.

        Raises
        ------
        ClusterError
            If no PostgreSQL is found, or the server does not become ready; with its log's end.
        """
        if self.running:
            return
        first = self._process is None
        try:
            if first:
                self._prepare()
            self._run_server()
            if first and self._auth == "scram":
                self._set_password()
        except BaseException:
            if first:
                self.close()
            raise

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server and wait until it has gone; its data stays until `close`.

        Parameters
        ----------
        mode
            ``"smart"`` waits for clients to leave, ``"fast"`` ends their sessions,
            ``"immediate"`` leaves the data to be recovered at the next start ("pg_ctl" in
            PostgreSQL's documentation).

        Raises
        ------
        ClusterError
            If it does not end in time, or there is no such mode.
        """
        if mode not in _SIGNALS:
            raise ClusterError(f"expected stop mode {' or '.join(_SIGNALS)}, found {mode!r}")
        if self._process is not None and self.running:
            self._process.stop(_SIGNALS[mode], self._stop_timeout)

    def restart(self, mode: StopMode = "fast") -> None:
        """Stop and start the server, on the same port; see `stop` and `start`."""
        self.stop(mode)
        self.start()

    def kill(self) -> None:
        """Kill the server and all its sessions with SIGKILL.

        `start` brings it back; it then recovers, with all that was committed.
        """
        if self._process is not None and self.running:
            self._process.kill(self._stop_timeout)

    def close(self) -> None:
        """Stop the server, if it runs, and remove what was made for it.

        It does nothing in a fork of the process that made the cluster.
        """
        if os.getpid() != self._owner:
            return
        process, self._process = self._process, None
        if process is not None:
            try:
                if self._kept_data is not None and process.pid is not None:
                    process.stop(signal.SIGINT, self._stop_timeout)
            finally:
                process.close(self._stop_timeout)
        if self._port is not None:
            self._port.release()
        self._port = None
        self._folder = None
        self._password = None

    def log(self) -> str:
        """Give what the server has written to its log so far."""
        if self._process is None:
            raise self._not_started()
        return self._process.log

    def dsn(
        self,
        dbname: str = "postgres",
        *,
        user: str | None = None,
        password: str | None = None,
        tcp: bool = False,
    ) -> str:
        """Give a libpq connection string.

        Parameters
        ----------
        dbname
            The database; it need not exist yet.
        user
            The role; None is the superuser.
        password
            Its password; None is the superuser's own over TCP, and none otherwise.
        tcp
            Connect to 127.0.0.1 instead of the Unix socket.
        """
        from psycopg.conninfo import make_conninfo

        return make_conninfo(
            host=self.host if tcp else str(self.socket_dir),
            port=self.port,
            dbname=dbname,
            user=user or self.superuser,
            password=self._password_of(user, password) if tcp else password,
        )

    def url(
        self,
        dbname: str = "postgres",
        *,
        driver: str | None = "psycopg",
        user: str | None = None,
        password: str | None = None,
    ) -> str:
        """Give a URL as SQLAlchemy takes it, over TCP.

        Parameters
        ----------
        dbname
            The database; it need not exist yet.
        driver
            SQLAlchemy's name of it: ``"psycopg"``, ``"psycopg2"``, ``"asyncpg"``; None leaves it
            out, as libpq wants it.
        user, password
            As in `dsn`.
        """
        scheme = "postgresql" if driver is None else f"postgresql+{driver}"
        secret = self._password_of(user, password)
        login = quote(user or self.superuser, safe="")
        if secret is not None:
            login = f"{login}:{quote(secret, safe='')}"
        return f"{scheme}://{login}@{self.host}:{self.port}/{quote(dbname, safe='')}"

    def connect(
        self, dbname: str = "postgres", *, autocommit: bool = True, **options: Any
    ) -> psycopg.Connection:
        """Connect with psycopg, as the superuser over the socket unless `options` say otherwise.

        Parameters
        ----------
        dbname
            The database.
        autocommit
            Whether each statement is a transaction of its own.
        options
            Others of `psycopg.connect`, for instance ``user``.
        """
        import psycopg

        return psycopg.connect(self.dsn(dbname), autocommit=autocommit, **options)

    def create_database(
        self, name: str, *, template: str | None = None, owner: str | None = None
    ) -> None:
        """Create a database, empty or as a copy.

        Parameters
        ----------
        name
            The database to create.
        template
            The database to copy, which nobody may be connected to; None is ``template1``.
        owner
            A role; None is the superuser.
        """
        from psycopg import sql

        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if owner is not None:
            statement += sql.SQL(" OWNER {}").format(sql.Identifier(owner))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with self.connect() as connection:
            connection.execute(statement)

    def clone_database(self, template: str, name: str) -> None:
        """Copy the database `template`, which nobody may be connected to, as `name`."""
        self.create_database(name, template=template)

    def drop_database(self, name: str, *, force: bool = True) -> None:
        """Drop a database if it exists.

        Parameters
        ----------
        name
            The database to drop.
        force
            End the sessions in it first, for instance those that postgres_fdw keeps.
        """
        from psycopg import sql

        statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
        if force:
            statement += sql.SQL(" WITH (FORCE)")
        with self.connect() as connection:
            connection.execute(statement)

    @property
    def _own_folder(self) -> Path:
        if self._folder is None:
            raise self._not_started()
        return self._folder

    def _not_started(self) -> ClusterError:
        return ClusterError("the cluster was not started, or was closed; call start() first")

    def _password_of(self, user: str | None, password: str | None) -> str | None:
        return self._password if password is None and user in (None, self.superuser) else password

    def _prepare(self) -> None:
        """Make the folder, the guardian that will remove it, and the data directory in it."""
        installation = self.installation
        if self._kept_data is not None:
            check_free(self._kept_data)
        self._owner = os.getpid()
        self._folder = folder = make_folder()
        self._port = Port()
        self._process = ServerProcess(folder / "log", remove=folder)
        self.socket_dir.mkdir(mode=0o700)
        data = self.data_dir
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        give_to_server_user(folder)
        give_to_server_user(data)
        if not (data / "PG_VERSION").exists():
            initialize(installation, data)
        check_version(installation, data)
        configure(data, self._settings, self._auth)

    def _run_server(self) -> None:
        if self._process is None:
            raise self._not_started()
        said = ""
        for _ in range(_PORT_TRIES):
            before = len(self._process.log)
            if self._process.start(
                self._command(), self.installation.environment(), self._start_timeout
            ):
                return
            said = self._process.log[before:]
            if _PORT_TAKEN not in said:
                break
            if self._port is not None:
                self._port.release()
            self._port = Port()
        raise ClusterError(
            f"PostgreSQL {self.installation.version} ended instead of becoming ready; "
            f"it said:\n{tail(said)}"
        )

    def _command(self) -> list[str]:
        fixed = {
            "port": str(self.port),
            "listen_addresses": self.host,
            "unix_socket_directories": str(self.socket_dir),
            "logging_collector": "off",
            "log_destination": "stderr",
            "lc_messages": "C",
        }
        arguments = [f"--{name}={value}" for name, value in fixed.items()]
        return [str(self.installation.program("postgres")), "-D", str(self.data_dir), *arguments]

    def _set_password(self) -> None:
        from psycopg import sql

        password = secrets.token_urlsafe(12)
        statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(self.superuser), sql.Literal(password)
        )
        with self.connect() as connection:
            connection.execute(statement)
        self._password = password
