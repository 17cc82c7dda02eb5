"""Files as foreign tables, in PostgreSQL: formats, what is pushed down, import, rights, cancel."""

from __future__ import annotations

import datetime
import json
import re
import time
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg import sql

from .conftest import make, rows

PEOPLE = pa.table(
    {
        "id": [1, 2, 3, 4],
        "name": ["Ann", "Bo", None, "Zoë"],
        "height": pa.array([Decimal("1.70"), Decimal("1.82"), None, Decimal("1.65")]),
        "born": [datetime.date(1990, 1, day) for day in range(1, 5)],
    }
)
COLUMNS = "id bigint, name text, height numeric(3,2), born date"


def explained(connection: psycopg.Connection, query: str) -> str:
    return "\n".join(str(row[0]) for row in rows(connection, f"EXPLAIN {query}"))


def write(folder: Path, name: str) -> None:
    """Write the people in the format that a name tells."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".parquet"):
        pq.write_table(PEOPLE, path)
    elif name.endswith(".arrow"):
        with pa.ipc.new_file(str(path), PEOPLE.schema) as writer:
            writer.write_table(PEOPLE)
    elif name.endswith(".csv"):
        lines = [
            ",".join("" if value is None else str(value) for value in row.values())
            for row in PEOPLE.to_pylist()
        ]
        path.write_text("\n".join(["id,name,height,born", *lines]) + "\n", encoding="utf-8")
    else:
        path.write_text(
            "".join(json.dumps(row, default=str) + "\n" for row in PEOPLE.to_pylist()),
            encoding="utf-8",
        )


@pytest.mark.parametrize("name", ["p.parquet", "p.csv", "p.jsonl", "p.arrow"])
def test_files_of_each_format_are_read(files: psycopg.Connection, folder: Path, name: str) -> None:
    write(folder, name)
    make(files, "people", COLUMNS, path=name)
    assert rows(files, "SELECT * FROM people") == [
        tuple(row.values()) for row in PEOPLE.to_pylist()
    ]
    assert rows(files, "SELECT count(*) FROM people") == [(4,)]
    assert rows(files, "SELECT name FROM people WHERE height > 1.7") == [("Bo",)]
    assert rows(files, "SELECT id FROM people WHERE name IS NULL") == [(3,)]
    assert rows(files, "SELECT id FROM people WHERE born = '1990-01-04'") == [(4,)]
    assert rows(files, "SELECT id, sum(height) FROM people GROUP BY id ORDER BY id LIMIT 1") == [
        (1, Decimal("1.70"))
    ]
    assert rows(files, "SELECT people FROM people WHERE id = 2") == [("(2,Bo,1.82,1990-01-02)",)]


def test_columns_may_have_other_names_types_and_order(
    files: psycopg.Connection, folder: Path
) -> None:
    write(folder, "p.parquet")
    columns = "\"Born\" text, key integer OPTIONS (column 'id'), id bigint OPTIONS (column 'id')"
    make(files, "people", columns, path="p.parquet")
    assert rows(files, "SELECT * FROM people ORDER BY key DESC LIMIT 1") == [("1990-01-04", 4, 4)]
    make(files, "wrong", "nothing text", path="p.parquet")
    with pytest.raises(psycopg.errors.FdwColumnNameNotFound, match='no column "nothing"') as error:
        rows(files, "SELECT * FROM wrong")
    assert "They have id, name, height, born" in str(error.value.diag.message_hint)


def test_patterns_and_folders_are_tables_and_names_of_folders_columns(
    files: psycopg.Connection, folder: Path
) -> None:
    for name in ("year=2013/month=1/a.parquet", "year=2013/month=02/b.parquet",
                 "year=2014/month=1/a.parquet", "year=2014/month=1/_new/x.parquet"):  # fmt: skip
        write(folder, f"flights/{name}")
    write(folder, "other.parquet")
    make(files, "flights", "id bigint, year integer, month text", path="flights")
    make(files, "part", "id bigint", path="flights/year=2013/**/?.parquet")
    make(files, "plain", "id bigint, year integer", path="flights", partitions="false")
    assert rows(files, "SELECT year, month, count(*) FROM flights GROUP BY 1, 2 ORDER BY 1, 2") == [
        (2013, "02", 4),
        (2013, "1", 4),
        (2014, "1", 4),
    ]
    assert rows(files, "SELECT count(*) FROM flights WHERE month = '02'") == [(4,)]
    assert rows(files, "SELECT count(*) FROM part") == [(8,)]
    with pytest.raises(psycopg.errors.FdwColumnNameNotFound):
        rows(files, "SELECT * FROM plain")


def test_csv_is_read_as_copy_reads_it(files: psycopg.Connection, folder: Path) -> None:
    (folder / "a.csv").write_text('1;"";x\n2;;"a ""b"""\n3;NULL;"NULL"\n', encoding="utf-8")
    (folder / "b.tsv").write_text("id\tv\n1\ta,b\n", encoding="utf-8")
    make(files, "a", "id int, v text, w text", path="a.csv", header="false", delimiter=";")
    make(files, "n", "id int, v text, w text", path="a.csv", header="false", delimiter=";",
         null="NULL")  # fmt: skip
    make(files, "b", "id int, v text", path="b.tsv")
    assert rows(files, "SELECT * FROM a") == [
        (1, "", "x"), (2, None, 'a "b"'), (3, "NULL", "NULL"),
    ]  # fmt: skip
    assert rows(files, "SELECT v, w FROM n WHERE id >= 2") == [("", 'a "b"'), (None, "NULL")]
    assert rows(files, "SELECT v FROM b") == [("a,b",)]
    files.execute("ALTER FOREIGN TABLE a ALTER w TYPE int")
    with pytest.raises(psycopg.Error) as error:
        rows(files, "SELECT * FROM a")
    assert error.value.sqlstate == "22018"


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ("name,v\n#a,1\nb,2\n", [("#a", "1"), ("b", "2")]),
        ("name,v\n#a\nb,2\n#c,3\n", None),
        ("name\n1\n2,3\n4,5\n", None),
        ("name,v\n1,2\n3\n4,5,6\n", None),
        ("made by a program\n\nname,v\n1,2\n", None),
        ("\ufeffname,v\r\n1,2\r\n", [("1", "2")]),
        ("\nname,v\n1,2\n", None),
    ],
    ids=["hashes", "hash and few values", "more values", "ragged", "a title", "mark", "empty line"],
)
def test_no_line_of_csv_is_left_out_silently(
    files: psycopg.Connection, folder: Path, lines: str, values: list[tuple[str, str]] | None
) -> None:
    (folder / "a.csv").write_bytes(lines.encode())
    make(files, "a", "name text, v text", path="a.csv")
    if values is not None:
        assert rows(files, "SELECT * FROM a") == values
        return
    with pytest.raises(psycopg.Error, match=r"a\.csv") as error:
        rows(files, "SELECT count(*) FROM a")
    assert error.value.diag.message_hint


