"""What is masked in a dump, and what is left as it was."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exclave import Catalog, Secret
from exclave.errors import ExclaveError
from exclave.objects.quoting import quote_literal
from exclave.objects.registry import open_mapping_options
from exclave.objects.secret import MASK
from exclave.plan import create_statements
from exclave.redact import Finding, redact
from exclave.redact.lexer import tokens
from exclave.redact.parts import Part, Reader

from ..plan.generate import catalogs


def redacted(text: str, read: Callable[[int], str] | None = None) -> tuple[str, list[Finding]]:
    written: list[str] = []
    findings = redact(read or io.StringIO(text, newline="").read, written.append)
    return "".join(written), findings


CASES = [
    (
        "CREATE USER MAPPING FOR app SERVER s OPTIONS (\"user\" 'x', password 'hunter2');",
        "CREATE USER MAPPING FOR app SERVER s OPTIONS (\"user\" 'x', password '********');",
    ),
    (
        "create user mapping if not exists for public server s options(new_fangled 'hunter2')",
        "create user mapping if not exists for public server s options(new_fangled '********')",
    ),
    (
        'ALTER/**/USER -- x\nMAPPING FOR alter SERVER s OPTIONS (SET "odd ""one" E\'h\\\'unter2\', '
        "ADD token $$hunter2$$, DROP password, \"set\" U&'hunter2', sslcert 'c')",
        'ALTER/**/USER -- x\nMAPPING FOR alter SERVER s OPTIONS (SET "odd ""one" \'********\', '
        "ADD token $$********$$, DROP password, \"set\" U&'********', sslcert 'c')",
    ),
    (
        "ALTER USER MAPPING FOR x SERVER s OPTIONS (SET password 'hunt'\n  -- more\n 'er2')",
        "ALTER USER MAPPING FOR x SERVER s OPTIONS (SET password '********'\n  -- more\n )",
    ),
    (
        "ALTER USER MAPPING FOR x SERVER s OPTIONS (password E'hunt'\n'\\'er2', \"user\" 'x')",
        "ALTER USER MAPPING FOR x SERVER s OPTIONS (password '********'\n, \"user\" 'x')",
    ),
    (
        "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'h', motherduck_token 'hunter2', "
        "url 'http://u:hunter2@h/', options '-c x=1', api_key 'hunter2', bearer 'hunter2');",
        "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'h', motherduck_token '********', "
        "url '********', options '-c x=1', api_key '********', "
        "bearer '********');",
    ),
    (
        "CREATE FOREIGN TABLE t (a int OPTIONS (column_name 'password')) SERVER s "
        "OPTIONS (schema_name 'OPTIONS', connection 'passwd=hunter2 x');",
        "CREATE FOREIGN TABLE t (a int OPTIONS (column_name 'password')) SERVER s "
        "OPTIONS (schema_name 'OPTIONS', connection '********');",
    ),
    (
        "ALTER ROLE x WITH LOGIN PASSWORD 'SCRAM-SHA-256$hunter2' VALID UNTIL 'infinity';",
        "ALTER ROLE x WITH LOGIN PASSWORD NULL VALID UNTIL 'infinity';",
    ),
    ("CREATE USER u ENCRYPTED PASSWORD $x$hunter2$x$;", "CREATE USER u  PASSWORD NULL;"),
    (
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password=''hunter2'' dbname=d' PUBLICATION p;",
        "CREATE SUBSCRIPTION s CONNECTION 'host=h password=******** dbname=d' PUBLICATION p;",
    ),
    (
        "ALTER SUBSCRIPTION s CONNECTION 'postgresql://u:hunter2@h/d?sslmode=require';",
        "ALTER SUBSCRIPTION s CONNECTION 'postgresql://u:********@h/d?sslmode=require';",
    ),
    (
        "ALTER SUBSCRIPTION s CONNECTION 'password=hunter2 nonsense';",
        "ALTER SUBSCRIPTION s CONNECTION 'password=********';",
    ),
    (
        "ALTER SUBSCRIPTION s CONNECTION "
        "'postgresql://u@h/d?sslmode=require&sslpassword=hunter2&port=1';",
        "ALTER SUBSCRIPTION s CONNECTION "
        "'postgresql://u@h/d?sslmode=require&sslpassword=********&port=1';",
    ),
    (
        "CREATE VIEW v AS SELECT get('https://h/?page=2&api_key=hunter2#top', 'http://h/?token=%s');",
        "CREATE VIEW v AS SELECT get('https://h/?page=2&api_key=********#top', 'http://h/?token=%s');",
    ),
    (
        "CREATE VIEW v AS SELECT dblink_connect('host=h scram_client_key=hunter2');",
        "CREATE VIEW v AS SELECT dblink_connect('host=h scram_client_key=********');",
    ),
    (
        "CREATE VIEW v AS SELECT * FROM dblink('host=h unheard_of=x "
        "password=hunter2'::text, 'SELECT 1');",
        "CREATE VIEW v AS SELECT * FROM dblink('host=h unheard_of=x "
        "password=********'::text, 'SELECT 1');",
    ),
    (
        "CREATE VIEW v AS SELECT * FROM dblink('host=h password=hunter2 user=u', 'SELECT 1');",
        "CREATE VIEW v AS SELECT * FROM dblink('host=h password=******** user=u', 'SELECT 1');",
    ),
    (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $_$BEGIN\n"
        "  CREATE USER MAPPING FOR x SERVER s OPTIONS (password 'hunter2');\n"
        "  EXECUTE 'ALTER ROLE x PASSWORD ''hunter2''';\n"
        "  PERFORM dblink('password=hunter2', 'UPDATE t SET password = ''x''');\n"
        "  IF new.password = old.password THEN RAISE 'password=%', x; END IF;\n"
        "END$_$;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $_$BEGIN\n"
        "  CREATE USER MAPPING FOR x SERVER s OPTIONS (password '********');\n"
        "  EXECUTE 'ALTER ROLE x PASSWORD NULL';\n"
        "  PERFORM dblink('password=********', 'UPDATE t SET password = ''x''');\n"
        "  IF new.password = old.password THEN RAISE 'password=%', x; END IF;\n"
        "END$_$;",
    ),
    (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpython3u AS $$ # don't\n"
        "c = connect(\"host=h password=hunter2\", 'http://u:hunter2@h')\n$$;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpython3u AS $$ # don't\n"
        "c = connect(\"host=h password=********\", 'http://u:********@h')\n$$;",
    ),
    (
        "ALTER DATABASE d SET \"app.jwt_secret\" TO 'hunter2';\nALTER ROLE x IN DATABASE d SET "
        "app.token = E'hunt\\'er2'; ALTER ROLE x SET app.home TO 'postgresql://u:hunter2@h';",
        "ALTER DATABASE d SET \"app.jwt_secret\" TO '********';\nALTER ROLE x IN DATABASE d SET "
        "app.token = '********'; ALTER ROLE x SET app.home TO '********';",
    ),
    (
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql SET \"app.api_key\" TO 'hunter2' AS 'x';",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql SET \"app.api_key\" TO '********' AS 'x';",
    ),
    (
        "SET standard_conforming_strings = off;\n"
        "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (a '\\'', password 'hun\\'ter2');\n"
        "SET standard_conforming_strings = on;\n"
        "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (a '\\', password 'hunter2');\n",
        "SET standard_conforming_strings = off;\n"
        "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (a '\\'', password '********');\n"
        "SET standard_conforming_strings = on;\n"
        "CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (a '\\', password '********');\n",
    ),
    (
        "COPY t (a) FROM stdin;\nit's\tOPTIONS (\n$$\n\\.\n\nALTER ROLE x PASSWORD 'hunter2';\n",
        "COPY t (a) FROM stdin;\nit's\tOPTIONS (\n$$\n\\.\n\nALTER ROLE x PASSWORD NULL;\n",
    ),
    (
        "SELECT 1;\r\n\\connect it's\r\nALTER ROLE x PASSWORD 'hunter2';\r\n",
        "SELECT 1;\r\n\\connect it's\r\nALTER ROLE x PASSWORD NULL;\r\n",
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_is_secret_is_masked_and_nothing_else_is_changed(text: str, expected: str) -> None:
    clean, findings = redacted(text)
    assert clean == expected
    assert len(findings) == len(re.findall("(?s)h.{0,2}un.{0,2}t.{0,14}er2", text))
    assert redacted(clean) == (clean, [])


@pytest.mark.parametrize(
    "text",
    [
        "COPY t (a) FROM stdin;\nALTER ROLE x PASSWORD 'data';\n\\.\n",
        "COPY t FROM stdin;\nCREATE USER MAPPING FOR a SERVER b OPTIONS (password 'data')",
        "INSERT INTO t VALUES ('host=h password=data', 'postgresql://u:data@h/d');",
        "COMMENT ON TABLE t IS 'see postgresql://u:data@h/d';",
        "ALTER ROLE x PASSWORD NULL;",
        "ALTER ROLE x SET password_encryption TO 'scram-sha-256';",
        "ALTER ROLE x SET app.name TO 'x'; ALTER DATABASE d SET app.password FROM CURRENT;",
        "UPDATE t SET row.password = 'data' WHERE connection = 'x';",
        "CREATE TABLE options (password text DEFAULT 'none', connection text DEFAULT '');",
        "CREATE USER MAPPING FOR a SERVER b OPTIONS (\"user\" 'x', password :'PASSWORD');",
        "SELECT format('host=%s password=%s', h, p), 'postgresql://u:%s@h', 'http://u:{p}@h';",
        "SELECT * FROM users WHERE password = 'x' AND login = 'password=abc is wrong';",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 AS password, 'x' $$;",
        "SELECT 'https://example.org/a:b@c', $$ password 'x' $$;",
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert redacted(text) == (text, [])


def test_each_finding_tells_its_line_and_what_it_was() -> None:
    text = (
        "-- a dump\n\nALTER ROLE x\n  PASSWORD 'y';\nCOPY t FROM stdin;\n1\n2\n\\.\n\n"
        "CREATE USER MAPPING FOR a SERVER b OPTIONS (\n    password 'x',\n    \"to ken\" 'y'\n);\n"
        "DO $$\nBEGIN\n  PERFORM dblink('password=x');\nEND $$;"
    )
    assert [str(finding) for finding in redacted(text)[1]] == [
        "line 4: password of a role",
        "line 11: option password of a user mapping",
        "line 12: option to ken of a user mapping",
        "line 16: connection string",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PGDMP\x01", "pg_restore -f - the.dump"),
        ("\x1f\udc8b\x08", "zcat"),
        ("toc.dat\0", "tar archive"),
        ("ALTER ROLE x PASSWORD 'hunter2", "ends within a quoted text"),
        ("SELECT $$ ALTER ROLE x PASSWORD 'hunter2'", "ends within a quoted text"),
        ("/* hunter", "ends within a quoted text or comment"),
    ],
)
def test_what_is_no_whole_dump_in_sql_is_refused(text: str, message: str) -> None:
    written: list[str] = []
    with pytest.raises(ExclaveError, match=message):
        redact(io.StringIO(text).read, written.append)
    assert "hunter2" not in "".join(written)


@pytest.mark.parametrize("text", ["", "\n", "SELECT 1", "-- the end", "SELECT 'x'", "SELECT $$x$$"])
def test_a_dump_may_end_without_a_semicolon(text: str) -> None:
    assert redacted(text) == (text, [])


# Laws ---------------------------------------------------------------------------------------------

SQL_LIKE = st.lists(
    st.sampled_from(
        [*"'\"$;\\-/*eEuU&xn1 \n\t(),", "''", "--", "/*", "*/", "$$", "$a$", "E'", "U&'", "\\.",
         "OPTIONS (", "PASSWORD ", "password", "COPY a FROM STDIN;\n", "USER MAPPING ", "é", "a"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(SQL_LIKE, st.booleans())
def test_tokens_joined_are_the_statement(text: str, escapes: bool) -> None:
    assert "".join(token.text for token in tokens(text, escapes=escapes)) == text


@given(SQL_LIKE)
def test_parts_joined_are_the_dump_and_each_statement_is_one(text: str) -> None:
    parts = list(Reader(io.StringIO(text, newline="").read).parts())
    assert "".join(part.text for part in parts) == text
    assert [part.line for part in parts] == [
        1 + "".join(part.text for part in parts[:number]).count("\n")
        for number in range(len(parts))
    ]
    for part in parts:
        if part.kind == "statement":
            found = list(tokens(part.text, escapes=part.escapes))
            assert not any(token.is_sign(";") for token in found[:-1])


@given(SQL_LIKE, st.randoms(use_true_random=False))
def test_it_does_not_matter_how_much_is_read_at_once(text: str, by: random.Random) -> None:
    source = io.StringIO(text, newline="")
    whole = Reader(io.StringIO(text, newline="").read).parts()
    slow = Reader(lambda _: source.read(by.randint(1, 3))).parts()
    assert _lines_joined(slow) == _lines_joined(whole)


def _lines_joined(parts: Iterator[Part]) -> list[tuple[str, str]]:
    """Join pieces of the data of one COPY, which may be given in any number of pieces."""
    joined: list[tuple[str, str]] = []
    for text, kind in ((part.text, part.kind) for part in parts):
        if joined and kind == "other" == joined[-1][1] and not joined[-1][0].endswith("\\.\n"):
            joined[-1] = (joined[-1][0] + text, kind)
        else:
            joined.append((text, kind))
    return joined


NOISE = (
    "-- it's OPTIONS (password 'x'\n",
    "/* don't /* nest; */ PASSWORD ' */\n",
    "COPY t (a) FROM stdin;\nit's\t\"$$ password 'x'\n\\\\.\nE'\n\\.\n",
    "INSERT INTO t VALUES ('it''s OPTIONS (password', E'\\'x', $a$';$$$a$);\n",
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $_$ SELECT 'OPTIONS; (' || $$'$$; $_$;\n",
    "\\restrict x'y\n",
    "SELECT \"it's\" FROM \"OPTIONS\" WHERE '' <> E'\\\\';\n",
)


@given(catalogs(), st.lists(st.sampled_from(NOISE), max_size=6), st.randoms())
def test_of_any_catalog_the_values_of_secrets_are_masked_and_nothing_else(
    catalog: Catalog, noise: list[str], by: random.Random
) -> None:
    pieces = [(text, text) for text in noise]
    for value in catalog:
        for statement in create_statements(value):
            given_, expected = "", ""
            for fragment in statement.fragments:
                if isinstance(fragment, Secret):
                    given_ += quote_literal(fragment.resolve())
                    expected += f"'{MASK}'"
                else:
                    given_ += fragment
                    expected += fragment
            pieces.append((given_ + ";\n", expected + ";\n"))
    by.shuffle(pieces)
    clean, _ = redacted("".join(text for text, _ in pieces))
    assert clean == "".join(expected for _, expected in pieces)


@given(st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=12))
def test_every_option_of_a_mapping_is_masked_unless_the_registry_says_that_it_is_open(
    name: str,
) -> None:
    for option in (name, *open_mapping_options(), "password"):
        clean, _ = redacted(f"CREATE USER MAPPING FOR a SERVER b OPTIONS (\"{option}\" 'value');")
        assert ("value" in clean) == (option in open_mapping_options())
