"""What others built upon joined tables: found, refused, or dropped and put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from exclave import MaterializedView, QualifiedName
from exclave.catalog import PsycopgConnection
from exclave.cluster import Cluster, Database, fresh_database
from exclave.errors import PlanError
from exclave.federation.provisioning.dependents import taken
from exclave.plan import install_ledger, make, refresh_status

from .everything import described

JOINED = QualifiedName("orders", "shops")
WHY = "The joined table shops.orders must be made anew"


@dataclass
class Shops:
    """A hub with one joined table, its owner, an operator and an analyst."""

    database: Database
    owner: str
    operator: str
    analyst: str
    reader: str

    def run(self, *statements: str, role: str | None = None) -> None:
        """Run statements as a role; as superuser unless one is named."""
        with self.database.connect() as connection:
            if role is not None:
                connection.execute(f'SET ROLE "{role}"'.encode())
            for statement in statements:
                connection.execute(statement.encode())

    def fetch(self, query: str, role: str | None = None) -> list[Any]:
        """Give the rows of a query."""
        with self.database.connect() as connection:
            if role is not None:
                connection.execute(f'SET ROLE "{role}"'.encode())
            return connection.execute(query.encode()).fetchall()

    @contextmanager
    def session(self, user: str | None = None) -> Iterator[PsycopgConnection]:
        """Open a session as a user, with the owner's role, in a transaction."""
        database = self.database
        with database.connect(user=user or "postgres") as connection, connection.transaction():
            connection.execute(f'SET LOCAL ROLE "{self.owner}"'.encode())
            connection.execute("SET LOCAL search_path = shops, public")
            yield PsycopgConnection(connection)

    def rebuild(self, user: str | None = None, type_: str = "integer") -> None:
        """Make the joined table anew, as provisioning does."""
        with self.session(user) as connection:
            back = taken(
                connection, [JOINED], ours=("shops", "shops_private"), rebuild=True, why=WHY
            )
            connection.execute("DROP VIEW shops.orders")
            columns = f"'jfk'::text AS member, id::{type_}, name"
            query = f"SELECT {columns} FROM shops_private.source"  # noqa: S608
            connection.execute(f"CREATE VIEW shops.orders AS {query}")
            for statement in back:
                connection.execute(statement)
            [(role, path)] = connection.fetch(
                "SELECT current_user::text, current_setting('search_path')"
            )
            assert (role, path) == (self.owner, "shops, public")

    def refused(self, *, rebuild: bool = True, user: str | None = None) -> str:
        """Give the message with which it is refused, after which all is as it was."""
        before = described(self.database)
        with pytest.raises(PlanError) as error, self.session(user) as connection:
            taken(connection, [JOINED], ours=("shops", "shops_private"), rebuild=rebuild, why=WHY)
        assert described(self.database) == before
        return str(error.value)


@pytest.fixture
def shops(cluster: Cluster, new_role: Any) -> Iterator[Shops]:
    """A hub with a joined table."""
    owner = new_role("shops_owner", "NOLOGIN")
    operator = new_role("shops_operator", f'LOGIN IN ROLE "{owner}"')
    analyst = new_role("Ann Alyst", "LOGIN")
    reader = new_role("reader", "LOGIN")
    with fresh_database(cluster) as database:
        made = Shops(database, owner, operator, analyst, reader)
        made.run(
            f'CREATE SCHEMA shops AUTHORIZATION "{owner}"',
            f'CREATE SCHEMA shops_private AUTHORIZATION "{owner}"',
            f'CREATE SCHEMA "Reports" AUTHORIZATION "{analyst}"',
            f'GRANT USAGE ON SCHEMA shops TO "{analyst}", "{reader}"',
            f'GRANT USAGE ON SCHEMA "Reports" TO "{owner}", "{reader}"',
        )
        made.run(
            "CREATE TABLE shops_private.source AS SELECT 1 AS id, 'one'::text AS name",
            "CREATE VIEW shops.orders AS "
            "SELECT 'jfk'::text AS member, id, name FROM shops_private.source",
            f'GRANT SELECT ON shops.orders TO "{analyst}"',
            role=owner,
        )
        yield made
        with database.connect() as connection:
            for role in (owner, operator, analyst, reader):
                connection.execute(f'DROP OWNED BY "{role}" CASCADE'.encode())
    with cluster.connect() as connection:
        for role in (operator, owner, analyst, reader):
            connection.execute(f'DROP ROLE "{role}"'.encode())


