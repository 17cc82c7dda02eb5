"""What a role with USAGE on the wrappers that ship cannot reach; each attempt is a test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from exclave.cluster import Cluster, Database, fresh_database

CLASSES = {
    "files": "exclave.wrappers.files:Files",
    "http": "exclave.wrappers.http:Http",
    "functions": "exclave.wrappers.python:Functions",
    "database": "exclave.wrappers.database:Database",
}
SECRET = "nobody reads this"
ROLE = "wrappers_guest"


def run(connection: psycopg.Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(sql.SQL(statement))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that the server can read, with files that the guest may not."""
    with tempfile.TemporaryDirectory(prefix="exclave-security-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "root").mkdir()
        (folder / "secret.csv").write_text(f"a\n{SECRET}\n")
        (folder / "root" / "open.csv").write_text(f"a\n{SECRET}\n")
        (folder / "root" / "link.csv").symlink_to(folder / "secret.csv")
        (folder / "root" / "linked").symlink_to(folder)
        yield folder


@pytest.fixture(scope="module")
def prepared(host_cluster: Cluster, folder: Path) -> Iterator[Database]:
    """A database with all wrappers, whose servers and tables a guest may make."""
    with fresh_database(host_cluster) as database:
        with database.connect() as admin:
            run(admin, "CREATE EXTENSION exclave_fdw", f"CREATE ROLE {ROLE} LOGIN")
            for name, cls in CLASSES.items():
                run(
                    admin,
                    f"SELECT exclave.create_wrapper('{name}', '{cls}')",
                    f"GRANT USAGE ON FOREIGN DATA WRAPPER {name} TO {ROLE}",
                )
            run(
                admin,
                f"CREATE SCHEMA mine AUTHORIZATION {ROLE}",
                f"CREATE SERVER below FOREIGN DATA WRAPPER files OPTIONS (root '{folder}/root')",
                f"GRANT USAGE ON FOREIGN SERVER below TO {ROLE}",
                "CREATE FOREIGN TABLE open (a text) SERVER below OPTIONS (path 'open.csv')",
                f"GRANT SELECT ON open TO {ROLE}",
                "CREATE FOREIGN TABLE link (a text) SERVER below OPTIONS (path 'link.csv')",
                "CREATE FOREIGN TABLE deep (a text) SERVER below "
                "OPTIONS (path 'linked/secret.csv')",
            )
        try:
            yield database
        finally:
            with database.connect() as admin:
                run(admin, f"DROP OWNED BY {ROLE} CASCADE", f"DROP ROLE {ROLE}")


@pytest.fixture
def guest(prepared: Database) -> Iterator[psycopg.Connection]:
    """A connection of the guest, in a transaction that is undone."""
    with prepared.connect(user=ROLE, autocommit=False) as connection:
        yield connection
        connection.rollback()


def server(wrapper: str, **options: str) -> str:
    given = ", ".join(f"{name} '{value}'" for name, value in options.items())
    return f"CREATE SERVER s FOREIGN DATA WRAPPER {wrapper}" + (
        f" OPTIONS ({given})" if given else ""
    )


def table(**options: str) -> tuple[str, str]:
    given = ", ".join(f"{name} '{value}'" for name, value in options.items())
    made = f"CREATE FOREIGN TABLE mine.t (a text) SERVER s OPTIONS ({given})"
    return made, "SELECT * FROM mine.t"


ATTEMPTS: dict[str, tuple[str, ...]] = {
    "all files": (server("files", root="/"), *table(path="etc/passwd")),
    "the server's own files": (server("files", root="/proc/self"), *table(path="environ")),
    "files below a server of others": (
        "CREATE FOREIGN TABLE mine.t (a text) SERVER below OPTIONS (path 'open.csv')",
        "SELECT * FROM mine.t",
    ),
    "files through a table of others": ("SELECT * FROM open",),
    "files by an import": ('IMPORT FOREIGN SCHEMA "." FROM SERVER below INTO mine',),
    "files through sqlite": (
        server("database", url="sqlite:////etc/passwd"),
        *table(table_name="sqlite_master"),
    ),
    "files through duckdb": (
        server("database", url="duckdb:///:memory:"),
        *table(table_name="read_text"),
    ),
    "a library as a driver": (
        server("database", url="sqlite://", driver="os"),
        *table(table_name="t"),
    ),
    "the database by its socket": (
        server("database", url="postgresql+psycopg:///postgres"),
        *table(table_name="pg_authid"),
    ),
    "the database without a password": (
        server("database", url="postgresql+psycopg://localhost/postgres"),
        f"CREATE USER MAPPING FOR {ROLE} SERVER s OPTIONS (user 'postgres')",
        *table(table_name="pg_authid"),
    ),
    "a database by an import": (
        server("database", url="postgresql+psycopg:///postgres"),
        "IMPORT FOREIGN SCHEMA public FROM SERVER s INTO mine",
    ),
    "a URL of a file": (server("http", url="file:///etc"), *table(path="passwd")),
    "a URL that is not allowed": (server("http", url="http://127.0.0.1"), *table(path="/")),
    "a URL of metadata": (server("http", url="http://169.254.169.254"), *table(path="/latest")),
    "a function of a module": (server("functions"), *table(function="os.getcwd")),
    "a built-in function": (server("functions"), *table(function="builtins.eval")),
    "a function without a module": (server("functions"), *table(function="eval")),
    "functions by an import": (
        server("functions"),
        "IMPORT FOREIGN SCHEMA os FROM SERVER s INTO mine",
    ),
    "more modules": ("ALTER FOREIGN DATA WRAPPER functions OPTIONS (ADD modules 'os')",),
    "modules of its server": (server("functions", modules="os"),),
    "more URLs": ("ALTER FOREIGN DATA WRAPPER http OPTIONS (ADD allow 'http://')",),
    "URLs of its server": (server("http", url="http://127.0.0.1", allow="http://"),),
    "more databases": ("ALTER FOREIGN DATA WRAPPER database OPTIONS (ADD urls 'sqlite://')",),
    "no password": (server("database", url="sqlite://", password_required="false"),),
    "a wrapper of the class": ("CREATE FOREIGN DATA WRAPPER more HANDLER exclave.files_handler",),
}


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
def test_a_guest_gets_nowhere(guest: psycopg.Connection, attempt: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        run(guest, *ATTEMPTS[attempt])
    state = refused.value.sqlstate
    assert state in REFUSALS, f"{state}: {refused.value}"
    said = refused.value.diag
    assert SECRET not in f"{said.message_primary} {said.message_detail} {said.message_hint}"


REFUSALS = {
    "42501",  # insufficient privilege
    "2F003",  # prohibited: a password is demanded
    "42883",  # there is no such function
    "HV00D",  # there is no such option
    "HV00P",  # there is no such schema
    "HV024",  # a value that is not allowed
}


@pytest.mark.parametrize("name", ["link", "deep"])
def test_links_do_not_lead_out_of_a_root(prepared: Database, name: str) -> None:
    """Not even for a superuser: who may write below the root need not be who set it."""
    with prepared.connect() as admin, pytest.raises(psycopg.Error) as refused:
        run(admin, f"TABLE {name}")
    assert refused.value.sqlstate not in (None, "XX000")
