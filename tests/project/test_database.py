"""How a database is written in settings, and that no password is seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exclave.cluster import Database as Place_
from exclave.errors import CatalogError, DeclarationError, ExclaveError, ProjectError, SecretError
from exclave.project import Database, Place


def read(value: object) -> Database:
    return Database.read(value, Place("here.toml", ("database",)))


def name_of(written: object) -> str:
    with read(written).connected() as connection:
        [(name,)] = connection.execute("SELECT current_database()").fetchall()
        return str(name)


def test_a_database_is_written_as_a_url_a_connection_string_a_reference_or_a_table(
    database: Place_, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cluster = database.cluster
    service = tmp_path / "pg_service.conf"
    service.write_text(f"[shop]\nhost=localhost\nport={cluster.port}\ndbname={database.name}\n")
    file = tmp_path / "url"
    file.write_text(database.url() + "\n")
    monkeypatch.setenv("DATABASE_URL", database.url())
    monkeypatch.setenv("THE_PASSWORD", cluster.password or "")
    forms: list[object] = [
        database.url(driver=None),
        database.url(driver="psycopg"),
        database.url(driver="asyncpg"),
        database.dsn,
        {"env": "DATABASE_URL"},
        {"file": str(file)},
        {
            "host": "localhost",
            "port": cluster.port,
            "dbname": database.name,
            "user": "postgres",
            "password": {"env": "THE_PASSWORD"},
        },
    ]
    assert {name_of(form) for form in forms} == {database.name}
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGPASSWORD", cluster.password or "")
    assert name_of("service=shop") == database.name
    monkeypatch.setenv("PGSERVICE", "shop")
    with Database().connected() as connection:
        assert connection.info.dbname == database.name


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://app:hunter2@x@localhost:1/d",
        "postgresql://app:hunter2/x@localhost:1/d",
        "postgresql+psycopg://app:5432/hunter2@localhost:1/d",
        "postgresql://app:hunter2%zz@localhost:1/d",
        "postgresql://app:hunter2@localhost:1/d?nonsense=1",
        "postgresql://app:hunter2@localhost:1/d",
        "host=localhost port=1 password=hunter2",
        "host=localhost port=1 password=hun hunter2",
        "password=hunter2 nonsense",
        {"host": "localhost", "port": 1, "password": "hunter2"},
        {"host": "localhost", "port": "hunter", "password": "hunter2"},
        {"host": "localhost", "hots": "x", "password": "hunter2"},
        ["hunter2"],
    ],
)
def test_what_cannot_be_read_or_reached_is_told_without_the_password(written: object) -> None:
    with pytest.raises(ExclaveError) as caught, read(written).connected():
        pass
    error: BaseException | None = caught.value
    assert isinstance(error, ProjectError | DeclarationError)
    while error is not None:
        assert "hunter2" not in f"{error} {error!r}"
        error = error.__context__


def test_a_database_is_shown_without_its_password() -> None:
    for written in ("postgresql://a:hunter2@b/c", {"host": "h", "password": "hunter2"}):
        assert "hunter2" not in repr(read(written))


def test_a_password_that_is_wrong_is_not_shown(database: Place_) -> None:
    url = database.url(password="hunter2")
    with pytest.raises(ProjectError, match="password authentication failed") as caught:
        name_of(url)
    assert "hunter2" not in str(caught.value)


def test_a_reference_that_leads_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_URL", raising=False)
    with pytest.raises(SecretError, match="NO_SUCH_URL"), read({"env": "NO_SUCH_URL"}).connected():
        pass


def test_an_unknown_word_for_a_reference_is_told() -> None:
    with pytest.raises(DeclarationError, match=r"here\.toml: database: expected a URL"):
        read(5)


def test_what_postgresql_refuses_later_is_an_error_of_ours(database: Place_) -> None:
    with (
        pytest.raises(CatalogError, match='relation "nothing" does not exist'),
        read(database.url()).connected() as connection,
    ):
        connection.execute("SELECT * FROM nothing")


def test_statements_commit_by_themselves(database: Place_) -> None:
    with read(database.url()).connected() as connection, database.connect() as other:
        connection.execute("CREATE TABLE t ()")
        rows: list[Any] = other.execute("SELECT * FROM t").fetchall()
        assert rows == []
        [(name,)] = connection.execute("SHOW application_name").fetchall()
        assert name == "exclave"
