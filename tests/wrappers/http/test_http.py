"""JSON over HTTP as foreign tables, in PostgreSQL, from a real server."""

from __future__ import annotations

import base64
import time
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from .conftest import Answer, Api, Asked

PEOPLE = [{"id": number, "name": f"person {number}"} for number in range(1, 8)]


def rows(connection: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(sql.SQL(query)).fetchall()


@pytest.fixture
def web(connection: psycopg.Connection, api: Api) -> psycopg.Connection:
    """A connection to a database with a wrapper and a server for `api`."""
    connection.execute("SELECT exclave.create_wrapper('http', 'exclave.wrappers.http:Http')")
    allow(connection, f"{api.url}/v1/", "ADD")
    connection.execute(
        sql.SQL("CREATE SERVER web FOREIGN DATA WRAPPER http OPTIONS (url {})").format(
            sql.Literal(f"{api.url}/v1")
        )
    )
    return connection


def allow(connection: psycopg.Connection, prefixes: str, action: str = "SET") -> None:
    connection.execute(
        sql.SQL("ALTER FOREIGN DATA WRAPPER http OPTIONS ({} allow {})").format(
            sql.SQL(action), sql.Literal(prefixes)
        )
    )


def make(connection: psycopg.Connection, columns: str, **options: str) -> None:
    """Make the foreign table `t`, again if it is there."""
    connection.execute("DROP FOREIGN TABLE IF EXISTS t")
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(key), sql.Literal(value))
        for key, value in options.items()
    )
    connection.execute(
        sql.SQL("CREATE FOREIGN TABLE t ({}) SERVER web OPTIONS ({})").format(
            sql.SQL(columns), listed
        )
    )


def give(answer: Any, **more: Any) -> Any:
    return lambda _: Answer(answer, **more)


def test_values_are_read_as_the_columns_types(web: psycopg.Connection, api: Api) -> None:
    api.routes["/v1/things"] = give(
        '{"data": {"items": [{"id": 1, "price": 12345678901234567890.12345,'
        ' "tags": ["a", "b,c"], "on": true,'
        ' "who": {"name": "Zoë", "x.y": 2.50}, "at": "2013-01-01T00:00:00Z", "odd": [1.10]},'
        ' {"id": 2}]}}'
    )
    make(
        web,
        "id int, price numeric, tags text[], ok bool OPTIONS (path 'on'), at timestamptz, "
        "name text OPTIONS (path 'who.name'), xy numeric OPTIONS (path '/who/x.y'), who jsonb, "
        "odd text, tag text OPTIONS (path 'tags.1')",
        path="things",
        rows="data.items",
    )
    web.execute("SET TimeZone = 'UTC'")
    first, second = rows(web, "SELECT * FROM t")
    assert first[:4] == (1, Decimal("12345678901234567890.12345"), ["a", "b,c"], True)
    assert str(first[4]) == "2013-01-01 00:00:00+00:00"
    assert first[5:] == (
        "Zoë", Decimal("2.50"), {"name": "Zoë", "x.y": 2.5}, "[1.10]", "b,c",
    )  # fmt: skip
    assert second == (2, *[None] * 9)
    assert rows(web, "SELECT count(*) FROM t") == [(2,)]
    assert rows(web, "SELECT who::text FROM t WHERE id = 1") == [('{"x.y": 2.50, "name": "Zoë"}',)]


@pytest.mark.parametrize("kind", ["link", "next", "page", "offset", "cursor"])
def test_pages_are_read_one_after_the_other(web: psycopg.Connection, api: Api, kind: str) -> None:
    def page(asked: Asked) -> Answer:
        number = asked.parameters.get("p", "0")
        start = (int(number) - 1) * 3 if kind == "page" else int(number)
        part, following = PEOPLE[start : start + 3], start + 3
        body: dict[str, Any] = {"rows": part}
        headers: dict[str, str] = {}
        if following < len(PEOPLE):
            if kind == "next":
                body["meta"] = {"next": f"/v1/people?p={following}"}
            if kind == "cursor":
                body["meta"] = {"next": str(following)}
            if kind == "link":
                headers["Link"] = f'<{api.url}/v1/people?p={following}>; rel="next"'
        return Answer(body, headers=headers)

    api.routes["/v1/people"] = page
    web.execute(
        sql.SQL("ALTER SERVER web OPTIONS (ADD paging {}, page_parameter 'p')").format(
            sql.Literal(kind)
        )
    )
    make(web, "id int, name text", path="people", rows="rows", next="meta.next")
    assert rows(web, "SELECT id, name FROM t") == [tuple(each.values()) for each in PEOPLE]
    count = len(api.asked)
    assert rows(web, "SELECT id FROM t LIMIT 2") == [(1,), (2,)]
    assert len(api.asked) == count + 1


