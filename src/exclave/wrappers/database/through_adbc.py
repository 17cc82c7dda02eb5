"""A connection through an ADBC driver, which gives Arrow data."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.sql import ClauseElement, Executable

from exclave.fdw import WrapperError
from exclave.wrappers.database.drivers import POSTGRES
from exclave.wrappers.database.exactness import backend_of
from exclave.wrappers.database.failures import failed, told
from exclave.wrappers.database.results import OpenResults, Result


def dialect_of(url: URL) -> Dialect:
    """Give the dialect of SQL that an ADBC driver for a URL reads, with its parameters' style."""
    backend = url.get_backend_name()
    if backend in ("postgresql", "duckdb"):
        return postgresql.dialect(paramstyle="numeric_dollar")
    if backend == "sqlite":
        return sqlite.dialect(paramstyle="qmark")
    kind: Any = url.get_dialect()
    return kind(paramstyle="qmark")


class AdbcConnection:
    """A connection of an ADBC driver, in a transaction that the session begins and ends.

    Parameters
    ----------
    package
        Of the driver.
    url
        With user and password.
    writes
        Whether it may write.
    password_required
        Whether the other side must ask for the password.
    """

    typed = True
    broken = False

    def __init__(self, package: str, url: URL, *, writes: bool, password_required: bool) -> None:
        self.dialect = dialect_of(url)
        self.backend = backend_of(url.get_backend_name())
        dbapi: Any = importlib.import_module("adbc_driver_manager.dbapi")
        with told():
            self._connection = dbapi.connect(
                autocommit=True,
                **_driver(package),
                db_kwargs=_options(url, writes=writes, password_required=password_required),
            )
            self._cursor = self._connection.cursor()
            for statement in POSTGRES if self.backend == "postgresql" else ():
                self._cursor.execute(statement)
        self._open = OpenResults()
        self._in_transaction = False

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection."""
        return self._connection

    def begin(self) -> None:
        """Begin a transaction."""
        postgres = self.backend == "postgresql"
        self._execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if postgres else "BEGIN")
        self._in_transaction = True

    def scan(self, statement: Executable, values: Mapping[str, Any], size: int) -> Iterator[Any]:
        """Run a query, and give what it finds bit by bit."""
        self._open.free()
        text, parameters = self._written(statement, values)
        with told():
            cursor = self._connection.cursor()
            cursor.execute(text, parameters)
            reader = _reader(cursor)
        opened: Result[Any] = Result(_batches(cursor, reader))
        self._open.add(opened)
        return _until_closed(opened)

    def returned(self, statement: Executable, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement, and give all rows that it returns."""
        self._run(statement, values)
        with told():
            return [tuple(row) for row in self._cursor.fetchall()]

    def run(self, statement: Executable, values: Mapping[str, Any]) -> int:
        """Run a statement, and say how many rows it changed."""
        self._run(statement, values)
        return self._cursor.rowcount

    def run_each(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement for each of many rows."""
        self._open.free()
        text, names, _ = self._text(statement)
        values = [tuple(row[name] for name in names) for row in rows]
        with told():
            if names and self.backend != "duckdb":  # whose driver binds one row at a time
                self._cursor.executemany(text, values)
                return
            for each in values:
                self._cursor.execute(text, each or None)

    def _run(self, statement: Executable, values: Mapping[str, Any]) -> None:
        self._open.free()
        text, parameters = self._written(statement, values)
        with told():
            self._cursor.execute(text, parameters)

    def _text(self, statement: Executable) -> tuple[str, Sequence[str], dict[str, Any]]:
        assert isinstance(statement, ClauseElement)
        compiled: Any = statement.compile(
            dialect=self.dialect, column_keys=[], compile_kwargs={"render_postcompile": True}
        )
        return compiled.string, compiled.positiontup or (), compiled.params

    def _written(
        self, statement: Executable, values: Mapping[str, Any]
    ) -> tuple[str, tuple[Any, ...] | None]:
        text, names, known = self._text(statement)
        given = {**known, **values}
        return text, tuple(given[name] for name in names) or None

    def commit(self) -> None:
        """Commit the transaction, if there is one."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Roll the transaction back, if there is one."""
        self._end("ROLLBACK")

    def _end(self, statement: str) -> None:
        self._open.close()
        if self._in_transaction:
            self._in_transaction = False
            self._execute(statement)

    def savepoint(self, name: str) -> None:
        """Set a savepoint."""
        if self.backend != "duckdb":
            self._execute(f"SAVEPOINT {name}")

    def release(self, name: str) -> None:
        """Release a savepoint."""
        if self.backend != "duckdb":
            self._execute(f"RELEASE SAVEPOINT {name}")

    def rollback_to(self, name: str) -> None:
        """Roll back to a savepoint, and release it."""
        if self.backend == "duckdb":
            raise WrapperError(
                "the other database has no savepoints, so only all can be rolled back",
                sqlstate="0A000",
            )
        self._open.close()
        self._execute(f"ROLLBACK TO SAVEPOINT {name}")
        self.release(name)

    def _execute(self, statement: str) -> None:
        self._open.free()
        with told():
            self._cursor.execute(statement)

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._open.close()
        with told():
            self._cursor.close()
            self._connection.close()


def _driver(package: str) -> dict[str, str]:
    try:
        module: Any = importlib.import_module(package)
    except ModuleNotFoundError:
        raise WrapperError(
            f'the ADBC driver "{package}" is not installed',
            sqlstate="HV00L",
            hint=f"Install {package.replace('_', '-')} where exclave_fdw.python says.",
        ) from None
    if package == "adbc_driver_duckdb":
        return {"driver": module.driver_path(), "entrypoint": "duckdb_adbc_init"}
    return {"driver": module._driver_path()}


def _options(url: URL, *, writes: bool, password_required: bool) -> dict[str, str]:
    match url.get_backend_name():
        case "sqlite":
            return {"uri": f"file:{quote(url.database or '')}?mode={'rw' if writes else 'ro'}"}
        case "duckdb":
            return {
                "path": url.database or "",
                "access_mode": "READ_WRITE" if writes else "READ_ONLY",
                "enable_external_access": "false",
            }
        case "postgresql":
            if password_required:
                url = url.update_query_dict({"require_auth": "password,md5,scram-sha-256"})
            return {"uri": _libpq(url)}
        case _:
            return {"uri": url.render_as_string(hide_password=False)}


def _libpq(url: URL) -> str:
    """Write a URL as libpq reads it, which wants blanks encoded."""
    login = ":".join(quote(part, safe="") for part in (url.username, url.password) if part)
    port = f":{url.port}" if url.port else ""
    place = f"{login}@{url.host or ''}{port}/{quote(url.database or '', safe='')}"
    return f"postgresql://{place}?{urlencode(url.query, doseq=True, quote_via=quote)}"


def _reader(cursor: Any) -> Any:
    """Give a cursor's batches by the reader whose errors have a SQLSTATE, if it has one."""
    plain = cursor.fetch_record_batch()
    return getattr(getattr(cursor, "_results", None), "reader", plain)


def _batches(cursor: Any, reader: Any) -> Iterator[Any]:
    try:
        while True:
            with told():
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
                except OSError as error:  # as which pyarrow tells errors of a stream
                    raise failed(error) from None
            yield batch
    finally:
        reader.close()
        cursor.close()


def _until_closed(opened: Result[Any]) -> Iterator[Any]:
    try:
        yield from opened
    finally:
        opened.close()
