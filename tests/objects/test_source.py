"""Objects as source: it evaluates to an equal object, is formatted, and holds no secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exclave as xc
from exclave.errors import DeclarationError
from exclave.objects.python_format import (
    Atom,
    Node,
    call,
    formatted,
    make_dict,
    make_list,
    string,
)
from exclave.objects.source import EnvironmentReferences, SecretPlace, imports_of, source_of

from ..plan import generate
from .formatter import what_ruff_says

texts = generate.names | st.text(st.characters(exclude_categories=["Cs"]), max_size=130)


def formatter_changes(sources: Iterable[str]) -> str:
    """Give what a formatter would change in these expressions."""
    return what_ruff_says("".join(f"x = {source}\n" for source in sources), lint=False)


def nodes(leaves: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Trees of calls, lists and dicts."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(make_list),
            st.dictionaries(texts, inner, max_size=4).map(make_dict),
            st.builds(
                lambda arguments, keywords: call("xc.Thing", *arguments, **keywords),
                st.lists(inner, max_size=3),
                st.dictionaries(st.sampled_from(["a", "bc", "options"]), inner, max_size=3),
            ),
        ),
        max_leaves=12,
    )


@settings(max_examples=30)
@given(st.lists(nodes(texts.map(string) | st.just(Atom("None"))), min_size=20, max_size=60))
def test_a_tree_is_written_as_a_formatter_would_leave_it(trees: list[Node]) -> None:
    calls = [tree for tree in trees if not isinstance(tree, Atom)]
    assert formatter_changes(formatted(tree, before=len("x = ")) for tree in calls) == ""


@given(texts)
def test_a_string_constant_evaluates_to_its_text(text: str) -> None:
    assert eval(string(text).text) == text


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("plain", '"plain"'),
        ("it's", '"it\'s"'),
        ('a "quoted" word', "'a \"quoted\" word'"),
        ("both ' and \"", '"both \' and \\""'),
        ("line\nend\\", '"line\\nend\\\\"'),
        ("é 🐘", '"é 🐘"'),
        ("e\u0301", '"e\\u0301"'),
    ],
)
def test_a_string_constant_is_quoted_as_formatters_do(text: str, source: str) -> None:
    assert string(text).text == source


@given(generate.catalogs(), st.sampled_from(["xc.", ""]))
def test_the_source_of_a_catalog_evaluates_to_an_equal_one(
    catalog: xc.Catalog, prefix: str
) -> None:
    references = EnvironmentReferences()
    source = source_of(catalog, prefix=prefix, secret=references, before=len("x = "))
    names: dict[str, object] = {}
    for line in imports_of(catalog, prefix=prefix, secret=references):
        exec(line, names)
    found = eval(source, names)
    expected = with_references(catalog)
    assert found == expected
    assert everything(found) == everything(expected)
    assert formatter_changes([source]) == ""


def everything(value: object) -> object:
    """Give all that an object holds, also what two equal ones may differ in."""
    if isinstance(value, Mapping):
        return {key: everything(held) for key, held in value.items()}
    if isinstance(value, tuple):
        return [everything(each) for each in value]
    if is_dataclass(value) and not isinstance(value, xc.Secret):
        shown = [each.name for each in fields(value) if each.repr]  # the others are derived
        return type(value), {name: everything(getattr(value, name)) for name in shown}
    return value


def with_references(catalog: xc.Catalog) -> xc.Catalog:
    """Replace the secrets of a catalog by what a new `EnvironmentReferences` names them."""
    references = EnvironmentReferences()

    def replaced(value: object) -> object:
        if not isinstance(value, xc.UserMapping | xc.Server | xc.Wrapper | xc.ForeignTable):
            return value
        assert isinstance(value.options, xc.Options)
        literals = {
            name: references(held, SecretPlace(value, name))
            for name, held in value.options.items()
            if isinstance(held, xc.Secret)
        }
        return replace(value, options=value.options.with_values(literals))

    return xc.Catalog(replaced(value) for value in catalog)  # type: ignore[misc]


SERVER = xc.Server(
    "accounts",
    options={"host": "accounts.db", "fetch_size": 10_000},
    owner="fdw_owner",
    grants={"app": ["USAGE WITH GRANT OPTION"], "PUBLIC": ["USAGE"]},
)


def test_what_fits_stands_on_one_line_and_defaults_are_left_out() -> None:
    assert source_of(xc.Server("accounts")) == 'xc.Server("accounts")'
    column = xc.Column("id", "int8", identity="ALWAYS")
    assert source_of(column) == 'xc.Column("id", "bigint", identity="ALWAYS")'
    mapping = xc.UserMapping("accounts", options={"user": "reader"})
    written = 'xc.UserMapping("accounts", "PUBLIC", options={"user": "reader"})'
    assert source_of(mapping) == written


def test_what_does_not_fit_has_one_argument_a_line() -> None:
    assert source_of(SERVER).splitlines() == [
        "xc.Server(",
        '    "accounts",',
        '    options={"host": "accounts.db", "fetch_size": "10000"},',
        '    owner="fdw_owner",',
        '    grants={"app": ["USAGE WITH GRANT OPTION"], "PUBLIC": ["USAGE"]},',
        ")",
    ]


def test_names_stand_as_readable_as_they_can() -> None:
    table = xc.ForeignTable(
        "t",
        [xc.Column("c", "text", collation=xc.QualifiedName("C", "pg_catalog"), generated="a")],
        server="s",
        schema="erp",
        inherits=[xc.QualifiedName("Parent", "erp")],
        renamed_from=xc.QualifiedName("old", "erp"),
    )
    assert source_of(table, width=60).splitlines() == [
        "xc.ForeignTable(",
        '    "t",',
        "    [",
        "        xc.Column(",
        '            "c",',
        '            "text",',
        '            collation=xc.QualifiedName("C", "pg_catalog"),',
        '            generated="a",',
        "        ),",
        "    ],",
        '    server="s",',
        '    schema="erp",',
        "    inherits=['erp.\"Parent\"'],",
        '    renamed_from="old",',
        ")",
    ]


@pytest.mark.parametrize(
    "value",
    [
        SERVER,
        xc.Schema("erp", grants={}),
        xc.Extension("postgres_fdw", schema="x", version="1.1"),
        xc.Wrapper("w", handler='public."Handler"', extension="e", renamed_from="v"),
        xc.ImportForeignSchema("s", "remote", limit_to=["a", "b"], options={"import_default": 1}),
        xc.Partition("erp.orders", "DEFAULT"),
        xc.MaterializedView(
            "v",
            "SELECT 1 AS id",
            schema="erp",
            columns=[xc.ViewColumn("id", comment="c", grants={"app": ["SELECT"]})],
            indexes=[xc.Index("i", ["id"], unique=True, where="id > 0", options={"fillfactor": 9})],
            with_data=False,
            owner="o",
            grants={},
            comment="c",
            renamed_from=xc.QualifiedName("w", "erp"),
        ),
        xc.Index("i", [xc.IndexKey("a", descending=True, opclass="x.ops"), "b"], include=["c"]),
        xc.IndexKey(expression="lower(a)", collation="C", nulls_first=True),
        xc.ViewColumn("id", grants={}),
        xc.Generated("a + 1", stored=False),
        xc.Check("positive", "a > 0", no_inherit=True),
        xc.Grant("app", "SELECT", grantable=True),
        frozenset({xc.Grant("public", "SELECT"), xc.Grant("app", "ALL", grantable=True)}),
        xc.QualifiedName("t"),
        xc.Options({"a": "1", "hidden": xc.HIDDEN}),
        xc.UserMapping("s", "app", options=xc.HIDDEN),
        xc.Hidden(changed=True),
        xc.Secret.env("X"),
        xc.Secret.file("/run/secrets/x"),
        xc.Secret.command("vault", "read"),
        xc.Secret.call("package.module:function"),
        [1, None, True, "a", {"b": xc.HIDDEN}],
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_object_comes_back_from_its_source(value: object) -> None:
    found = eval(source_of(value), {"xc": xc})
    if isinstance(value, frozenset):
        found = xc.ForeignTable("t", [], server="s", grants=found).grants
    assert found == value
    assert everything(found) == everything(value)


def test_a_query_of_several_lines_stands_as_it_is() -> None:
    view = xc.MaterializedView("v", "SELECT a,\n    b\n   FROM t", uses=["t"])
    source = source_of(view)
    assert source.splitlines() == [
        "xc.MaterializedView(",
        '    "v",',
        '    """SELECT a,',
        "    b",
        '   FROM t""",',
        ")",
    ]
    assert eval(source, {"xc": xc}) == view
    assert formatter_changes([source]) == ""
    for text in (
        'SELECT a\nFROM """t"""',
        'SELECT a\nFROM "t"',
        "SELECT '\\'\n, 2",
        "SELECT 1 \n, 2",
    ):
        assert "\\n" in source_of(xc.MaterializedView("v", text))