def test_sizes_of_pages_save_the_last_request(web: psycopg.Connection, api: Api) -> None:
    def page(asked: Asked) -> Answer:
        start, size = int(asked.parameters["offset"]), int(asked.parameters["limit"])
        return Answer(PEOPLE[start : start + size])

    api.routes["/v1/people"] = page
    make(web, "id int", path="people", paging="offset", size_parameter="limit", page_size="4")
    assert rows(web, "SELECT count(*) FROM t") == [(7,)]
    assert [asked.parameters for asked in api.asked] == [
        {"limit": "4", "offset": "0"},
        {"limit": "4", "offset": "4"},
    ]


@pytest.mark.parametrize("kind", ["page", "offset"])
@pytest.mark.parametrize("end", ["nothing", "404"])
def test_pages_may_be_smaller_than_asked_for(
    web: psycopg.Connection, api: Api, kind: str, end: str
) -> None:
    people = PEOPLE[:6]

    def page(asked: Asked) -> Answer:
        size = min(int(asked.parameters["limit"]), 2)
        start = int(asked.parameters[kind])
        part = people[(start - 1) * size :] if kind == "page" else people[start:]
        return Answer(part[:size], status=404 if end == "404" and not part else 200)

    api.routes["/v1/people"] = page
    make(web, "id int", path="people", paging=kind, size_parameter="limit", page_size="100")
    assert rows(web, "SELECT count(*) FROM t") == [(6,)]
    assert len(api.asked) == 4
    make(web, "id int", path="nowhere", paging=kind, size_parameter="limit", page_size="100")
    with pytest.raises(psycopg.Error, match="answered 404"):
        rows(web, "SELECT * FROM t")


def test_numbers_and_texts_become_what_the_column_is(web: psycopg.Connection, api: Api) -> None:
    api.routes["/v1/things"] = give(
        '[{"a": 1.5, "b": true}, {"a": "2", "b": "false"}, {"a": 3.0, "b": 1}, {"a": [1.50]}]'
    )
    make(web, "a double precision, b boolean", path="things")
    assert rows(web, "SELECT * FROM t LIMIT 3") == [(1.5, True), (2.0, False), (3.0, True)]
    with pytest.raises(psycopg.Error, match='column "a"'):
        rows(web, "SELECT a FROM t")
    make(web, "a text, b text", path="things")
    assert rows(web, "SELECT * FROM t") == [
        ("1.5", "true"), ("2", "false"), ("3.0", "1"), ("[1.50]", None),
    ]  # fmt: skip
    api.routes["/v1/things"] = give('[{"a": 3.0, "b": ["1", 2.0]}, {"a": "4", "b": [[2], [3.5]]}]')
    make(web, "a integer, b real[]", path="things")
    assert rows(web, "SELECT * FROM t") == [(3, [1.0, 2.0]), (4, [[2.0], [3.5]])]
    for wrong in ("1.5", '"x"', "true", "1e99", '{"x": 1}'):
        api.routes["/v1/things"] = give(f'[{{"a": {wrong}}}]')
        with pytest.raises(psycopg.Error, match='column "a" is of type integer'):
            rows(web, "SELECT a FROM t")
    make(web, "a double precision", path="things")
    api.routes["/v1/things"] = give('[{"a": 1e400}]')
    with pytest.raises(psycopg.Error, match='column "a"'):
        rows(web, "SELECT a FROM t")


def test_pages_that_go_in_a_circle_are_an_error(web: psycopg.Connection, api: Api) -> None:
    api.routes["/v1/people"] = give({"rows": [{"id": 1}], "next": "same"})
    make(web, "id int", path="people", rows="rows", paging="cursor")
    with pytest.raises(psycopg.Error, match="page that was read before"):
        rows(web, "SELECT * FROM t")