@pytest.fixture
def reports(shops: Shops) -> Shops:
    """The joined table with views of all kinds that stand on it."""
    shops.run(
        'CREATE VIEW "Reports".open WITH (security_barrier, check_option = cascaded) AS '
        "SELECT id AS number, name FROM shops.orders WHERE id > 0",
        'CREATE VIEW "Reports"."On open" WITH (security_invoker) AS '
        'SELECT o.*, c.relname FROM "Reports".open AS o LEFT JOIN pg_class AS c ON c.oid = number',
        'ALTER VIEW "Reports"."On open" RENAME COLUMN relname TO "Its name"',
        'CREATE MATERIALIZED VIEW "Reports".daily AS '
        'SELECT number, count(*) AS orders, lower(name) AS name FROM "Reports".open GROUP BY 1, 3',
        'CREATE UNIQUE INDEX "By number" ON "Reports".daily (number)',
        'CREATE INDEX by_name ON "Reports".daily (upper(name) DESC) WHERE orders > 0',
        'ALTER INDEX "Reports".by_name ALTER COLUMN 1 SET STATISTICS 77',
        'COMMENT ON INDEX "Reports".by_name IS $$for Ann\'s list$$',
        'CREATE STATISTICS "Reports".both ON number, name FROM "Reports".daily',
        'ALTER MATERIALIZED VIEW "Reports".daily CLUSTER ON "By number"',
        'ALTER MATERIALIZED VIEW "Reports".daily SET (fillfactor = 70)',
        'ALTER MATERIALIZED VIEW "Reports".daily ALTER name SET STATISTICS 50',
        'ALTER MATERIALIZED VIEW "Reports".daily ALTER name SET STORAGE EXTERNAL',
        'ALTER MATERIALIZED VIEW "Reports".daily ALTER name SET (n_distinct = 5)',
        'CREATE MATERIALIZED VIEW "Reports".empty AS SELECT * FROM "Reports".daily WITH NO DATA',
        'ALTER VIEW "Reports".open ALTER name SET DEFAULT $$it\'s new$$',
        'COMMENT ON VIEW "Reports".open IS $$what is "open"$$',
        'COMMENT ON COLUMN "Reports".open.name IS $$of the order$$',
        'COMMENT ON COLUMN "Reports".daily.name IS $$in small letters$$',
        'CREATE FUNCTION "Reports".kept() RETURNS trigger LANGUAGE plpgsql AS '
        "$$BEGIN RETURN NULL; END$$",
        'CREATE TRIGGER "Kept" INSTEAD OF DELETE ON "Reports"."On open" '
        'FOR EACH ROW EXECUTE FUNCTION "Reports".kept()',
        'COMMENT ON TRIGGER "Kept" ON "Reports"."On open" IS $$nothing goes$$',
        'CREATE RULE told AS ON UPDATE TO "Reports"."On open" DO INSTEAD '
        'SELECT count(*) FROM "Reports".daily',
        'COMMENT ON RULE told ON "Reports"."On open" IS $$counts$$',
        f'GRANT SELECT ON "Reports".open TO "{shops.reader}" WITH GRANT OPTION',
        f'GRANT UPDATE (name), SELECT (number) ON "Reports"."On open" TO "{shops.reader}"',
        'GRANT SELECT ON "Reports".daily TO PUBLIC',
        f'REVOKE TRUNCATE ON "Reports".daily FROM "{shops.analyst}"',
        role=shops.analyst,
    )
    shops.run(f'GRANT SELECT ON "Reports".open TO "{shops.operator}"', role=shops.reader)
    shops.run(
        'ALTER DEFAULT PRIVILEGES IN SCHEMA "Reports" GRANT ALL ON TABLES TO PUBLIC',
        role=shops.analyst,
    )
    return shops


def test_without_leave_everything_that_stands_on_it_is_listed(reports: Shops) -> None:
    told = reports.refused(rebuild=False)
    assert told.startswith(f"{WHY}, and this stands on it:\n")
    owner = f'(owner "{reports.analyst}")'
    for line in (
        f'    materialized view "Reports".daily {owner}',
        f'    materialized view "Reports".empty {owner}',
        f'    view "Reports"."On open" {owner}',
        f'    view "Reports".open {owner}',
    ):
        assert line in told.splitlines()
    assert "sync(rebuild=True)" in told
    assert "`exclave fed sync --rebuild`" in told
    assert "index" not in told
    assert "rule" not in told


