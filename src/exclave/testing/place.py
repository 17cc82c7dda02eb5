"""Where databases are made for a test run: a server, and the way to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from exclave.cluster import Cluster
from exclave.errors import FixtureError

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True)
class Place:
    """A server on which databases and roles can be made.

    Parameters
    ----------
    dsn
        How an administrator reaches a database that is there already.
    host, port
        Where the server listens, as others reach it.
    cluster
        The throw-away cluster that it is; None for a server that was given.
    alone
        Whether only one database of the run is on it, so that it can be stopped.
    """

    dsn: str = field(repr=False)
    host: str
    port: int
    cluster: Cluster | None = None
    alone: bool = False

    @classmethod
    def of_cluster(cls, cluster: Cluster, *, alone: bool) -> Place:
        """Give a throw-away cluster as a place."""
        return cls(cluster.dsn(tcp=True), cluster.host, cluster.port, cluster, alone)

    @classmethod
    def of_dsn(cls, dsn: str, source: str) -> Place:
        """Give a server that is there as a place.

        Parameters
        ----------
        dsn
            A connection string or URI of libpq, or a URL of SQLAlchemy's.
        source
            Where it was written, for messages.

        Raises
        ------
        FixtureError
            If it cannot be reached; the message holds no password.
        """
        import psycopg
        from psycopg.conninfo import make_conninfo

        scheme, separator, rest = dsn.partition("://")
        plain = scheme.partition("+")[0] + separator + rest if separator else dsn
        failure = ""
        try:
            plain = make_conninfo(plain)
        except psycopg.Error:
            failure = "it is no connection string (it is not shown here)"
        if not failure:
            try:
                with psycopg.connect(plain) as connection:
                    return cls(plain, connection.info.host, connection.info.port)
            except psycopg.OperationalError as error:
                failure = str(error)
        raise FixtureError(f"{source}: the server cannot be used: {failure}")

    def connect(self, dbname: str | None = None, *, autocommit: bool = True) -> psycopg.Connection:
        """Connect as the administrator, to the database that is there or to another one."""
        import psycopg

        return psycopg.connect(self.dsn_of(dbname), autocommit=autocommit)

    def dsn_of(self, dbname: str | None, **others: Any) -> str:
        """Give the administrator's connection string of a database."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(self.dsn, **({"dbname": dbname} if dbname else {}), **others)

    def url_of(self, dbname: str, driver: str | None) -> str:
        """Give the administrator's URL of a database, as SQLAlchemy takes it."""
        from psycopg.conninfo import conninfo_to_dict

        parts = {key: str(value) for key, value in conninfo_to_dict(self.dsn).items() if value}
        scheme = "postgresql" if driver is None else f"postgresql+{driver}"
        login = quote(parts.pop("user", ""), safe="")
        if "password" in parts:
            login += ":" + quote(parts.pop("password"), safe="")
        parts.pop("dbname", None)
        host = parts.pop("host", self.host)
        port = parts.pop("port", str(self.port))
        where = f"{host}:{port}"
        if host.startswith("/"):
            where = ""
            parts |= {"host": host, "port": port}
        query = f"?{urlencode(parts)}" if parts else ""
        return f"{scheme}://{login}{'@' if login else ''}{where}/{quote(dbname, safe='')}{query}"
