"""What a role with USAGE on a wrapper cannot do; each attempt is a test."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.hosting import host_environment

from exclave.cluster import Cluster, Database, fresh_database

ROLES = ("fdw_plain", "fdw_other", "fdw_importer")

HANDLER = "RETURNS fdw_handler LANGUAGE C STRICT AS '$libdir/exclave_fdw', 'exclave_handler'"


def run(connection: psycopg.Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(sql.SQL(statement))


@pytest.fixture(scope="module")
def prepared(host_cluster: Cluster) -> Iterator[Database]:
    """A database with two wrappers that `fdw_plain` may use, and secrets of others."""
    with fresh_database(host_cluster) as database:
        with database.connect() as admin:
            run(
                admin,
                "CREATE EXTENSION exclave_fdw",
                *(f"CREATE ROLE {role} LOGIN" for role in ROLES),
                "SELECT exclave.create_wrapper('numbers', 'trial_wrappers:Numbers')",
                "SELECT exclave.create_wrapper('leaking', 'trial_imports:Leaking')",
                "GRANT USAGE ON FOREIGN DATA WRAPPER numbers, leaking TO fdw_plain",
                "CREATE SCHEMA mine AUTHORIZATION fdw_plain",
                f"GRANT CREATE ON DATABASE {database.name} TO fdw_plain",
                "CREATE SERVER others FOREIGN DATA WRAPPER leaking",
                "CREATE USER MAPPING FOR fdw_other SERVER others OPTIONS (password 'hush-hush')",
                "CREATE USER MAPPING FOR CURRENT_USER SERVER others OPTIONS (password 'hush-hush')",
                "CREATE FOREIGN TABLE secret (a text) SERVER others OPTIONS (how 'raise')",
                "CREATE VIEW shown AS SELECT * FROM secret",
                "GRANT SELECT ON shown TO fdw_plain",
            )
            with admin.transaction():
                run(
                    admin,
                    "SET LOCAL ROLE fdw_plain",
                    "CREATE SERVER numbers FOREIGN DATA WRAPPER numbers",
                    "CREATE FOREIGN TABLE mine.n (id int) SERVER numbers OPTIONS (count '3')",
                )
        try:
            yield database
        finally:
            with database.connect() as admin:
                names = ", ".join(ROLES)
                run(admin, f"DROP OWNED BY {names} CASCADE", f"DROP ROLE {names}")


@pytest.fixture
def plain(prepared: Database) -> Iterator[psycopg.Connection]:
    """A connection of the role that may use the wrappers, and not more."""
    with prepared.connect(user="fdw_plain", autocommit=False) as connection:
        yield connection
        connection.rollback()


REFUSED = {
    "another class for a handler": (
        "ALTER FUNCTION exclave.numbers_handler() SET exclave_fdw.class = 'os:system'"
    ),
    "another class for a validator": (
        "ALTER FUNCTION exclave.numbers_validator(text[], oid) SET exclave_fdw.class = 'os:system'"
    ),
    "no class for a handler": "ALTER FUNCTION exclave.numbers_handler() RESET ALL",
    "a handler of its own": (
        f"CREATE FUNCTION mine.h() {HANDLER} SET exclave_fdw.class = 'os:system'"
    ),
    "a handler in another language": (
        "CREATE FUNCTION mine.h() RETURNS fdw_handler LANGUAGE internal AS 'exclave_handler'"
    ),
    "the handler replaced": f"CREATE OR REPLACE FUNCTION exclave.numbers_handler() {HANDLER}",
    "a wrapper of its own": ("CREATE FOREIGN DATA WRAPPER mine HANDLER exclave.numbers_handler"),
    "another handler for the wrapper": (
        "ALTER FOREIGN DATA WRAPPER numbers HANDLER exclave.leaking_handler"
    ),
    "no validator": "ALTER FOREIGN DATA WRAPPER numbers NO VALIDATOR",
    "options of the wrapper": "ALTER FOREIGN DATA WRAPPER numbers OPTIONS (ADD modules 'os')",
    "the wrapper itself": "ALTER FOREIGN DATA WRAPPER numbers OWNER TO fdw_plain",
    "create_wrapper": "SELECT exclave.create_wrapper('x', 'os:system')",
    "the validator, called": "SELECT exclave.numbers_validator('{}', 1417)",
    "the handler, called": "SELECT exclave.numbers_handler()",
    "what runs": "SELECT exclave.python_version()",
    "the schema of the extension": (
        "CREATE FUNCTION exclave.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    ),
    "the extension": "ALTER EXTENSION exclave_fdw SET SCHEMA mine",
    "the functions of the extension": "DROP FUNCTION exclave.numbers_handler() CASCADE",
    "a library": "LOAD '$libdir/exclave_fdw'",
    "a mapping of others": (
        "ALTER USER MAPPING FOR fdw_other SERVER others OPTIONS (SET password 'x')"
    ),
    "a table on a server of others": (
        "CREATE FOREIGN TABLE mine.s (a text) SERVER others OPTIONS (how 'raise')"
    ),
    "another table of the server": "ALTER FOREIGN TABLE secret OPTIONS (SET how 'log')",
    "importing on a server of others": "IMPORT FOREIGN SCHEMA x FROM SERVER others INTO mine",
    "analyzing a table of others": "SELECT a FROM secret",
    "Python for its role": "ALTER ROLE fdw_plain SET exclave_fdw.python = '/tmp/evil'",
    "Python shown": "SHOW exclave_fdw.python",
    "Python of a file": "SELECT pg_read_file('postgresql.conf')",
}


@pytest.mark.parametrize("attempt", REFUSED, ids=str)
def test_a_role_with_usage_is_refused(plain: psycopg.Connection, attempt: str) -> None:
    run(plain, "SELECT count(*) FROM mine.n")  # the library is loaded, and its settings known
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(plain, REFUSED[attempt])


UNKNOWN = {
    "of a server": "CREATE SERVER s FOREIGN DATA WRAPPER numbers OPTIONS (class 'os:system')",
    "of its server": "ALTER SERVER numbers OPTIONS (ADD module 'os')",
    "of a table": "ALTER FOREIGN TABLE mine.n OPTIONS (ADD \"exclave_fdw.class\" 'os:system')",
    "of a column": "ALTER FOREIGN TABLE mine.n ALTER id OPTIONS (ADD python '/tmp/evil')",
    "of a mapping": "CREATE USER MAPPING FOR USER SERVER numbers OPTIONS (class 'os:system')",
    "with a dunder": "ALTER SERVER numbers OPTIONS (ADD __class__ 'os:system')",
    "that is an attribute": "ALTER SERVER numbers OPTIONS (ADD declared 'x')",
    "that is a method": "ALTER SERVER numbers OPTIONS (ADD parse 'x')",
    "of an import": (
        "IMPORT FOREIGN SCHEMA x FROM SERVER numbers INTO mine OPTIONS (class 'os:system')"
    ),
}


@pytest.mark.parametrize("place", UNKNOWN, ids=str)
def test_no_option_names_code(plain: psycopg.Connection, place: str) -> None:
    with pytest.raises((psycopg.errors.FdwInvalidOptionName, psycopg.errors.FeatureNotSupported)):
        run(plain, UNKNOWN[place])


@pytest.mark.parametrize("setting", ["class = 'os:system'", "class = 'trial_imports:Leaking'"])
def test_the_class_set_in_a_session_means_nothing(plain: psycopg.Connection, setting: str) -> None:
    run(plain, f"SET exclave_fdw.{setting}", "SELECT count(*) FROM mine.n")
    found = plain.execute("SELECT * FROM mine.n").fetchall()
    assert found == [(1,), (2,), (3,)]
    run(plain, "ALTER SERVER numbers OPTIONS (ADD prefix 'still the class of the wrapper')")


@pytest.mark.parametrize(
    "setting",
    [
        "SET exclave_fdw.python = '/tmp/evil'",
        "SELECT set_config('exclave_fdw.python', '/tmp/evil', false)",
        "SET SESSION exclave_fdw.python TO '/tmp/evil'",
        "SET exclave_fdw.memory_limit = 0",
    ],
)
def test_what_is_set_before_the_library_is_loaded_is_forgotten(
    prepared: Database, setting: str
) -> None:
    with prepared.connect(user="fdw_plain") as plain:
        run(plain, setting)  # a name like any other, as long as nobody knows it
        assert plain.execute("SELECT count(*) FROM mine.n").fetchone() == (3,)
        for refused in (setting, "RESET exclave_fdw.python", "RESET exclave_fdw.memory_limit"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                run(plain, refused)


@pytest.mark.parametrize("setting", ["exclave_fdw.python=/tmp/evil", "exclave_fdw.memory_limit=0"])
def test_what_the_client_sets_at_connection_is_refused(prepared: Database, setting: str) -> None:
    """It has replaced that of the configuration, so nothing is run at all."""
    name = setting.partition("=")[0]
    with prepared.connect(user="fdw_plain", options=f"-c {setting}") as plain:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=name):
            run(plain, "SELECT count(*) FROM mine.n")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(plain, "SHOW exclave_fdw.python")


@pytest.mark.parametrize("what", ["ROLE fdw_plain", "DATABASE {}"])
def test_python_is_not_set_for_later_before_the_library_is_loaded(
    prepared: Database, what: str
) -> None:
    with prepared.connect() as admin:
        run(admin, f"ALTER DATABASE {prepared.name} OWNER TO fdw_plain")
    try:
        with (
            prepared.connect(user="fdw_plain") as plain,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            run(plain, f"ALTER {what.format(prepared.name)} SET exclave_fdw.python = '/tmp/x'")
    finally:
        with prepared.connect() as admin:
            run(admin, f"ALTER DATABASE {prepared.name} OWNER TO CURRENT_USER")


def test_functions_of_others_are_no_classes(prepared: Database) -> None:
    """Not even where a superuser makes a wrapper of a function that somebody else owns."""
    with prepared.connect(autocommit=False) as admin:
        run(
            admin,
            f"CREATE FUNCTION mine.h() {HANDLER} SET exclave_fdw.class = 'trial_wrappers:Numbers'",
            "ALTER FUNCTION mine.h() OWNER TO fdw_plain",
            "CREATE FOREIGN DATA WRAPPER tricked HANDLER mine.h",
            "CREATE SERVER tricked FOREIGN DATA WRAPPER tricked",
            "CREATE FOREIGN TABLE tricked (id int) SERVER tricked OPTIONS (count '3')",
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="owned by a superuser"):
            run(admin, "SELECT * FROM tricked")
        admin.rollback()


def test_a_function_put_into_the_schema_beforehand_is_not_taken(prepared: Database) -> None:
    with prepared.connect(autocommit=False) as admin:
        run(
            admin,
            "GRANT USAGE, CREATE ON SCHEMA exclave TO fdw_plain",
            "SET LOCAL ROLE fdw_plain",
            "CREATE FUNCTION exclave.later_validator(text[], oid) RETURNS void LANGUAGE sql AS ''",
            "RESET ROLE",
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="owned by a superuser"):
            run(admin, "SELECT exclave.create_wrapper('later', 'trial_wrappers:Numbers')")
        admin.rollback()


def test_an_overload_of_create_wrapper_is_not_chosen(prepared: Database) -> None:
    with prepared.connect(autocommit=False) as admin:
        run(
            admin,
            "GRANT USAGE, CREATE ON SCHEMA exclave TO fdw_plain",
            "SET LOCAL ROLE fdw_plain",
            *(
                f"CREATE FUNCTION exclave.create_wrapper({arguments}) RETURNS void "
                "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'stolen'; END $$"
                for arguments in (
                    "name, name",
                    "varchar, varchar",
                    "text, name",
                    "name, text",
                    "anyelement, text",
                    "anyelement, anyelement",
                )
            ),
            "RESET ROLE",
            "SELECT exclave.create_wrapper('whole', 'trial_wrappers:Numbers')",
        )
        admin.rollback()


def test_a_search_path_of_others_changes_nothing(prepared: Database) -> None:
    with prepared.connect(autocommit=False) as admin:
        run(
            admin,
            "SET LOCAL ROLE fdw_plain",
            "CREATE TYPE mine.fdw_handler AS (a int)",
            "CREATE TYPE mine.text AS (a int)",
            "CREATE FUNCTION mine.numbers_handler() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "RESET ROLE",
            "SET LOCAL search_path = mine, exclave, pg_catalog",
            "SELECT exclave.create_wrapper('found', 'trial_wrappers:Numbers')",
        )
        found = admin.execute(
            "SELECT fdwhandler::regprocedure::pg_catalog.text, "
            "fdwvalidator::regprocedure::pg_catalog.text "
            "FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwname = 'found'"
        ).fetchone()
        assert found == ("found_handler()", "found_validator(pg_catalog.text[],oid)")
        admin.rollback()


def test_an_execute_right_on_create_wrapper_is_not_enough(prepared: Database) -> None:
    with prepared.connect(autocommit=False) as admin:
        run(
            admin,
            "GRANT USAGE ON SCHEMA exclave TO fdw_plain",
            "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA exclave TO fdw_plain",
            "SET LOCAL ROLE fdw_plain",
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="in Python"):
            run(admin, "SELECT exclave.create_wrapper('x', 'trial_wrappers:Numbers')")
        admin.rollback()


def test_the_extension_is_made_by_superusers_only(host_cluster: Cluster) -> None:
    with fresh_database(host_cluster) as database, database.connect() as admin:
        run(admin, "CREATE ROLE fdw_creator")
        try:
            run(
                admin,
                f"GRANT CREATE ON DATABASE {database.name} TO fdw_creator",
                "SET ROLE fdw_creator",
            )
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                run(admin, "CREATE EXTENSION exclave_fdw")
            run(
                admin,
                "CREATE SCHEMA exclave",  # laid as a trap
                "CREATE FUNCTION exclave.create_wrapper(text, text) RETURNS void "
                "LANGUAGE sql AS ''",
                "RESET ROLE",
            )
            with pytest.raises(psycopg.Error):
                run(admin, "CREATE EXTENSION exclave_fdw")
        finally:
            run(admin, "RESET ROLE", "DROP OWNED BY fdw_creator CASCADE", "DROP ROLE fdw_creator")


@pytest.mark.parametrize("how", ["raise", "chain", "detail", "row type", "log"])
def test_no_error_or_message_shows_a_secret(prepared: Database, how: str) -> None:
    told: list[str] = []
    with prepared.connect() as admin:
        admin.execute(sql.SQL("ALTER FOREIGN TABLE secret OPTIONS (SET how {})").format(how))
    with prepared.connect(user="fdw_plain") as plain:
        plain.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        try:
            plain.execute("SELECT * FROM shown")
        except psycopg.Error as error:
            parts = error.diag
            told += [str(parts.message_primary), str(parts.message_detail), str(parts.message_hint)]
            told += [str(parts.context)]
    assert told
    assert "hush-hush" not in " ".join(told)
    assert how == "row type" or "***" in " ".join(told)


def test_mappings_of_others_are_not_seen(plain: psycopg.Connection) -> None:
    for query in (
        "SELECT umoptions::text FROM pg_user_mappings",
        "SELECT option_value FROM information_schema.user_mapping_options",
        "EXPLAIN (VERBOSE) SELECT * FROM shown",
        "EXPLAIN (VERBOSE, FORMAT json) SELECT * FROM shown",
    ):
        assert "hush-hush" not in str(plain.execute(sql.SQL(query)).fetchall())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        run(plain, "SELECT * FROM pg_user_mapping")


def test_nobodys_files_and_variables_change_what_python_is(
    host_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment of the server, its folder and the home of its user hold modules as traps."""
    folder = Path(tempfile.mkdtemp(prefix="exclave-trap-"))
    try:
        folder.chmod(0o755)
        traps = ("json", "usercustomize", "sitecustomize", "evil", "exclave")
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        home = folder / ".local" / "lib" / version / "site-packages"
        home.mkdir(parents=True)
        for trap in traps:
            for place in (folder, home):
                (place / f"{trap}.py").write_text("raise SystemExit('trapped')\n")
        (home / "evil.pth").write_text("import evil\n")
        venv = host_environment(folder / "venv", Path(__file__).parent / "wrappers")
        for name in ("PYTHONPATH", "HOME", "PYTHONUSERBASE"):
            monkeypatch.setenv(name, str(folder if name != "PYTHONUSERBASE" else folder / ".local"))
        monkeypatch.setenv("PYTHONHOME", "/nonexistent")
        monkeypatch.setenv("PYTHONSTARTUP", str(folder / "evil.py"))
        settings = {"exclave_fdw.python": str(venv)}
        with Cluster(installation=host_cluster.installation, settings=settings) as cluster:
            for trap in traps:
                (cluster.data_dir / f"{trap}.py").write_text("raise SystemExit('trapped')\n")
            with fresh_database(cluster) as database, database.connect() as admin:
                run(
                    admin,
                    "CREATE EXTENSION exclave_fdw",
                    "SELECT exclave.create_wrapper('env', 'trial_imports:Environment')",
                    "CREATE SERVER env FOREIGN DATA WRAPPER env",
                    "CREATE FOREIGN TABLE env (told text) SERVER env",
                )
                [(text,)] = admin.execute("SELECT told FROM env").fetchall()
        told = json.loads(str(text))
        assert told["isolated"] == 1
        assert told["evil"] == []
        assert str(folder) not in [path for path in told["path"] if "venv" not in path]
        assert "" not in told["path"]
        assert told["cwd"] not in told["path"]
        assert not told["json"].startswith(str(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_preloaded_library_refuses_python_of_the_client_at_connection(
    host_cluster: Cluster,
) -> None:
    settings = {"shared_preload_libraries": "exclave_fdw"}
    with (
        Cluster(installation=host_cluster.installation, settings=settings) as cluster,
        fresh_database(cluster) as database,
    ):
        with database.connect() as admin:
            run(admin, "CREATE EXTENSION exclave_fdw", "CREATE ROLE fdw_preloaded LOGIN")
        with pytest.raises(psycopg.OperationalError, match=r"exclave_fdw\.python"):
            database.connect(user="fdw_preloaded", options="-c exclave_fdw.python=/tmp/evil")
        with database.connect() as admin:
            admin.execute("SELECT exclave.python_version()")