def test_conditions_become_parameters(web: psycopg.Connection, api: Api) -> None:
    api.routes["/v1/people"] = give([*PEOPLE, {"id": 9, "name": "a&b=c"}])
    make(
        web,
        "id int OPTIONS (parameter 'from', operator '>='), name text OPTIONS (parameter 'q'), "
        "on_day date OPTIONS (parameter 'day')",
        path="people?fixed=1",
    )
    assert rows(web, "SELECT id FROM t WHERE name = 'a&b=c' AND id >= 3") == [(9,)]
    assert api.asked[-1].parameters == {"fixed": "1", "from": "3", "q": "a&b=c"}
    assert rows(web, "SELECT id FROM t WHERE on_day = '2013-01-01'") == []
    assert api.asked[-1].parameters == {"fixed": "1", "day": "2013-01-01"}
    assert len(rows(web, "SELECT id FROM t WHERE name <> 'x' AND id < 3")) == 2
    assert api.asked[-1].parameters == {"fixed": "1"}
    shown = "\n".join(str(row[0]) for row in rows(web, "EXPLAIN SELECT * FROM t WHERE name = 'x'"))
    assert f"URL: {api.url}/v1/people" in shown
    assert "Parameters: q" in shown


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("kind", "spelled", "value", "sent"),
    [
        ("int", "2", "2.0::numeric", "2"),
        ("int", "2", "2::float8", "2"),
        ("numeric", "1.5", "1.50::numeric", "1.5"),
        ("numeric(4,1)", "1.54", "1.5::numeric", None),
        ("real", "0.1", "0.1::real", None),
        ("char(3)", '"a  "', "'a'::bpchar", None),
        ("timestamptz", '"2013-01-01T01:00+01"', "'2013-01-01 00:00+00'::timestamptz", None),
        ("mood", '"sad"', "'sad'::mood", "sad"),
        ("small", "1", "1.0::numeric", "1"),
        ("code", '"a  "', "'a'::bpchar", None),
    ],
)
def test_values_are_asked_for_as_the_server_spells_them(
    web: psycopg.Connection,
    api: Api,
    kind: str,
    spelled: str,
    value: str,
    sent: str | None,
    mode: str,
) -> None:
    web.execute("CREATE TYPE mood AS ENUM ('sad')")
    web.execute("CREATE DOMAIN small AS int; CREATE DOMAIN letters AS char(3)")
    web.execute("CREATE DOMAIN code AS letters")
    has = spelled.strip('"')
    api.routes["/v1/things"] = lambda asked: Answer(
        f'[{{"v": {spelled}}}]' if asked.parameters.get("v", has) == has else "[]"
    )
    make(web, f"v {kind} OPTIONS (parameter 'v')", path="things")
    web.execute(sql.SQL(f"SET plan_cache_mode = {mode}"))
    web.execute(
        sql.SQL("PREPARE one({}) AS SELECT count(*) FROM t WHERE v = $1").format(
            sql.SQL(value.rpartition(":")[2])
        )
    )
    assert rows(web, f"EXECUTE one({value})") == [(1,)]
    assert [asked.parameters for asked in api.asked] == [{} if sent is None else {"v": sent}]


def test_rows_of_another_table_are_looked_up(web: psycopg.Connection, api: Api) -> None:
    def one(asked: Asked) -> Answer:
        wanted = asked.parameters.get("id")
        return Answer([each for each in PEOPLE if wanted in (None, str(each["id"]))])

    api.routes["/v1/people"] = one
    make(web, "id int OPTIONS (parameter 'id'), name text", path="people", estimate="1000000")
    web.execute("CREATE TABLE mine AS SELECT 2 AS id UNION ALL SELECT 5")
    web.execute("ANALYZE mine")
    query = "SELECT name FROM mine JOIN t USING (id) ORDER BY id"
    assert rows(web, query) == [("person 2",), ("person 5",)]
    assert [asked.parameters for asked in api.asked] == [{"id": "2"}, {"id": "5"}]


