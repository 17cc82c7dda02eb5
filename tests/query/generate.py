"""Queries over joined tables, generated: names that hide each other, queries within queries."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import strategies as st

_COLUMNS = {
    "fed.users": {"member": "text", "id": "int", "age": "int", "name": "text"},
    "fed.orders": {"member": "text", "id": "int", "user_id": "int"},
    "local.users": {"id": "int", "age": "int", "name": "text"},
    "local.country": {"member": "text", "id": "int", "code": "text"},
}
_ALIASES = ("users", "orders", "country", "u", "fed", "o")


@dataclass(frozen=True)
class Source:
    """Something in FROM: how its columns are qualified, and what they are."""

    qualifier: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Surroundings:
    """What a query sees: sources of the queries around it, and WITH queries."""

    sources: tuple[Source, ...] = ()
    queries: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    depth: int = 0


def hidden(qualifier: str, taken: set[str]) -> bool:
    """Tell whether sources of these qualifiers are meant by a qualifier from further out."""
    if "." in qualifier:
        return qualifier in taken
    return qualifier in {each.rpartition(".")[2] for each in taken}


@st.composite
def queries(draw: st.DrawFn, around: Surroundings = Surroundings()) -> str:
    """Generate a query, whose columns are ``c0``, ``c1`` … with the types that `selects` gives."""
    return draw(selects(around))[0]


@st.composite
def selects(draw: st.DrawFn, around: Surroundings) -> tuple[str, dict[str, str]]:
    """Generate a query and its columns with their types."""
    text = ""
    if around.depth < 2 and draw(st.integers(0, 4)) == 0:
        inner, columns = draw(selects(deeper(around)))
        name = draw(st.sampled_from(_ALIASES))
        text = f"WITH {name} AS ({inner}) "
        queries = {**dict(around.queries), name: tuple(columns.items())}
        around = Surroundings(around.sources, tuple(queries.items()), around.depth)
    sources: list[Source] = []
    clauses = ""
    for _ in range(draw(st.integers(1, 3 if around.depth == 0 else 2))):
        lateral = bool(sources) and draw(st.booleans())
        seen = visible(around, sources if lateral else [])
        item, source = draw(items(seen, {each.qualifier for each in sources}, lateral))
        if not sources:
            clauses = item
        else:
            join = draw(st.sampled_from([", ", " JOIN ", " LEFT JOIN ", " CROSS JOIN "]))
            clauses += join + item
            if "CROSS" not in join and join != ", ":
                # ON sees the whole of the join, of which FROM a, b JOIN c is only a part
                clauses = clauses.replace(", ", " CROSS JOIN ") if "(" not in clauses else clauses
                clauses += " ON true"
        sources.append(source)
    inside = visible(around, sources)
    condition = draw(conditions(inside))
    chosen = [draw(columns_of(inside.sources)) for _ in range(draw(st.integers(1, 2)))]
    listed = ", ".join(f"{column} AS c{number}" for number, (column, _) in enumerate(chosen))
    types = {f"c{number}": named for number, (_, named) in enumerate(chosen)}
    text += f"SELECT {listed} FROM {clauses} WHERE {condition}"  # noqa: S608
    if draw(st.integers(0, 5)) == 0:
        arms = ", ".join(f"NULL::{named}" for named in types.values())
        text += f" UNION ALL SELECT {arms} FROM fed.orders WHERE fed.orders.id > 3"  # noqa: S608
    return text, types


def deeper(around: Surroundings) -> Surroundings:
    """Give what a query within a query sees, apart from sources."""
    return Surroundings(around.sources, around.queries, around.depth + 1)


def visible(around: Surroundings, sources: list[Source]) -> Surroundings:
    """Give what is seen inside of a query, of which some sources hide others."""
    taken = {source.qualifier for source in sources}
    outer = tuple(each for each in around.sources if not hidden(each.qualifier, taken))
    names = [source.qualifier.rpartition(".")[2] for source in sources]
    clear = tuple(
        source
        for source in sources
        if "." in source.qualifier or names.count(source.qualifier) == 1
    )
    return Surroundings((*clear, *outer), around.queries, around.depth)


@st.composite
def items(
    draw: st.DrawFn, around: Surroundings, taken: set[str], lateral: bool
) -> tuple[str, Source]:
    """Generate something in FROM beside sources of which the qualifiers are taken."""
    kinds = ["table", "table", "aliased"]
    kinds += ["subquery"] if around.depth < 2 else []
    kinds += ["query"] if around.queries else []
    kind = draw(st.sampled_from(kinds))
    used = {each.rpartition(".")[2] for each in taken}
    free = [alias for alias in (*_ALIASES, "x1", "x2", "x3") if alias not in used]
    if kind == "table":
        plain = {each for each in taken if "." not in each}
        left = [
            each for each in _COLUMNS if each not in taken and each.rpartition(".")[2] not in plain
        ]
        if left:
            table = draw(st.sampled_from(left))
            return table, Source(table, _COLUMNS[table])
    alias = draw(st.sampled_from(free))
    word = draw(st.sampled_from([" AS ", " "]))
    if kind == "query":
        name, columns = draw(st.sampled_from(around.queries))
        return f"{name}{word}{alias}", Source(alias, dict(columns))
    if kind == "subquery":
        text, columns = draw(selects(deeper(around)))
        prefix = "LATERAL " if lateral else ""
        return f"{prefix}({text}){word}{alias}", Source(alias, columns)
    table = draw(st.sampled_from(sorted(_COLUMNS)))
    return f"{table}{word}{alias}", Source(alias, _COLUMNS[table])


@st.composite
def columns_of(draw: st.DrawFn, sources: tuple[Source, ...], wanted: str = "") -> tuple[str, str]:
    """Generate a column, of some type if one is wanted, or a constant; with its type."""
    found = [
        (f"{source.qualifier}.{column}", named)
        for source in sources
        for column, named in source.columns.items()
        if wanted in ("", named)
    ]
    constants = {"int": "2", "text": "'m2'"}
    if not found:
        wanted = wanted or "int"
        return f"{constants[wanted]}::{wanted}", wanted
    return draw(st.sampled_from(found))


@st.composite
def conditions(draw: st.DrawFn, around: Surroundings) -> str:
    """Generate a condition."""
    column, named = draw(columns_of(around.sources))
    kinds = ["compare", "compare", "constant"]
    kinds += ["exists", "in", "scalar", "both"] if around.depth < 2 else []
    match draw(st.sampled_from(kinds)):
        case "compare":
            other, _ = draw(columns_of(around.sources, named))
            return f"{column} {draw(st.sampled_from(['=', '<>', '<=']))} {other}"
        case "exists":
            return f"{draw(st.sampled_from(['', 'NOT ']))}EXISTS ({draw(queries(deeper(around)))})"
        case "in":
            other, _ = draw(columns_of(around.sources, "int"))
            text, _ = draw(selects(deeper(around)))
            return f"{other} IN (SELECT length(q.c0::text) FROM ({text}) AS q)"  # noqa: S608
        case "scalar":
            return f"(SELECT count(*) FROM ({draw(queries(deeper(around)))}) AS q) > 1"  # noqa: S608
        case "both":
            return f"({draw(conditions(around))} OR {draw(conditions(around))})"
        case _:
            constant = {"int": "3", "text": "'m2'"}[named]
            return f"{column} {draw(st.sampled_from(['=', '<>', '>=']))} {constant}"


_ATOMS = (
    "u.member = 'm1'", "'m2' = u.member", "u.member IN ('m1', 'm3')", "o.member = 'm3'",
    "o.member = ANY (ARRAY['m2', 'm3'])", "u.member = o.member", "c.member = u.member",
    "o.member = c.member", "c.member = 'm2'", "c.member IN ('m1', 'm9')", "u.id = o.user_id",
    "(u.member = 'm1' OR u.member = 'm2')", "(u.member = 'm1' OR o.member = 'm1')", "u.age > 30",
    "(o.member = 'm2' AND o.id > 1 OR o.member = 'm3')", "o.member <> 'm1'", "NOT u.member = 'm3'",
    "u.member IS NULL", "c.code = 'NL'", "(u.member IN ('m2', 'm3') AND o.amount > 1)",
)  # fmt: skip
"""Conditions, many of them on members."""


@st.composite
def joins(draw: st.DrawFn) -> str:
    """Generate a join of joined tables and one of the hub, with conditions on members."""
    items = list(draw(st.permutations(["fed.users u", "fed.orders o", "local.country c"])))
    kinds = st.sampled_from(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
    seen = items[0][-1]
    clauses = items[0]
    for item in items[1:]:
        seen += item[-1]
        kind = draw(kinds)
        condition = draw(_all_of(seen, mergeable="FULL" in kind))
        clauses = f"{clauses} {kind} {item} ON {condition}"
    if draw(st.integers(0, 3)) == 0:
        clauses = f"{clauses}, fed.users AS x"
        seen += "x"
    where = draw(_all_of(seen, least=2))
    return f"SELECT u.*, o.*, c.* FROM {clauses} WHERE {where}"  # noqa: S608


@st.composite
def _all_of(draw: st.DrawFn, seen: str, least: int = 0, *, mergeable: bool = False) -> str:
    """Generate conditions on tables of which the aliases are seen; FULL JOIN takes few."""
    atoms = (*_ATOMS, "x.member = u.member", "x.member IN ('m1')", "x.member = o.member")
    known = [
        atom
        for atom in atoms
        if {name for name in "uocx" if f"{name}." in atom} <= set(seen)
        and (not mergeable or re.fullmatch(r"\w\.\w+ = \w\.\w+", atom))
    ]
    if not known:
        return "true"
    chosen = draw(st.lists(st.sampled_from(known), min_size=least, max_size=4, unique=True))
    return " AND ".join(chosen) or "true"
