"""What cannot be imported is refused with what its administrators must do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.errors import (
    ApplyError,
    DeclarationError,
    ExclaveError,
    PrerequisiteError,
    RemoteError,
)
from exclave.objects import PUBLIC, Extension, ImportForeignSchema, Schema, Server, UserMapping
from exclave.plan import import_foreign_schema, make

from .refusal import Connection, run

NewRole = Callable[..., str]


@pytest.fixture
def remote(
    admin: Connection, remote_database: Database, new_role: NewRole
) -> Callable[..., ImportForeignSchema]:
    """Declare how the remote is reached, with what is wrong about it, and give an import."""
    cluster = remote_database.cluster
    with remote_database.connect() as there:
        run(
            there,
            "CREATE TABLE t (id int, note text)",
            "CREATE SCHEMA moody",
            "CREATE TYPE moody.mood AS ENUM ('good')",
            "CREATE TABLE moody.m (mood moody.mood)",
            "DROP ROLE IF EXISTS remote_reader",
            "CREATE ROLE remote_reader LOGIN PASSWORD 'right'",
        )

    def reach(
        remote_schema: str = "public",
        *,
        user: str = "remote_reader",
        password: str = "right",
        options: dict[str, Any] | None = None,
        **changes: Any,
    ) -> ImportForeignSchema:
        server = Server(
            "remote",
            options={
                "host": cluster.host,
                "port": cluster.port,
                "dbname": remote_database.name,
                "connect_timeout": 5,
                **(options or {}),
            },
        )
        mapping = UserMapping("remote", PUBLIC, options={"user": user, "password": password})
        make(admin, [server, mapping, Schema("here")]).apply(admin)
        return ImportForeignSchema("remote", remote_schema, "here", **changes)

    return reach


def import_refused(
    session: Connection, spec: ImportForeignSchema, kind: type[ExclaveError], *words: str
) -> str:
    before = read(session).catalog
    with pytest.raises(kind) as caught:
        import_foreign_schema(session, spec)
    message = str(caught.value)
    for word in (str(spec), *words):
        assert word in message
    assert "right" not in message
    assert read(session).catalog == before
    return message


Reach = Callable[..., ImportForeignSchema]


def test_an_import_from_a_server_that_cannot_be_reached_says_what_it_needs(
    admin: Connection, remote: Reach
) -> None:
    with _closed_port() as port:
        spec = remote(options={"port": port})
        message = import_refused(
            admin, spec, RemoteError, "Connection refused", f"127.0.0.1, port {port}", "pg_hba.conf"
        )
    assert "  <address of the hub>/32  scram-sha-256" in message
    assert "CREATE ROLE remote_reader LOGIN" in message
    assert "GRANT SELECT ON ALL TABLES IN SCHEMA public TO remote_reader;" in message


class _closed_port:  # noqa: N801 - used as a function
    """A port that nobody listens on, kept so for a while."""

    def __enter__(self) -> int:
        import socket

        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        return self._socket.getsockname()[1]

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def test_what_is_advised_is_enough_for_the_remote(
    admin: Connection, remote: Reach, remote_database: Database
) -> None:
    """Follow the advice to the letter, and the tables can be imported and read."""
    name = f"new {remote_database.name}"
    spec = remote(user=name, password="right")
    message = import_refused(admin, spec, RemoteError, "password authentication failed")
    statements = re.findall(r"^    ((?:CREATE ROLE|GRANT) .*;)$", message, re.MULTILINE)
    assert len(statements) == 3
    with remote_database.connect() as there:
        for statement in statements:
            run(there, statement.replace("<the mapped password>", "right"))
        (line,) = re.findall(r"^    (host.*)$", message, re.MULTILINE)
        _check_hba(remote_database, there, line.replace("<address of the hub>", "127.0.0.1"))
    assert [table.name for table in import_foreign_schema(admin, spec)] == ["t"]
    assert admin.execute("SELECT count(*) FROM here.t").fetchall() == [(0,)]


def _check_hba(database: Database, there: Connection, line: str) -> None:
    """Let PostgreSQL read a line of pg_hba.conf, without a reload."""
    file = database.cluster.data_dir / "pg_hba.conf"
    text = file.read_text()
    try:
        file.write_text(f"{line}\n{text}")
        rows = there.execute("SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL")
        assert rows.fetchall() == []
        first = there.execute(
            "SELECT type, database, auth_method FROM pg_hba_file_rules ORDER BY line_number LIMIT 1"
        ).fetchall()
        assert first == [("host", [database.name], "scram-sha-256")]
    finally:
        file.write_text(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, ["password authentication failed", "CREATE ROLE remote_reader"]),
        ({"options": {"dbname": "none"}}, ['"none" does not exist', '"none"  "remote_reader"']),
        ({"options": {"sslmode": "require"}}, ["does not support SSL", "    hostssl  "]),
        ({"options": {"host": "host.invalid"}}, ["host.invalid", "pg_hba.conf"]),
        ({"options": {"host": "/nowhere"}}, ["/nowhere", '    local  "']),
    ],
    ids=["password", "database", "TLS", "host", "socket"],
)
def test_an_import_that_the_remote_refuses_says_what_its_administrator_must_do(
    admin: Connection, remote: Reach, changes: dict[str, Any], words: list[str]
) -> None:
    import_refused(admin, remote(**changes), RemoteError, "pg_hba.conf", *words)


def test_an_import_without_a_password_says_that_there_must_be_one(
    admin: Connection, database: Database, remote: Reach, new_role: NewRole
) -> None:
    role = new_role("plain")
    spec = remote()
    run(
        admin,
        f"GRANT USAGE ON FOREIGN SERVER remote TO {role}",
        f"GRANT USAGE, CREATE ON SCHEMA here TO {role}",
        f"CREATE USER MAPPING FOR {role} SERVER remote OPTIONS (user 'remote_reader')",
    )
    with database.connect(user=role) as session:
        import_refused(session, spec, RemoteError, "must hold a password", "remote_reader")


def test_an_import_without_a_mapping_says_which(admin: Connection, remote: Reach) -> None:
    spec = remote()
    run(admin, "DROP USER MAPPING FOR PUBLIC SERVER remote")
    import_refused(admin, spec, PrerequisiteError, "CREATE USER MAPPING FOR postgres SERVER remote")


def test_an_import_without_rights_on_the_hub_names_the_statements(
    admin: Connection, database: Database, remote: Reach, new_role: NewRole
) -> None:
    role = new_role("plain")
    spec = remote()
    with database.connect(user=role) as session:
        with pytest.raises(PrerequisiteError) as caught:
            import_foreign_schema(session, spec)
        assert caught.value.remedies == (
            f"GRANT CREATE ON SCHEMA here TO {role};",
            f"GRANT USAGE ON FOREIGN SERVER remote TO {role};",
        )
        run(admin, *caught.value.remedies, f"GRANT USAGE ON SCHEMA here TO {role}")
        assert [table.owner for table in import_foreign_schema(session, spec)] == [role]


def test_an_import_of_what_is_not_there_says_so(admin: Connection, remote: Reach) -> None:
    import_refused(admin, remote("none"), RemoteError, '"none" is not present')
    import_refused(admin, remote(limit_to=["t", "u"]), DeclarationError, "no table 'u'")
    spec = ImportForeignSchema("nowhere")
    import_refused(admin, spec, DeclarationError, '"nowhere" does not exist')
    spec = ImportForeignSchema("remote", local_schema="nowhere")
    import_refused(admin, spec, PrerequisiteError, "CREATE SCHEMA nowhere;")


def test_an_import_from_a_wrapper_that_cannot_import_says_so(admin: Connection) -> None:
    declared = [Extension("file_fdw"), Server("files", "file_fdw"), Schema("here")]
    make(admin, declared).apply(admin)
    spec = ImportForeignSchema("files", local_schema="here")
    message = import_refused(admin, spec, ApplyError, '"file_fdw" cannot import', "ForeignTable")
    assert "Check the name of the schema" not in message


def test_an_import_of_a_type_that_the_hub_lacks_names_it(admin: Connection, remote: Reach) -> None:
    spec = remote("moody")
    import_refused(admin, spec, ApplyError, "mood", "on the hub first")


def test_an_import_over_a_table_that_is_there_names_it(admin: Connection, remote: Reach) -> None:
    spec = remote(limit_to=["t"])
    assert import_foreign_schema(admin, spec)
    import_refused(admin, spec, DeclarationError, "already has 't'")
    import_refused(admin, remote(), ApplyError, '"t" already exists')


def test_an_import_with_an_unknown_option_names_the_closest(
    admin: Connection, remote: Reach
) -> None:
    spec = remote(options=None)
    spec = ImportForeignSchema("remote", "public", "here", options={"import_defaults": True})
    import_refused(admin, spec, DeclarationError, "mean 'import_default'?")
