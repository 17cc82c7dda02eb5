"""PostgreSQL's own grammar, by way of pglast: syntax trees and tokens."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from exclave.errors import ExclaveError, QueryError
from exclave.query.placeholders import NativeText

Node = Any
"""A node of a syntax tree: one of pglast's, whose class has the name that PostgreSQL gives it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a text, which is neither white space nor a comment."""

    name: str
    start: int
    end: int
    """The position behind it."""


class Tokens:
    """The tokens of a text, found by where they begin."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._starts = [token.start for token in tokens]

    def at(self, position: int) -> int:
        """Give the number of the token that begins at a position."""
        return bisect_left(self._starts, position)

    def __getitem__(self, number: int) -> Token:
        """Give a token; one without a name where there is none."""
        if 0 <= number < len(self._tokens):
            return self._tokens[number]
        return Token("", -1, -1)

    def after_name(self, number: int) -> int:
        """Give the number of the token behind a name, which may be followed by UESCAPE."""
        return number + 3 if self[number + 1].name == "UESCAPE" else number + 1

    def parts(self, position: int, count: int) -> list[Token]:
        """Give the tokens of the parts of a qualified name.

        Parameters
        ----------
        position
            Where it begins.
        count
            How many parts are wanted; a token for each ends where its UESCAPE does.
        """
        number = self.at(position)
        found: list[Token] = []
        for _ in range(count):
            after = self.after_name(number)
            first, last = self[number], self[after - 1]
            found.append(Token(first.name, first.start, last.end))
            number = after + 1  # over the full stop
        return found


def parse(native: NativeText) -> tuple[list[Node], Tokens]:
    """Read a text by PostgreSQL's grammar.

    Parameters
    ----------
    native
        One or more statements.

    Returns
    -------
    tuple
        The syntax trees of the statements, and the tokens of the text.

    Raises
    ------
    QueryError
        When the grammar does not know it.
    ExclaveError
        When pglast is not installed.
    """
    try:
        from pglast import parser
    except ImportError as error:
        raise ExclaveError(
            "To read statements over joined tables, PostgreSQL's grammar is needed. "
            "Install exclave[pushdown]."
        ) from error
    try:
        statements = cast("Sequence[Node]", parser.parse_sql(native.text))
        tokens = parser.scan(native.text)
    except parser.ParseError as error:
        said, index = cast("tuple[str, int | None]", error.args)
        if index is not None:
            said += f", at character {native.written(index) + 1}"
        version = parser.get_postgresql_version()[0]
        raise QueryError(
            "A statement that may name joined tables cannot be read, so it is not known which: "
            f"{said}, by the grammar of PostgreSQL {version}. Correct it; if PostgreSQL takes it, "
            "install a newer pglast."
        ) from error
    comments = {"SQL_COMMENT", "C_COMMENT"}
    kept = [Token(each.name, each.start, each.end + 1) for each in tokens]
    return [each.stmt for each in statements], Tokens(
        [token for token in kept if token.name not in comments]
    )


def kind(node: Node) -> str:
    """Give the name of a node's class."""
    return type(node).__name__


def children(node: Node, but: Collection[str] = ()) -> Iterator[Node]:
    """Give what is right below a node: nodes, and tuples of them.

    Parameters
    ----------
    node
        The node; what is none has nothing below it.
    but
        The attributes to leave out.
    """
    slots: Any = getattr(cast("Any", type(node)), "__slots__", None)
    if isinstance(slots, dict):  # as pglast's nodes have them
        for name in cast("dict[str, Any]", slots):
            value = getattr(node, name)
            if value is not None and name not in but:
                yield value


def texts(nodes: Sequence[Node] | None) -> list[str | None]:
    """Give the strings of a list, such as the parts of a name; `None` for what is none."""
    return [getattr(node, "sval", None) for node in nodes or ()]
