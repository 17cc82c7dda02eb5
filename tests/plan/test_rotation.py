"""A rotated secret is a difference, also to a role that may not see what is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from exclave.catalog import Connection, read
from exclave.cluster import Database
from exclave.errors import PlanError
from exclave.objects import Options, Secret, Server, UserMapping
from exclave.plan import Policy, install_ledger, make, removal
from exclave.plan.ledger import LedgerTable

from .hub import Hub, NewRole


class ServerHub(Hub):
    """With a server of that role, which may set another's mapping to it and not read it."""

    def __init__(self, database: Database, new_role: NewRole) -> None:
        super().__init__(database, new_role)
        server = Server("s", grants={self.reader: ["USAGE"]})
        assert make(self.session, [server]).apply(self.session)

    def mapping(self, value: str, user: str = "u") -> UserMapping:
        return UserMapping("s", self.reader, options={"user": user, "password": value})

    def password(self) -> str:
        """What is really there."""
        options = read(self.admin).catalog.user_mappings["s", self.reader].options
        assert isinstance(options, Options)
        password = options["password"]
        assert isinstance(password, Secret)
        return password.resolve()


@pytest.fixture
def hub(database: Database, new_role: NewRole) -> Iterator[ServerHub]:
    with closing(ServerHub(database, new_role)) as made:
        yield made