def test_all_that_views_had_is_put_back(reports: Shops) -> None:
    before = described(reports.database)
    reports.rebuild()
    assert described(reports.database) == before
    assert len(before) > 20
    assert reports.fetch('SELECT * FROM "Reports".daily') == [(1, 1, "one")]
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        reports.fetch('SELECT * FROM "Reports".empty')


def test_grants_of_a_column_and_by_a_grantee_survive(reports: Shops) -> None:
    reports.rebuild()
    assert reports.fetch('SELECT number FROM "Reports".open', reports.reader) == [(1,)]
    assert reports.fetch('SELECT number FROM "Reports"."On open"', reports.reader) == [(1,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reports.fetch('SELECT name FROM "Reports"."On open"', reports.reader)
    (grantors,) = reports.fetch(
        "SELECT array_agg(DISTINCT grantor::regrole::text) FROM pg_class, aclexplode(relacl) "
        "WHERE relname = 'open'"
    )
    assert set(grantors[0]) == {f'"{reports.analyst}"', reports.reader}


def test_views_follow_a_type_that_changes(reports: Shops) -> None:
    reports.rebuild(type_="bigint")
    assert reports.fetch(
        "SELECT atttypid::regtype::text FROM pg_attribute "
        "WHERE attrelid = '\"Reports\".daily'::regclass AND attname = 'number'"
    ) == [("bigint",)]


def test_what_others_added_to_the_joined_table_itself_comes_back(shops: Shops) -> None:
    shops.run(
        f'GRANT SELECT (id) ON shops.orders TO "{shops.reader}"',
        "COMMENT ON VIEW shops.orders IS 'all orders'",
        "COMMENT ON COLUMN shops.orders.name IS 'whose'",
        "CREATE FUNCTION shops_private.write() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RETURN NEW; END$$",
        "CREATE TRIGGER write INSTEAD OF INSERT ON shops.orders "
        "FOR EACH ROW EXECUTE FUNCTION shops_private.write()",
        role=shops.owner,
    )
    before = described(shops.database)
    with shops.session() as connection:
        back = taken(connection, [JOINED], ours=("shops", "shops_private"), rebuild=False, why=WHY)
    assert back
    shops.rebuild()
    shops.run(  # exclave's own triggers are not its task
        "CREATE TRIGGER write INSTEAD OF INSERT ON shops.orders "
        "FOR EACH ROW EXECUTE FUNCTION shops_private.write()",
        role=shops.owner,
    )
    assert described(shops.database) == before
    shops.run(
        "CREATE FUNCTION public.others() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RETURN NEW; END$$",
        "CREATE TRIGGER others INSTEAD OF UPDATE ON shops.orders "
        "FOR EACH ROW EXECUTE FUNCTION public.others()",
        "DROP TRIGGER write ON shops.orders",
    )
    assert "trigger others on view shops.orders" in shops.refused(rebuild=False)
    before = described(shops.database)
    shops.rebuild()
    assert described(shops.database) == before


def test_comments_of_a_column_that_goes_go_with_it(shops: Shops) -> None:
    shops.run("COMMENT ON COLUMN shops.orders.name IS 'whose'", role=shops.owner)
    with shops.session() as connection:
        back = taken(connection, [JOINED], ours=("shops",), rebuild=False, why=WHY)
        connection.execute("DROP VIEW shops.orders")
        connection.execute("CREATE VIEW shops.orders AS SELECT id FROM shops_private.source")
        for statement in back:
            connection.execute(statement)
    assert shops.fetch("SELECT id FROM shops.orders", shops.analyst) == [(1,)]


def test_views_that_need_each_other_are_dropped_and_put_back(shops: Shops) -> None:
    shops.run(
        'CREATE VIEW "Reports".first AS SELECT * FROM shops.orders',
        'CREATE VIEW "Reports".second AS SELECT * FROM "Reports".first',
        'CREATE RULE away AS ON DELETE TO "Reports".first DO INSTEAD '
        'UPDATE "Reports".second SET name = old.name',
        role=shops.analyst,
    )
    before = described(shops.database)
    shops.rebuild()
    assert described(shops.database) == before


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            'CREATE FUNCTION "Reports".total() RETURNS bigint LANGUAGE sql '
            "BEGIN ATOMIC SELECT count(*) FROM shops.orders; END",
            'function "Reports".total()',
        ),
        (
            'CREATE FUNCTION "Reports".rows() RETURNS SETOF shops.orders LANGUAGE sql AS '
            "'SELECT * FROM shops.orders'",
            'function "Reports".rows()',
        ),
        (
            'CREATE TABLE "Reports".kept (whole shops.orders)',
            'column whole of table "Reports".kept',
        ),
        (
            'CREATE TABLE "Reports".guarded (id int); CREATE POLICY known ON "Reports".guarded '
            "USING (id IN (SELECT id FROM shops.orders))",
            'policy known on table "Reports".guarded',
        ),
        (
            'CREATE TABLE "Reports".log (id int); CREATE RULE too AS ON INSERT TO "Reports".log '
            "DO ALSO SELECT * FROM shops.orders",
            'rule too on table "Reports".log',
        ),
    ],
    ids=["body", "row type", "column", "policy", "rule"],
)
def test_what_cannot_be_put_back_is_refused_by_name(
    shops: Shops, statement: str, named: str
) -> None:
    shops.run(*_parts(statement), role=shops.analyst)
    shops.run('CREATE VIEW "Reports".more AS SELECT * FROM shops.orders', role=shops.analyst)
    for rebuild in (False, True):
        told = shops.refused(rebuild=rebuild)
        assert f"\n    {named}\n" in told
        assert "cannot put back" in told
        assert 'view "Reports".more' in told
        assert "rebuild" not in told