@pytest.mark.parametrize(
    "secret", [xc.Secret.literal("pa55word"), xc.Secret.call(lambda: "")], ids=["literal", "call"]
)
def test_a_secret_without_a_reference_has_no_source(secret: xc.Secret) -> None:
    mapping = xc.UserMapping("accounts", "app", options={"password": secret})
    with pytest.raises(DeclarationError, match="'password' of user mapping") as caught:
        source_of(mapping)
    assert "pa55word" not in str(caught.value)
    with pytest.raises(DeclarationError, match="not written into source"):
        source_of(mapping, secret=lambda secret, place: secret)


def test_a_reference_to_the_environment_stands_for_each_secret() -> None:
    references = EnvironmentReferences()
    mappings = [
        xc.UserMapping(server, "app", options={"password": xc.Secret.literal("pa55word")})
        for server in ("ac-counts", "ac counts", "ac-counts", "Ü")
    ]
    source = source_of(mappings, secret=references)
    assert list(references.variables) == [
        "AC_COUNTS_APP_PASSWORD",
        "AC_COUNTS_APP_PASSWORD_2",
        "APP_PASSWORD",
    ]
    assert source.count('xc.Secret.env("AC_COUNTS_APP_PASSWORD")') == 2
    assert "pa55word" not in source


def test_a_variable_begins_with_a_letter() -> None:
    assert SecretPlace(xc.Server("1"), "password").variable == "EXCLAVE_1_PASSWORD"
    assert SecretPlace(None, "é").variable == "EXCLAVE_"


def test_the_imports_are_those_that_the_source_needs() -> None:
    assert imports_of(SERVER) == ["import exclave as xc"]
    assert imports_of(SERVER, prefix="exclave.") == ["import exclave"]
    assert imports_of([SERVER, xc.HIDDEN], prefix="") == ["from exclave import HIDDEN, Server"]
    assert imports_of({"a": 1}) == []


def test_what_is_no_declaration_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be written"):
        source_of(object())