def test_a_line_that_does_not_fit_is_shown(files: psycopg.Connection, folder: Path) -> None:
    lines = "a,b\n" + "1,2\n" * 30_000 + "5\n"
    (folder / "a.csv").write_text(lines, encoding="utf-8")
    make(files, "a", "a int, b int", path="a.csv")
    with pytest.raises(psycopg.Error, match="30002") as error:
        rows(files, "SELECT * FROM a")
    detail = str(error.value.diag.message_detail)
    assert detail == "Original Line: 5\nExpected Number of Columns: 2 Found: 1"
    (folder / "a.csv").write_text(lines.removesuffix("5\n") + "5,x\n", encoding="utf-8")
    with pytest.raises(psycopg.errors.InvalidCharacterValueForCast, match="30002") as error:
        rows(files, "SELECT * FROM a")
    assert 'Could not convert string "x"' in str(error.value.diag.message_detail)


def test_keys_of_json_are_found_whatever_their_case(
    files: psycopg.Connection, folder: Path
) -> None:
    (folder / "a.jsonl").write_text('{"ID": 1, "Name": "x"}\n{"Name": "y"}\n', encoding="utf-8")
    make(files, "a", 'id int, "NAME" text, other text', path="a.jsonl")
    assert rows(files, "SELECT * FROM a") == [(1, "x", None), (None, "y", None)]
    assert rows(files, 'SELECT "NAME" FROM a WHERE id = 1') == [("x",)]


def test_nested_values_are_json_and_lists_arrays(files: psycopg.Connection, folder: Path) -> None:
    (folder / "n.jsonl").write_text(
        '{"o": {"x": [1, 2]}, "l": [1, null], "t": ["a", "b,c"]}\n{}\n', encoding="utf-8"
    )
    nested = pa.table(
        {"o": [{"x": [1, 2]}, None], "l": [[1, None], None], "t": [["a", "b,c"], None]}
    )
    pq.write_table(nested, folder / "n.parquet")
    for kind in ("jsonl", "parquet"):
        make(files, kind, "o jsonb, l integer[], t text[]", path=f"n.{kind}")
        assert rows(files, f"TABLE {kind}") == [
            ({"x": [1, 2]}, [1, None], ["a", "b,c"]),
            (None, None, None),
        ]