def _parts(statement: str) -> list[str]:
    return [statement] if "BEGIN ATOMIC" in statement else statement.split("; ")


def test_who_may_not_drop_a_view_is_told_who_may(reports: Shops) -> None:
    told = reports.refused(user=reports.operator)
    assert f'as a superuser, or as a role that is a member of "{reports.analyst}".' in told
    assert 'view "Reports".open' in told
    reports.run(f'GRANT "{reports.analyst}" TO "{reports.operator}"')
    before = described(reports.database)
    reports.rebuild(reports.operator)
    # whose grant it was is lost where the session cannot act as the grantor
    by_reader = ("acl", '"Reports".open', reports.reader, reports.operator, "SELECT", False)
    by_owner = ("acl", '"Reports".open', reports.analyst, reports.operator, "SELECT", False)
    assert described(reports.database) == before - {repr(by_reader)} | {repr(by_owner)}


def test_an_owner_who_may_no_longer_create_there_is_helped_by_a_superuser(shops: Shops) -> None:
    shops.run(
        "CREATE SCHEMA elsewhere",
        f'GRANT "{shops.analyst}" TO "{shops.operator}"',
        "CREATE MATERIALIZED VIEW elsewhere.copy AS SELECT * FROM shops.orders",
        f'ALTER MATERIALIZED VIEW elsewhere.copy OWNER TO "{shops.analyst}"',
        f'GRANT USAGE ON SCHEMA elsewhere TO "{shops.analyst}"',
    )
    told = shops.refused(user=shops.operator)
    assert f'    GRANT CREATE ON SCHEMA elsewhere TO "{shops.analyst}";' in told.splitlines()
    before = described(shops.database)
    shops.rebuild()
    assert described(shops.database) == before
    assert shops.fetch("SELECT id FROM elsewhere.copy", shops.analyst) == [(1,)]


def test_a_declared_materialized_view_is_still_as_declared(shops: Shops) -> None:
    declared = MaterializedView(
        QualifiedName("copy", "public"),
        "SELECT id, name FROM shops.orders WHERE id::integer = 1 AND name::text <> 'x'",
        owner=shops.analyst,
    )
    with shops.database.connect() as connection:
        install_ledger(connection)
        made = make(connection, [declared])
        made.apply(connection)
        assert not make(connection, [declared])
        connection.execute("DELETE FROM exclave.view_refresh")
    for type_ in ("integer", "bigint", "smallint"):
        shops.rebuild(type_=type_)
        with shops.database.connect() as connection:
            assert make(connection, [declared]).changes == ()
            (status,) = refresh_status(connection)
            assert (status.outcome, status.populated) == ("refreshed", True)
    with shops.database.connect() as connection:
        other = MaterializedView(declared.qualified_name, declared.query.replace("1", "2"))
        assert make(connection, [other])
