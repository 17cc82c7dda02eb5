"""Values at the ends of their types go to each database and come back, or are clearly refused."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql
from tests.wrappers.database.remotes import Remote

EXTREMES: dict[str, tuple[str, ...]] = {
    "smallint": ("-32768", "32767"),
    "integer": ("-2147483648", "2147483647"),
    "bigint": ("-9223372036854775808", "9223372036854775807"),
    "boolean": ("true", "false"),
    "real": ("3.4028235e+38", "1e-37", "-0", "NaN", "-Infinity", "0.1"),
    "double precision": ("1.7976931348623157e+308", "5e-324", "-0", "NaN", "Infinity", "0.1"),
    "numeric": ("0.1", "NaN", "9" * 1000, "1e-10", "123456789012345678.12"),
    "text": ("", " a ", "é𝄞", "%s :x ? $1 \\", "a\nb", "'; --"),
    "date": ("0001-01-01", "9999-12-31", "infinity", "4713-01-01 BC", "5874897-12-31"),
    "time": ("00:00:00", "23:59:59.999999", "24:00:00"),
    "timestamp": ("1000-01-01 00:00:00.000001", "9999-12-31 23:59:59.999999", "-infinity",
                  "0044-03-15 12:00:00 BC", "294276-12-31 23:59:59"),
    "timestamptz": ("1971-01-01 00:00:00+00", "2037-12-31 23:59:59.999999+09", "infinity",
                    "0044-03-15 12:00:00+00 BC"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "bytea": ("\\x", "\\x00ff275c"),
    "jsonb": ('{"a": [1, null, "é"]}', "[]"),
    "interval": ("1 mon -3 days", "-00:00:00.000001"),
    "integer[]": ("{}", "{1,NULL,3}", "{{1,2},{3,4}}"),
    "text[]": ('{"a b",NULL,"NULL","",","}',),
}  # fmt: skip

NATIVE = {
    "sqlite": {"numeric": "numeric", "smallint": "integer", "uuid": "text", "jsonb": "text",
               "interval": "text", "integer[]": "text", "text[]": "text", "timestamptz": "text"},
    "mariadb": {"text": "text CHARACTER SET utf8mb4", "numeric": "decimal(65,30)",
                "timestamp": "datetime(6)", "timestamptz": "timestamp(6) NULL", "real": "float",
                "double precision": "double", "bytea": "blob", "uuid": "char(36)",
                "time": "time(6)", "jsonb": "longtext CHARACTER SET utf8mb4",
                "interval": "varchar(99)", "integer[]": "varchar(99)", "text[]": "varchar(99)"},
    "duckdb": {"bytea": "blob", "numeric": "decimal(38,10)", "jsonb": "varchar",
               "interval": "varchar", "integer[]": "integer[]", "text[]": "varchar[]"},
}  # fmt: skip


@pytest.mark.parametrize("kind", EXTREMES)
def test_extremes_come_back_or_are_refused(
    wrapper: psycopg.Connection, remote: Remote, kind: str
) -> None:
    native = NATIVE.get(remote.kind, {}).get(kind, kind)
    wrapper.execute("DROP SERVER IF EXISTS other CASCADE")
    remote.rows("DROP TABLE IF EXISTS ends")
    remote.rows(f"CREATE TABLE ends (it {native})")
    remote.connect(wrapper)
    wrapper.execute(f"CREATE FOREIGN TABLE ends (it {kind}) SERVER other".encode())
    wrapper.execute("SET extra_float_digits = 1")
    kept = [value for value in EXTREMES[kind] if came_back(wrapper, kind, value)]
    if remote.kind == "postgresql" and "driver" not in remote.server:
        assert kept == list(EXTREMES[kind])
    assert kept


def came_back(connection: psycopg.Connection, kind: str, value: str) -> bool:
    """Tell whether a value comes back as it was; what is not refused must."""
    one = sql.SQL("{}::" + kind).format(value)
    connection.execute("BEGIN")
    try:
        connection.execute(sql.SQL("INSERT INTO ends VALUES ({})").format(one))
        query = sql.SQL("SELECT it IS NOT DISTINCT FROM {}, it::text FROM ends").format(one)
        found = connection.execute(query).fetchall()
        query = sql.SQL("SELECT count(*) FROM ends WHERE it = {}").format(one)
        counted = connection.execute(query).fetchone()
    except psycopg.Error as refused:
        said = str(refused)
    else:
        assert [row[0] for row in found] == [True], f"{value} came back as {found}"
        assert counted == (1,), f"{value} is not found"
        said = ""
    connection.execute("ROLLBACK")
    assert "Traceback" not in said
    return not said