@pytest.mark.parametrize(
    ("options", "header", "value"),
    [
        ("token 'a-secret-token'", "Authorization", "Bearer a-secret-token"),
        ("header 'X-API-Key', value 'a-secret-key'", "X-API-Key", "a-secret-key"),
        ("\"user\" 'me', password 'a-secret-word'", "Authorization",
         "Basic " + base64.b64encode(b"me:a-secret-word").decode()),
    ],
)  # fmt: skip
def test_the_mapping_says_who_asks_and_only_its_server_is_told(
    web: psycopg.Connection, api: Api, elsewhere: Api, options: str, header: str, value: str
) -> None:
    api.routes["/v1/people"] = give([])
    api.routes["/v1/moved"] = give("", status=302, headers={"Location": "people?moved=1"})
    api.routes["/v1/away"] = give("", status=307, headers={"Location": f"{elsewhere.url}/v1/x"})
    api.routes["/v1/refused"] = give({"error": "no"}, status=401)
    elsewhere.routes["/v1/x"] = give([])
    web.execute(sql.SQL(f"CREATE USER MAPPING FOR CURRENT_USER SERVER web OPTIONS ({options})"))
    allow(web, f"{api.url}/v1/ {elsewhere.url}")
    for path in ("people", "moved", "away"):
        make(web, "id int", path=path)
        assert rows(web, "SELECT * FROM t") == []
    assert [asked.headers.get(header) for asked in api.asked] == [value] * 4
    assert api.asked[2].parameters == {"moved": "1"}
    assert [asked.headers.get(header) for asked in elsewhere.asked] == [None]
    make(web, "id int", path="refused")
    with pytest.raises(psycopg.errors.InvalidAuthorizationSpecification) as error:
        rows(web, "SELECT * FROM t")
    assert "secret" not in str(error.value.diag.message_primary)
    assert "secret" not in str(error.value.diag.message_detail)