def test_explain_shows_what_duckdb_is_asked_for(files: psycopg.Connection, folder: Path) -> None:
    write(folder, "p.parquet")
    files.execute("CREATE COLLATION language (provider = libc, locale = 'C.UTF-8')")
    make(
        files,
        "people",
        COLUMNS + ", f text OPTIONS (column 'name') COLLATE \"C\""
        ", g text OPTIONS (column 'name') COLLATE language",
        path="p.parquet",
    )
    assert """SELECT count(*) FROM 'p.parquet'""" in explained(files, "SELECT count(*) FROM people")
    top = explained(files, "SELECT id FROM people ORDER BY height DESC NULLS LAST LIMIT 2")
    assert (
        """SELECT "id", "height" FROM 'p.parquet' ORDER BY "height" DESC NULLS LAST LIMIT 2"""
        in top
    )
    assert "->" not in top
    assert "LIMIT" not in explained(files, "SELECT id FROM people ORDER BY g LIMIT 2")
    assert "LIMIT 2" in explained(files, "SELECT id FROM people ORDER BY f LIMIT 2")
    grouped = explained(files, "SELECT name, sum(id), max(born) FROM people GROUP BY name")
    assert 'CAST(sum("id") AS DECIMAL(38,0))' in grouped
    assert 'GROUP BY "name"' in grouped


def test_a_plan_that_is_kept_is_refused_after_the_files_changed_their_types(
    files: psycopg.Connection, folder: Path
) -> None:
    decimals = pa.array([Decimal("9.50"), Decimal("10.50"), None], pa.decimal128(10, 2))
    pq.write_table(pa.table({"n": decimals}), folder / "n.parquet")
    make(files, "n", "n numeric", path="n.parquet")
    files.execute("SET plan_cache_mode = force_generic_plan")
    wanted = {
        "SELECT n FROM n ORDER BY n": [(Decimal("9.5"),), (Decimal("10.5"),), (None,)],
        "SELECT n FROM n ORDER BY n DESC NULLS LAST LIMIT 1": [(Decimal("10.5"),)],
        "SELECT n, count(*) FROM n WHERE n > 9 GROUP BY n ORDER BY n LIMIT 1": [
            (Decimal("9.5"), 1)
        ],
        "SELECT DISTINCT n FROM n ORDER BY n LIMIT 1": [(Decimal("9.5"),)],
        "SELECT max(n) FROM n": [(Decimal("10.5"),)],
        "SELECT count(DISTINCT n) FROM n": [(2,)],
        "SELECT count(n) FROM n": [(2,)],
    }
    for number, (query, found) in enumerate(wanted.items()):
        files.execute(sql.SQL(f"PREPARE q{number} AS {query}"))
        assert rows(files, f"EXECUTE q{number}") == found
    pq.write_table(pa.table({"n": [9.5, 10.5, None]}), folder / "n.parquet")
    for number, (query, found) in enumerate(wanted.items()):
        if query == "SELECT count(n) FROM n":
            assert rows(files, f"EXECUTE q{number}") == found
            continue
        with pytest.raises(psycopg.Error, match="cannot be asked as planned") as error:
            rows(files, f"EXECUTE q{number}")
        assert error.value.sqlstate == "HV00L"
        assert error.value.diag.message_detail
        assert rows(files, query) == found


def test_a_folder_is_imported(files: psycopg.Connection, folder: Path) -> None:
    write(folder, "data/p.parquet")
    write(folder, "data/q.csv")
    write(folder, "data/by/year=2013/a.parquet")
    (folder / "data" / "notes.txt").write_text("nothing", encoding="utf-8")
    (folder / "data" / "mixed").mkdir()
    write(folder, "data/mixed/a.parquet")
    write(folder, "data/mixed/a.csv")
    files.execute("CREATE SCHEMA imported")
    files.execute("IMPORT FOREIGN SCHEMA data FROM SERVER files INTO imported")
    assert rows(
        files,
        "SELECT table_name, string_agg(column_name || ' ' || data_type, ', ' "
        "ORDER BY ordinal_position) FROM information_schema.columns "
        "WHERE table_schema = 'imported' GROUP BY 1 ORDER BY 1",
    ) == [
        ("by", "id bigint, name text, height numeric, born date, year bigint"),
        ("p", "id bigint, name text, height numeric, born date"),
        ("q", "id bigint, name text, height double precision, born date"),
    ]
    assert rows(files, "SELECT sum(id), max(year) FROM imported.by") == [(Decimal(10), 2013)]
    assert rows(files, "SELECT sum(height) FROM imported.q WHERE id < 3") == [(3.52,)]
    with pytest.raises(psycopg.errors.FdwNoSchemas):
        files.execute('IMPORT FOREIGN SCHEMA "../etc" FROM SERVER files INTO imported')


