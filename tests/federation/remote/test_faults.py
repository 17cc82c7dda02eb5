"""Members that cannot be read: what is wrong, and what to do."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from exclave.catalog import PsycopgConnection
from exclave.errors import CatalogError, DeclarationError, PrerequisiteError, RemoteError
from exclave.federation.remote import read_remote

from .member import PASSWORD, Member


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Give a port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def server(member: Member, name: str, **options: str) -> str:
    """Make another server at the hub, with a mapping."""
    user, password = options.pop("user", member.reader), options.pop("password", PASSWORD)
    given = {
        "host": "127.0.0.1",
        "port": str(member.remote.cluster.port),
        "dbname": member.remote.name,
        "connect_timeout": "2",
        **options,
    }
    clause = ", ".join(f"{key} '{value}'" for key, value in given.items())
    member.on_hub(
        f"CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({clause})",
        f"ALTER SERVER {name} OWNER TO {member.owner}",
        f"CREATE USER MAPPING FOR {member.owner} SERVER {name} "
        f"OPTIONS (user '{user}', password '{password}')",
    )
    return name


def refused(member: Member, name: str, *, timeout_seconds: float | None = None) -> RemoteError:
    """Try to read over a server, and give the error."""
    with pytest.raises(RemoteError) as caught:
        member.read(("shop", "orders"), server=name, timeout_seconds=timeout_seconds)
    message = str(caught.value)
    assert f'foreign server "{name}"' in message
    assert PASSWORD not in message
    return caught.value


def test_a_member_that_does_not_listen_is_named_with_what_it_needs(
    member: Member, closed_port: int
) -> None:
    error = refused(member, server(member, "closed", port=str(closed_port)))
    assert error.sqlstate == "08001"
    line = f'host  "{member.remote.name}"  "{member.reader}"  <address of the hub>/32'
    assert line in str(error)
    assert f"port {closed_port}" in str(error)
    assert f"GRANT SELECT ON ALL TABLES IN SCHEMA shop TO {member.reader};" in str(error)


def test_a_wrong_password_is_said_and_not_shown(member: Member) -> None:
    error = refused(member, server(member, "wrong", password="s3cret of another"))
    assert error.sqlstate == "08001"
    assert "password authentication failed" in str(error)
    assert "s3cret of another" not in str(error)
    assert f"CREATE ROLE {member.reader} LOGIN" in str(error)


def test_a_database_that_is_not_there_is_said(member: Member) -> None:
    error = refused(member, server(member, "lost", dbname="not_there"))
    assert 'database "not_there" does not exist' in str(error)


def test_a_member_that_never_answers_is_given_up(member: Member) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = str(silent.getsockname()[1])
        error = refused(member, server(member, "silent", port=port), timeout_seconds=2)
    assert error.sqlstate in ("08001", "57014")


def test_a_server_that_is_not_there_is_no_fault_of_a_remote(member: Member) -> None:
    with pytest.raises(CatalogError, match='no foreign server "none"'):
        member.read(server="none")


def test_another_wrapper_has_to_have_its_columns_declared(member: Member) -> None:
    member.on_hub(
        "CREATE EXTENSION file_fdw",
        "CREATE SERVER files FOREIGN DATA WRAPPER file_fdw",
        f"ALTER SERVER files OWNER TO {member.owner}",
    )
    with pytest.raises(DeclarationError, match=r'"file_fdw".*Declare the columns'):
        member.read(schema="public", server="files")


def test_a_renamed_wrapper_of_postgres_fdw_is_one_still(member: Member) -> None:
    member.on_hub(
        "CREATE FOREIGN DATA WRAPPER pg HANDLER postgres_fdw_handler "
        "VALIDATOR postgres_fdw_validator",
        f"GRANT USAGE ON FOREIGN DATA WRAPPER pg TO {member.owner}",
        f"CREATE SERVER other FOREIGN DATA WRAPPER pg OPTIONS (host '127.0.0.1', "
        f"port '{member.remote.cluster.port}', dbname '{member.remote.name}')",
        f"ALTER SERVER other OWNER TO {member.owner}",
        f"CREATE USER MAPPING FOR PUBLIC SERVER other "
        f"OPTIONS (user '{member.reader}', password '{PASSWORD}')",
    )
    assert member.read(server="other").database == member.remote.name


def test_a_role_without_rights_is_told_what_an_administrator_must_run(member: Member) -> None:
    name = server(member, "unmapped")
    member.on_hub(f"DROP USER MAPPING FOR {member.owner} SERVER {name}")
    with pytest.raises(PrerequisiteError) as caught:
        member.read(server=name)
    [line] = caught.value.remedies
    assert line.startswith(f"CREATE USER MAPPING FOR {member.owner} SERVER {name}")
    member.on_hub(
        f"ALTER SERVER {name} OWNER TO CURRENT_USER",
        f"REVOKE TEMPORARY ON DATABASE {member.hub.name} FROM {member.owner}",
    )
    try:
        with pytest.raises(PrerequisiteError) as caught:
            member.read(server=name)
    finally:
        member.on_hub(f"GRANT TEMPORARY ON DATABASE {member.hub.name} TO {member.owner}")
    assert caught.value.remedies[:2] == (
        f"GRANT USAGE ON FOREIGN SERVER {name} TO {member.owner};",
        f"GRANT TEMPORARY ON DATABASE {member.hub.name} TO {member.owner};",
    )


def test_a_read_only_session_is_refused_with_the_reason(member: Member) -> None:
    with member.session() as session, session.transaction():
        session.execute("SET TRANSACTION READ ONLY")
        with pytest.raises(CatalogError, match="read-only session"):
            read_remote(PsycopgConnection(session), "branch", schema="public")


def test_a_failed_reading_leaves_the_callers_transaction_usable(member: Member) -> None:
    server(member, "nowhere", dbname="nowhere")
    with member.session() as session, session.transaction():
        session.execute("CREATE TEMPORARY TABLE mine (a int)")
        with pytest.raises(RemoteError):
            read_remote(PsycopgConnection(session), "nowhere", schema="public")
        assert session.execute("SELECT count(*) FROM mine").fetchone() == (0,)