def test_only_what_a_superuser_allows_is_asked_for(
    web: psycopg.Connection, api: Api, elsewhere: Api
) -> None:
    api.routes["/v1/away"] = give("", status=302, headers={"Location": f"{elsewhere.url}/v1/x"})
    api.routes["/v1/up"] = give("", status=302, headers={"Location": "/v2/x"})
    api.routes["/v1/next"] = give({"rows": [], "next": f"{elsewhere.url}/v1/x"})
    elsewhere.routes["/v1/x"] = api.routes["/v2/x"] = give([])
    for options in (
        {"path": "away"},
        {"path": "up"},
        {"path": "next", "rows": "rows", "paging": "next"},
        {"path": "../v2/x"},
        {"path": "%2e%2e/v2/x"},
        {"path": "..%2fv2/x"},
        {"path": "..\\v2/x"},
    ):
        make(web, "id int", **options)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is not allowed"):
            rows(web, "SELECT * FROM t")
    assert elsewhere.asked == []
    assert "/v2/x" not in [asked.path for asked in api.asked]
    host = api.url.removeprefix("http://")
    make(web, "id int", path="x")
    for url in (
        elsewhere.url,
        f"{api.url}/v1x",
        f"https://{host}/v1/",
    ):
        web.execute(sql.SQL("ALTER SERVER web OPTIONS (SET url {})").format(sql.Literal(url)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is not allowed"):
            rows(web, "SELECT * FROM t")
    for url, told in (
        ("file:///etc/passwd", "http:// or https://"),
        (f"http://{host}@{elsewhere.url.removeprefix('http://')}/v1/", "user or password"),
        (f"http://me:a-secret@{host}/v1/", "user or password"),
        ("http://[::1/", "cannot be read as a URL"),
        ("http://host:port/", "cannot be read as a URL"),
        ("http://", "cannot be read as a URL"),
    ):
        with pytest.raises(psycopg.errors.FdwInvalidAttributeValue, match=told) as error:
            web.execute(sql.SQL("ALTER SERVER web OPTIONS (SET url {})").format(sql.Literal(url)))
        assert "a-secret" not in str(error.value)
    assert elsewhere.asked == []


def test_requests_that_may_succeed_later_are_repeated(web: psycopg.Connection, api: Api) -> None:
    answers = [
        Answer("busy", 503),
        Answer("slow down", 429, {"Retry-After": "0"}),
        Answer([{"id": 1}]),
    ]
    api.routes["/v1/busy"] = lambda _: answers.pop(0)
    api.routes["/v1/gone"] = give({}, status=404)
    api.routes["/v1/html"] = give("<html>")
    api.routes["/v1/nan"] = give("[NaN]")
    make(web, "id int", path="busy")
    assert rows(web, "SELECT * FROM t") == [(1,)]
    assert len(api.asked) == 3
    for path, message in (("gone", "answered 404"), ("html", "JSON"), ("nan", "JSON")):
        make(web, "id int", path=path)
        with pytest.raises(psycopg.Error, match=message):
            rows(web, "SELECT * FROM t")
    assert len(api.asked) == 6
    web.execute("ALTER SERVER web OPTIONS (ADD retries '1')")
    api.routes["/v1/busy"] = give("busy", status=503)
    make(web, "id int", path="busy")
    with pytest.raises(psycopg.Error, match="answered 503"):
        rows(web, "SELECT * FROM t")
    assert len(api.asked) == 8


def test_a_server_that_is_not_there_or_silent_is_an_error(
    web: psycopg.Connection, api: Api
) -> None:
    def silent(_: Asked) -> Answer:
        api.release.wait()
        return Answer([])

    api.routes["/v1/silent"] = silent
    web.execute("ALTER SERVER web OPTIONS (ADD retries '0', ADD timeout '0.2')")
    make(web, "id int", path="silent")
    with pytest.raises(psycopg.errors.FdwUnableToEstablishConnection, match="ReadTimeout"):
        rows(web, "SELECT * FROM t")
    allow(web, "http://127.0.0.1:1")
    web.execute("ALTER SERVER web OPTIONS (SET url 'http://127.0.0.1:1')")
    with pytest.raises(
        psycopg.errors.FdwUnableToEstablishConnection, match="ConnectError"
    ) as error:
        rows(web, "SELECT * FROM t")
    assert "refused" in str(error.value.diag.message_detail)


@pytest.mark.parametrize("what", ["silence", "pause"])
def test_a_cancel_ends_waiting(web: psycopg.Connection, api: Api, what: str) -> None:
    def silent(_: Asked) -> Answer:
        api.release.wait()
        return Answer([])

    api.routes["/v1/wait"] = (
        silent if what == "silence" else give({}, status=503, headers={"Retry-After": "60"})
    )
    make(web, "id int", path="wait")
    rows(web, "SELECT 1")
    web.execute("SET statement_timeout = '500ms'")
    began = time.monotonic()
    with pytest.raises(psycopg.errors.QueryCanceled):
        rows(web, "SELECT * FROM t")
    assert time.monotonic() - began < 30  # not the 60 s that the server asks for
    web.execute("RESET statement_timeout")
    api.routes["/v1/wait"] = give([{"id": 1}])
    assert rows(web, "SELECT * FROM t") == [(1,)]


def test_tokens_that_no_header_can_have_are_refused(web: psycopg.Connection) -> None:
    for token in ("a\nb", "töken"):
        with pytest.raises(psycopg.errors.FdwInvalidAttributeValue, match="token") as error:
            web.execute(
                sql.SQL("CREATE USER MAPPING FOR PUBLIC SERVER web OPTIONS (token {})").format(
                    sql.Literal(token)
                )
            )
        assert token not in str(error.value)


def test_a_redirect_to_nowhere_is_an_error(web: psycopg.Connection, api: Api) -> None:
    api.routes["/v1/odd"] = give("", status=302, headers={"Location": "http://["})
    make(web, "id int", path="odd")
    with pytest.raises(psycopg.errors.FdwUnableToEstablishConnection, match="no URL"):
        rows(web, "SELECT * FROM t")


def test_options_that_do_not_go_together_are_refused(web: psycopg.Connection) -> None:
    for options in ("\"user\" 'me'", "header 'X'", "token 'x', header 'X', value 'y'"):
        with pytest.raises(psycopg.errors.FdwInvalidOptionName):
            web.execute(sql.SQL(f"CREATE USER MAPPING FOR PUBLIC SERVER web OPTIONS ({options})"))