def test_analyze_gives_the_planner_statistics(files: psycopg.Connection, folder: Path) -> None:
    pq.write_table(pa.table({"n": list(range(1000))}), folder / "n.parquet")
    make(files, "n", "n integer", path="n.parquet")
    files.execute("ANALYZE n")
    assert rows(files, "SELECT reltuples FROM pg_class WHERE relname = 'n'") == [(1000,)]
    assert rows(files, "SELECT n_distinct FROM pg_stats WHERE tablename = 'n'") == [(-1.0,)]
    assert "rows=1000" in explained(files, "SELECT * FROM n")
    found = re.search(r"rows=(\d+)", explained(files, "SELECT * FROM n WHERE n < 100"))
    assert found
    assert 90 <= int(found[1]) <= 110


def test_a_path_stays_below_the_root(files: psycopg.Connection, folder: Path) -> None:
    outside = folder.parent / f"{folder.name}.csv"
    outside.write_text("a\n1\n", encoding="utf-8")
    try:
        (folder / "link.csv").symlink_to(outside)
        (folder / "inner").mkdir()
        (folder / "inner" / "up").symlink_to(folder.parent)
        (folder / "own.csv").write_text("a\n2\n", encoding="utf-8")
        (folder / "inner" / "own.csv").symlink_to(folder / "own.csv")
        for path in ("../x.csv", str(outside), "a/../../x.csv", f"../{outside.name}"):
            with pytest.raises(psycopg.errors.FdwInvalidAttributeValue, match="below the server's"):
                make(files, "t", "a int", path=path)
        for number, path in enumerate(
            ["link.csv", "*.csv", f"inner/up/{outside.name}", "inner/*/*.csv"]
        ):
            make(files, f"t{number}", "a int", path=path, format="csv")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="out of the root"):
                rows(files, f"TABLE t{number}")
        make(files, "own", "a int", path="inner/own.csv")
        assert rows(files, "SELECT a FROM own") == [(2,)]
    finally:
        outside.unlink()


