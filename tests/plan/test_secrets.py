"""No secret is seen anywhere, whatever happens."""

from __future__ import annotations

import io
import logging
import re
import secrets
import subprocess
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from rich.console import Console

from exclave.catalog import Connection, read
from exclave.cluster import Cluster, Database, fresh_database
from exclave.objects import PUBLIC, Column, ForeignObject, ForeignTable, Secret, Server, UserMapping
from exclave.objects.quoting import quote_literal
from exclave.plan import Plan, Policy, Statement, create_statements, make, removal
from exclave.sqlalchemy.connection import SqlalchemyConnection

from .programs import client_program
from .secret_search import ENCODINGS, few_values, found_in, hostile_values

# Everything that is done with secrets, and all the places where one could be seen ----------------


class Place:
    """A database whose server logs as told, and what was seen there."""

    def __init__(self, database: Database, caplog: pytest.LogCaptureFixture) -> None:
        self.database = database
        self.seen: dict[str, list[str]] = {}
        self._caplog = caplog
        self._log_at = len(database.cluster.log())
        caplog.set_level(logging.DEBUG)
        logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)

    def note(self, name: str, text: object) -> None:
        self.seen.setdefault(name, []).append(str(text))

    def note_plan(self, plan: Plan) -> None:
        """Note a plan in every form that it has."""
        self.note("Plan.sql", plan.sql())
        self.note("Plan.json", plan.json())
        self.note("Plan.text", plan.text())
        self.note("Plan.to_dict", plan.to_dict())
        shown = Console(file=io.StringIO(), width=10_000, force_terminal=True)
        shown.print(plan)
        assert isinstance(shown.file, io.StringIO)
        self.note("rich", shown.file.getvalue())
        self.note_value(plan)
        for change in plan:
            self.note_value(change)
            for statement in change.statements:
                self.note_value(statement)

    def note_value(self, value: object) -> None:
        """Note all that Python shows of a value by itself."""
        self.note("repr", repr(value))
        self.note("str", str(value))
        self.note("format", f"{value} {value!s} {value!r} {[value]} { {1: value} }")

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Note the error that must come, with every other one that hangs on to it."""
        with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is, it shows no secret
            yield
        error: BaseException = caught.value
        self.note("exception", "".join(traceback.format_exception(error)))
        for each in _related(error):
            self.note("exception", f"{each} {each!r} {each.args!r} {vars(each)}")
            diagnostics = getattr(each, "diag", None)
            for name in dir(diagnostics):
                if name.startswith(("message_", "context", "internal", "source")):
                    self.note("exception", getattr(diagnostics, name))

    def sinks(self) -> dict[str, str]:
        """Give what was seen, with all logs."""
        with self.database.connect() as connection:
            rows = connection.execute("SELECT query FROM pg_stat_activity").fetchall()
            self.note("pg_stat_activity", rows)
        return {
            **{name: "\n".join(texts) for name, texts in self.seen.items()},
            "server log": self.database.cluster.log()[self._log_at :],
            "Python's log": self._caplog.text + repr([r.__dict__ for r in self._caplog.records]),
        }


def _related(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from _related(error.__cause__)
        yield from _related(error.__context__)
        yield from _related(getattr(error, "orig", None))


LOGGING = {
    "ddl": {"log_statement": "ddl", "log_min_error_statement": "error"},
    "mod, and all messages": {
        "log_statement": "mod",
        "log_min_error_statement": "debug5",
        "log_min_messages": "debug3",
        "log_error_verbosity": "verbose",
    },
}


@contextmanager
def logged(database: Database, settings: dict[str, str]) -> Iterator[None]:
    with database.connect() as connection:
        for name, value in settings.items():
            connection.execute(f"ALTER DATABASE {database.name} SET {name} = '{value}'".encode())
    yield


KINDS = ["literal", "env", "file", "command", "call"]


class Vault:
    """Where the value of one secret is; it can be changed, and the reference stays."""

    def __init__(self, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kind = kind
        self.path = folder / "vault"
        self.value = ""
        self._monkeypatch = monkeypatch

    def put(self, value: str) -> Secret:
        self.value = value
        self.path.write_bytes(f"{value}\n".encode())
        match self.kind:
            case "literal":
                return Secret.literal(value)
            case "env":
                self._monkeypatch.setenv("EXCLAVE_TEST_SECRET", value)
                return Secret.env("EXCLAVE_TEST_SECRET")
            case "file":
                return Secret.file(self.path)
            case "command":
                return Secret.command("cat", str(self.path))
            case _:
                return Secret.call(self._give)

    def _give(self) -> str:
        return self.value


def live(
    place: Place, vault: Vault, values: Iterable[str], wrap: Callable[..., Connection]
) -> None:
    """Create, alter, rotate, fail, reverse and drop with secrets, noting all that can be seen."""
    with place.database.connect(application_name="live") as raw:
        hub = wrap(raw, place.database)
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            "CREATE FOREIGN DATA WRAPPER mine HANDLER postgres_fdw_handler "
            "VALIDATOR postgres_fdw_validator",
        ):
            hub.execute(statement)
        for value in values:
            _live_once(place, vault, value, hub)


def _live_once(place: Place, vault: Vault, value: str, hub: Connection) -> None:
    secret = vault.put(value)
    server, other = Server("s"), Server("other", "mine")

    def mapping(user: str = "u", **options: Any) -> UserMapping:
        return UserMapping("s", PUBLIC, options={"user": user, "password": secret, **options})

    def apply(desired: list[ForeignObject], policy: Policy | None = None) -> Plan:
        plan = make(hub, desired, policy or Policy())
        place.note_plan(plan)
        assert plan.apply(hub)
        assert not make(hub, desired)
        place.note_plan(plan.reverse())
        return plan

    place.note_value(mapping())
    place.note_value(mapping().options)
    place.note_value(dict(mapping().options.items()))  # type: ignore[union-attr]
    apply([server, other, mapping()])
    for there in read(hub).catalog:  # read back, the superuser has the value as a literal
        place.note_value(there)
    altered = apply([mapping("v", sslpassword=secret)])
    assert altered.reverse().apply(hub)
    secret = vault.put(value[::-1])
    rotated = apply([mapping()])
    place.note("Plan.text", rotated.text())
    secret = vault.put(value)
    apply([mapping()])

    # PostgreSQL refuses
    with place.failing():
        for statement in create_statements(mapping()):
            statement.run(hub)  # it exists
    for bad in (
        UserMapping("other", PUBLIC, options={"passwort": secret}),
        UserMapping("other", PUBLIC, options={"password": secret, "password_required": secret}),
    ):
        with place.failing():
            make(hub, [bad]).apply(hub)
    for role in ("nobody", PUBLIC):
        with place.failing():
            for statement in create_statements(
                UserMapping("none", role, options={"password": secret})
            ):
                statement.run(hub)
    with place.failing():  # a role is missing
        make(hub, [UserMapping("s", "nobody", options={"password": secret})]).apply(hub)
    with place.failing():  # a later step fails
        table = ForeignTable("t", [Column("id", "int", default="1/")], server="s")
        make(hub, [UserMapping("other", PUBLIC, options={"password": secret}), table]).apply(hub)
    with place.failing():  # the database has changed meanwhile
        plan = make(hub, [UserMapping("other", PUBLIC, options={"password": secret})])
        hub.execute("CREATE USER MAPPING FOR PUBLIC SERVER other")
        plan.apply(hub)
    plan = removal(hub, [server, other, mapping(), UserMapping("other")])
    place.note_plan(plan)
    assert plan.apply(hub)
    place.note_plan(plan.reverse())
    assert plan.reverse().apply(hub)
    assert removal(hub, [server, other, mapping(), UserMapping("other")]).apply(hub)


def with_psycopg(raw: psycopg.Connection[Any], database: Database) -> Connection:
    del database
    from exclave.catalog import PsycopgConnection

    return PsycopgConnection(raw)


@pytest.mark.parametrize(
    ("kind", "log"), [*((kind, "ddl") for kind in KINDS), ("literal", "mod, and all messages")]
)
def test_no_secret_is_seen_anywhere(
    database: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: str,
    log: str,
) -> None:
    settings = LOGGING[log]
    values = hostile_values() if (kind, log) == ("literal", "ddl") else few_values()
    with logged(database, settings):
        place = Place(database, caplog)
        live(place, Vault(kind, tmp_path, monkeypatch), values, with_psycopg)
        sinks = place.sinks()
    assert found_in(sinks, [*values, *(value[::-1] for value in values)]) == set()
    # the search would have had something to find: all these places hold what was done
    for name in ("Plan.sql", "Plan.json", "Plan.text", "rich", "repr", "exception"):
        assert "password" in sinks[name], name
    assert "CREATE SERVER" in sinks["server log"]
    assert "ERROR:  " in sinks["server log"]
    assert "set_config" in sinks["server log"] or log == "ddl"


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_no_secret_is_seen_in_the_echo_of_an_engine(
    database: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    driver: str,
) -> None:
    values = few_values()
    engine = sa.create_engine(database.url(driver=driver), echo="debug")
    try:
        with logged(database, LOGGING["ddl"]), engine.connect() as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            place = Place(database, caplog)
            live(
                place,
                Vault("env", tmp_path, monkeypatch),
                values,
                lambda *_: SqlalchemyConnection(connection),
            )
            sinks = place.sinks()
    finally:
        engine.dispose()
    assert "CREATE SERVER" in sinks["Python's log"]
    assert found_in(sinks, [*values, *(value[::-1] for value in values)]) == set()


# The search is shown to find -------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_search_finds_every_value_in_every_encoding(encoding: str) -> None:
    for value in hostile_values():
        clean = {"clean": "nothing to see", "other": secrets.token_hex(2000)}
        leak = {"leak": f"before {ENCODINGS[encoding](value)} after"}
        assert found_in({**clean, **leak}, [value]) == {"leak"}
        assert found_in(clean, [value]) == set()


def test_the_search_finds_a_part_of_a_value() -> None:
    value = "it's " + secrets.token_hex(100)
    assert found_in({"cut": f"...{value[50:70]}..."}, [value]) == {"cut"}


def _run_bare(self: Statement, connection: Connection, resolve: Any = Secret.resolve) -> None:
    """Send the statement as anybody would: with the secret as a constant."""
    connection.execute(
        "".join(f if isinstance(f, str) else quote_literal(resolve(f)) for f in self.fragments)
    )


def _bare_text(self: Statement, _: object) -> str:
    return "".join(f if isinstance(f, str) else quote_literal(f.resolve()) for f in self.fragments)


def _log_it(self: Secret) -> str:
    value = _resolve(self)
    logging.getLogger("exclave").debug("resolved %s to %s", self, value)
    return value


def _show_it(self: Secret) -> str:
    return f"Secret({_resolve(self)})"


_resolve = Secret.resolve

LEAKS: dict[str, tuple[type, str, Any, set[str]]] = {
    "a constant in the statement": (Statement, "run", _run_bare, {"server log"}),
    "a repr with the value": (
        Secret,
        "__repr__",
        _show_it,
        {"repr", "str", "format", "Plan.json", "Plan.text", "Plan.to_dict", "rich"},
    ),
    "SQL with the value": (
        Statement,
        "shown",
        _bare_text,
        {"Plan.sql", "Plan.json", "exception"},
    ),
    "a log line": (Secret, "resolve", _log_it, {"Python's log"}),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_that_is_put_in_is_found_where_it_is(
    database: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    leak: str,
) -> None:
    owner, name, replacement, expected = LEAKS[leak]
    values = few_values()
    with logged(database, LOGGING["ddl"]):
        place = Place(database, caplog)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, replacement)
            live(place, Vault("literal", tmp_path, monkeypatch), values, with_psycopg)
        found = found_in(place.sinks(), values)
    assert expected <= found
    assert leak == "a repr with the value" or "repr" not in found


def test_the_session_forgets_a_secret_at_once(database: Database) -> None:
    value = secrets.token_hex(16)
    with database.connect() as hub:
        hub.execute("CREATE EXTENSION postgres_fdw")
        plan = make(hub, [Server("s"), UserMapping("s", options={"password": value})])
        with hub.transaction():
            assert plan.apply(hub)
            rows = hub.execute("SELECT current_setting('exclave.secret_1', true)").fetchall()
            assert rows == [("",)]
        rows = hub.execute("SELECT current_setting('exclave.secret_1', true)").fetchall()
        assert rows in ([("",)], [(None,)])


def test_the_statements_of_a_plan_run_in_psql_with_secrets_as_variables(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    psql, environment = client_program(database.cluster, "psql")
    value = "it's \\ :'x' %s $$ 💥"
    with database.connect() as hub:
        hub.execute("CREATE EXTENSION postgres_fdw")
        for kind in KINDS:
            secret = Vault(kind, tmp_path, monkeypatch).put(value)
            desired = [
                Server(kind, options={"application_name": ":x :'y' %s \\"}),
                UserMapping(kind, options={"password": secret}),
            ]
            script = make(hub, desired).sql()
            subprocess.run(
                [
                    *(psql, "-X", "-q", "-v", "ON_ERROR_STOP=1"),
                    *("-v", f"{secret.variable}={value}", database.dsn),
                ],
                input=script.encode(),
                env={**environment, "PGCLIENTENCODING": "UTF8"},
                check=True,
            )
            assert not make(hub, desired)


def test_two_secrets_never_have_one_variable(database: Database, tmp_path: Path) -> None:
    given = [
        *(Secret.literal("one"), Secret.literal("other")),
        *(Secret.file(tmp_path / part / "in" / "password") for part in "ab"),
    ]
    with database.connect() as hub:
        hub.execute("CREATE EXTENSION postgres_fdw")
        desired: list[Server | UserMapping] = []
        for number, secret in enumerate([*given, given[0]]):
            desired.append(Server(f"s{number}"))
            desired.append(UserMapping(f"s{number}", options={"password": secret}))
        plan = make(hub, desired)
    found = dict(re.findall(r"SERVER (s\d) OPTIONS \(password :'(\w+)'\)", plan.sql()))
    assert [found[f"s{number}"] for number in range(5)] == [
        *("secret", "secret_2", "in_password", "in_password_2", "secret"),
    ]
    assert all(f":'{name}'" in plan.json() for name in found.values())


# What PostgreSQL keeps ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def watched(cluster: Cluster) -> Iterator[Cluster]:
    """A cluster with pg_stat_statements, which tracks all."""
    settings = {
        "shared_preload_libraries": "pg_stat_statements",
        "pg_stat_statements.track": "all",
        "log_statement": "ddl",
    }
    with Cluster(installation=cluster.installation, settings=settings) as made:
        yield made


def test_pg_stat_statements_keeps_no_secret_of_a_superuser(watched: Cluster) -> None:
    """With track = all it keeps statements within DO blocks, so tracking is turned off there."""
    assert _kept(watched, None) == set()


def test_pg_stat_statements_with_track_all_keeps_what_others_set(watched: Cluster) -> None:
    """Only a superuser may turn tracking off. If this fails, PostgreSQL has learnt to be silent."""
    with watched.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS maker")
        connection.execute("CREATE ROLE maker LOGIN")
    assert _kept(watched, "maker") == {"pg_stat_statements"}


def _kept(watched: Cluster, role: str | None) -> set[str]:
    values = hostile_values()
    with fresh_database(watched) as database, database.connect() as admin:
        for statement in (
            "CREATE EXTENSION postgres_fdw",
            "CREATE EXTENSION pg_stat_statements",
            f"GRANT CREATE ON DATABASE {database.name} TO PUBLIC",
            "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO PUBLIC",
            "SELECT pg_stat_statements_reset()",
        ):
            admin.execute(statement.encode())
        with database.connect(**({"user": role} if role else {})) as hub:
            for number, value in enumerate(values):
                mapping = UserMapping(f"s{number}", options={"password": Secret.literal(value)})
                assert make(hub, [Server(f"s{number}"), mapping]).apply(hub)
            tracked = hub.execute("SHOW pg_stat_statements.track").fetchall()
            assert tracked == [("all",)]  # as before
        rows = admin.execute("SELECT query FROM pg_stat_statements").fetchall()
        assert any("CREATE SERVER" in query for (query,) in rows)
        sinks = {"pg_stat_statements": "\n".join(query for (query,) in rows)}
    return found_in({**sinks, "server log": watched.log()}, values)


def test_with_log_statement_all_the_server_logs_what_it_is_sent(database: Database) -> None:
    """Nothing that a client can send is safe from that; the statements themselves show nothing."""
    value = secrets.token_hex(16)
    before = len(database.cluster.log())
    with logged(database, {"log_statement": "all"}), database.connect() as hub:
        hub.execute("CREATE EXTENSION postgres_fdw")
        assert make(hub, [Server("s"), UserMapping("s", options={"password": value})]).apply(hub)
    lines = [line for line in database.cluster.log()[before:].splitlines() if value in line]
    assert len(lines) == 1
    assert "$1 = " in lines[0]