@pytest.mark.parametrize("who", ["superuser", "mapped user", "server's owner"])
def test_a_rotated_secret_is_a_difference_and_an_unchanged_one_is_not(
    hub: ServerHub, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROTATED", "first")
    role = {"superuser": None, "mapped user": hub.reader, "server's owner": hub.role}[who]
    mapping = UserMapping("s", hub.reader, options={"password": Secret.env("ROTATED")})
    with hub.database.connect(**({"user": role} if role else {})) as session:
        assert make(session, [mapping]).apply(session)
        for value in ("first", "second", "it's \\ %s 💥", ""):
            monkeypatch.setenv("ROTATED", value)
            plan = make(session, [mapping])
            assert bool(plan) == (value != "first")
            assert plan.apply(session) == (value != "first")
            assert hub.password() == value
            for _ in range(2):
                plan = make(session, [mapping])
                assert not plan
                assert not plan.notes


def test_what_another_program_rotated_is_not_seen_by_who_may_not_look(hub: ServerHub) -> None:
    """The digest says what exclave sent last; only those who see the value see it replaced."""
    assert make(hub.session, [hub.mapping("mine")]).apply(hub.session)
    hub.run(f"ALTER USER MAPPING FOR {hub.reader} SERVER s OPTIONS (SET password 'theirs')")
    assert not make(hub.session, [hub.mapping("mine")])
    assert make(hub.admin, [hub.mapping("mine")]).apply(hub.admin)
    assert hub.password() == "mine"


def test_a_mapping_made_anew_by_another_program_has_no_digest(hub: ServerHub) -> None:
    assert make(hub.session, [hub.mapping("mine")]).apply(hub.session)
    hub.run(
        f"DROP USER MAPPING FOR {hub.reader} SERVER s",
        f"CREATE USER MAPPING FOR {hub.reader} SERVER s OPTIONS (user 'u', password 'theirs')",
    )
    plan = make(hub.session, [hub.mapping("mine")])
    assert not plan
    assert any("would not show" in note for note in plan.notes)
    plan = make(hub.session, [hub.mapping("mine")], Policy(hidden="set"))
    assert plan.apply(hub.session)
    assert hub.password() == "mine"


def test_the_ledger_holds_no_value_and_no_plain_digest_of_one(hub: ServerHub) -> None:
    assert make(hub.session, [hub.mapping("mine")]).apply(hub.session)
    rows = hub.admin.execute("SELECT option, salt, digest FROM exclave.secret_digest").fetchall()
    assert {option for option, _, _ in rows} == {"user", "password"}
    assert all(len(salt) == 16 and len(digest) == 64 for _, salt, digest in rows)
    assert len({digest for _, _, digest in rows}) == len(rows)
    text = repr(rows)
    assert "mine" not in text
    assert b"mine".hex() not in text


@pytest.mark.parametrize(
    "trap",
    [
        pytest.param("", id="just there"),
        pytest.param(
            "CREATE FUNCTION exclave.trap() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN EXECUTE ''CREATE ROLE trapped''; RETURN NEW; END'; "
            "CREATE TRIGGER trap BEFORE INSERT ON exclave.secret_digest "
            "FOR EACH ROW EXECUTE FUNCTION exclave.trap()",
            id="with a trigger",
        ),
        pytest.param(
            "ALTER TABLE exclave.secret_digest RENAME TO t; "
            "CREATE VIEW exclave.secret_digest AS SELECT * FROM exclave.t; "
            "GRANT ALL ON exclave.secret_digest TO PUBLIC",
            id="a view",
        ),
    ],
)
def test_a_ledger_that_another_role_made_is_not_trusted(
    hub: ServerHub, new_role: NewRole, trap: str
) -> None:
    squatter = new_role("squatter")
    hub.run(f"GRANT CREATE ON DATABASE {hub.database.name} TO {squatter}")
    with hub.database.connect(user=squatter) as thief:
        ledger = LedgerTable.find(_engine(thief), "secret_digest")
        assert ledger.creatable
        ledger.create(_engine(thief))
        thief.execute("GRANT USAGE ON SCHEMA exclave TO PUBLIC")
        if trap:
            thief.execute(trap.encode())
        assert make(hub.session, [hub.mapping("first")]).apply(hub.session)
        rows = thief.execute("SELECT count(*) FROM exclave.secret_digest").fetchall()
        assert rows == [(0,)]
    assert not LedgerTable.find(_engine(hub.session), "secret_digest").usable
    plan = make(hub.session, [hub.mapping("second")])
    assert not plan  # it cannot know, and says so
    assert any("would not show user, password" in note for note in plan.notes)
    plan = make(hub.session, [hub.mapping("second")], Policy(hidden="set"))
    assert plan.apply(hub.session)
    assert hub.password() == "second"


def _engine(connection: psycopg.Connection[Any]) -> Connection:
    from exclave.catalog import PsycopgConnection

    return PsycopgConnection(connection)


def test_a_superusers_ledger_serves_all_roles_and_each_sees_only_its_own(
    hub: ServerHub, new_role: NewRole
) -> None:
    assert install_ledger(hub.admin)
    assert not install_ledger(hub.admin)
    hub.run("DROP TABLE exclave.secret_digest")
    assert install_ledger(hub.admin)
    hub.run(f"ALTER TABLE exclave.secret_digest OWNER TO {hub.role}")
    with pytest.raises(PlanError, match="the schema exclave is there already"):
        install_ledger(hub.admin)
    hub.run("DROP SCHEMA exclave CASCADE")
    assert install_ledger(hub.admin)
    other = new_role("owner")
    hub.run(f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {other}")
    with hub.database.connect(user=other) as second:
        theirs = UserMapping("t", hub.reader, options={"password": "theirs"})
        assert make(second, [Server("t"), theirs]).apply(second)
        assert make(hub.session, [hub.mapping("mine")]).apply(hub.session)
        assert not make(second, [theirs]).notes
        changed = UserMapping("t", hub.reader, options={"password": "changed"})
        assert make(second, [changed]).apply(second)
        for session, count in ((second, 1), (hub.session, 2), (hub.admin, 3)):
            rows = session.execute("SELECT count(*) FROM exclave.secret_digest").fetchall()
            assert rows == [(count,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            second.execute(
                "INSERT INTO exclave.secret_digest SELECT 1::oid, 'o', "
                f"'{hub.role}', ''::bytea, ''::bytea".encode()
            )
        assert not make(hub.session, [hub.mapping("mine")])
        assert make(hub.session, [hub.mapping("rotated")])


def test_a_role_that_cannot_make_a_ledger_gets_a_note(hub: ServerHub) -> None:
    hub.run(f"REVOKE CREATE ON DATABASE {hub.database.name} FROM {hub.role}")
    assert make(hub.session, [hub.mapping("mine")]).apply(hub.session)
    plan = make(hub.session, [hub.mapping("rotated")])
    assert not plan
    assert any("would not show user, password" in note for note in plan.notes)
    assert "exclave" not in read(hub.admin).catalog.schemas
    plan = make(hub.session, [hub.mapping("rotated")], Policy(hidden="set"))
    assert plan.apply(hub.session)
    assert hub.password() == "rotated"


def test_digests_of_dropped_mappings_are_forgotten(hub: ServerHub) -> None:
    assert make(hub.session, [hub.mapping("mine")]).apply(hub.session)
    assert removal(hub.session, [hub.mapping("mine")]).apply(hub.session)
    assert make(hub.session, [UserMapping("s", options={"user": "p"})]).apply(hub.session)
    assert make(hub.session, [hub.mapping("again")]).apply(hub.session)
    rows = hub.admin.execute(
        "SELECT count(*), count(DISTINCT mapping) FROM exclave.secret_digest"
    ).fetchall()
    assert rows == [(2, 1)]