def test_only_who_may_read_files_names_and_reads_them(
    files: psycopg.Connection, folder: Path
) -> None:
    write(folder, "p.parquet")
    make(files, "people", COLUMNS, path="p.parquet")
    files.execute("CREATE VIEW seen AS SELECT id FROM people")
    for role in ("files_nobody", "files_reader"):
        files.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
        files.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        files.execute(
            sql.SQL("GRANT USAGE ON FOREIGN DATA WRAPPER files TO {}").format(sql.Identifier(role))
        )
        files.execute(
            sql.SQL("GRANT USAGE ON FOREIGN SERVER files TO {}").format(sql.Identifier(role))
        )
        files.execute(sql.SQL("GRANT SELECT ON people, seen TO {}").format(sql.Identifier(role)))
        files.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(sql.Identifier(role)))
    files.execute("GRANT pg_read_server_files TO files_reader")
    try:
        files.execute("SET ROLE files_reader")
        make(files, "theirs", COLUMNS, path="p.parquet")
        assert rows(files, "SELECT count(*) FROM people") == [(4,)]
        files.execute("SET ROLE files_nobody")
        assert rows(files, "SELECT count(*) FROM seen") == [(4,)]  # its owner may
        refused = [
            "CREATE SERVER mine FOREIGN DATA WRAPPER files OPTIONS (root '/')",
            "CREATE FOREIGN TABLE mine (a int) SERVER files OPTIONS (path 'p.parquet')",
            "SELECT * FROM people",
            "SELECT count(*) FROM people",
            'IMPORT FOREIGN SCHEMA "." FROM SERVER files INTO public',
        ]
        for statement in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="pg_read_server_files"):
                files.execute(sql.SQL(statement))
        with pytest.raises(psycopg.Error, match="to set the options of a server: the role"):
            files.execute(sql.SQL(refused[0]))
        files.execute("RESET ROLE")
        files.execute("REVOKE pg_read_server_files FROM files_reader")
        files.execute("SET ROLE files_reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="pg_read_server_files"):
            rows(files, "SELECT * FROM theirs")
    finally:
        files.execute("RESET ROLE")
        for role in ("files_nobody", "files_reader"):
            files.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
            files.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_threads_of_duckdb_get_no_signals(files: psycopg.Connection, folder: Path) -> None:
    write(folder, "p.parquet")
    write(folder, "p.arrow")
    files.execute("ALTER FOREIGN DATA WRAPPER files OPTIONS (ADD threads '3')")
    make(files, "people", COLUMNS, path="p.parquet")
    make(files, "arrow", COLUMNS, path="p.arrow")
    assert rows(files, "SELECT count(*) FROM people WHERE id > 1") == [(3,)]
    assert rows(files, "SELECT count(*) FROM arrow WHERE id > 1") == [(3,)]
    backend = Path(f"/proc/{files.info.backend_pid}/task")
    masks: dict[str, int] = {}
    for task in backend.iterdir():
        status = (task / "status").read_text(encoding="utf-8")
        [blocked] = [line for line in status.splitlines() if line.startswith("SigBlk:")]
        masks[task.name] = int(blocked.split()[1], 16)
    main = masks.pop(str(files.info.backend_pid))
    wanted = sum(1 << (number - 1) for number in (2, 10, 14, 15))  # INT, USR1, ALRM, TERM
    assert main & wanted == 0
    assert masks
    assert {mask & wanted for mask in masks.values()} == {wanted}


@pytest.mark.parametrize("query", ["SELECT count(*) FROM wide a, wide b WHERE a.x <> b.x",
                                   "SELECT * FROM wide ORDER BY x"])  # fmt: skip
def test_a_cancel_ends_a_scan_and_the_connection_works_on(
    files: psycopg.Connection, folder: Path, query: str
) -> None:
    numbers = pa.array(range(2_000_000), pa.int64())
    pq.write_table(pa.table({"x": numbers}), folder / "wide.parquet")
    make(files, "wide", "x bigint", path="wide.parquet")
    assert rows(files, "SELECT count(*) FROM wide") == [(2_000_000,)]
    files.execute("SET enable_material = off")
    files.execute("SET statement_timeout = '100ms'")
    began = time.monotonic()
    with pytest.raises(psycopg.errors.QueryCanceled):
        rows(files, query)
    assert time.monotonic() - began < 30
    files.execute("RESET statement_timeout")
    assert rows(files, "SELECT count(*) FROM wide WHERE x < 10") == [(10,)]
    assert len(list(Path(f"/proc/{files.info.backend_pid}/task").iterdir())) < 10


def test_a_cursor_left_open_and_a_limit_end_their_threads(
    files: psycopg.Connection, folder: Path
) -> None:
    pq.write_table(pa.table({"x": pa.array(range(500_000), pa.int64())}), folder / "x.parquet")
    make(files, "x", "x bigint", path="x.parquet")
    assert len(rows(files, "SELECT * FROM x LIMIT 1")) == 1
    threads = Path(f"/proc/{files.info.backend_pid}/task")
    before = len(list(threads.iterdir()))
    for _ in range(5):
        with files.transaction():
            files.execute("DECLARE c CURSOR FOR SELECT x, clock_timestamp() FROM x")
            assert len(rows(files, "FETCH 3 FROM c")) == 3
        assert len(rows(files, "SELECT x, clock_timestamp() FROM x WHERE x % 2 = 0 LIMIT 1")) == 1
    assert len(list(threads.iterdir())) <= before + 1  # one may just be ending


def test_what_fits_no_memory_is_spilled_or_an_error(
    files: psycopg.Connection, folder: Path
) -> None:
    values = pa.array([f"{n:060d}" for n in range(1_000_000, 0, -1)])
    pq.write_table(pa.table({"s": values}), folder / "s.parquet", row_group_size=50_000)
    files.execute("ALTER FOREIGN DATA WRAPPER files OPTIONS (ADD memory_limit '64MB')")
    make(files, "s", 's text COLLATE "C"', path="s.parquet")
    files.execute("CREATE VIEW sorted AS SELECT s FROM s ORDER BY s LIMIT 999999")
    assert "ORDER BY" in explained(files, "SELECT * FROM sorted")
    found = rows(files, "SELECT min(s), max(s), count(*) FROM sorted")
    assert found == [(f"{1:060d}", f"{999_999:060d}", 999_999)]
    files.execute("ALTER FOREIGN DATA WRAPPER files OPTIONS (ADD spill 'false')")
    with pytest.raises(psycopg.errors.OutOfMemory):
        rows(files, "SELECT * FROM sorted")
