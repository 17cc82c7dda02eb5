"""The words of one SQL statement, each with the white space and comments kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["space", "string", "name", "word", "other"]

LETTER = r"A-Za-z_\x80-\U0010ffff"
PLAIN = r"'[^']*+(?:''[^']*+)*+"
ESCAPED = r"'[^'\\]*+(?:(?:''|\\.)[^'\\]*+)*+"
"""Constants less their last quote."""
DOLLAR_TAG = rf"\$(?:[{LETTER}][{LETTER}0-9]*)?\$"


def _token(string: str) -> re.Pattern[str]:
    return re.compile(
        rf"""
        (?P<space> (?: \s | --[^\n]* )+ )
        | (?P<comment> /\* )
        | (?P<dollar> {DOLLAR_TAG} )
        | (?P<escaped> [eE]{ESCAPED}(?:'|\\?\Z) )
        | (?P<string> (?: [uU]& | [nNbBxX] )? {string} )
        | (?P<name> (?: [uU]& )? "[^"]*+(?:""[^"]*+)*+(?:"|\Z) )
        | (?P<word> [{LETTER}0-9][{LETTER}0-9$]* )
        | (?P<other> . )
        """,
        re.VERBOSE | re.DOTALL,
    )


_STANDARD = _token(PLAIN + r"(?:'|\Z)")
_WITH_ESCAPES = _token(ESCAPED + r"(?:'|\\?\Z)")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, name, constant or sign of a statement.

    Parameters
    ----------
    kind
        ``space`` is white space and comments.
    text
        As it is written.
    line
        The line that it begins on, counted from that of the statement.
    escapes
        Of a string constant: whether a backslash is an escape in it.
    """

    kind: Kind
    text: str
    line: int
    escapes: bool = False

    def is_word(self, *words: str) -> bool:
        """Tell whether it is one of some keywords, given in capitals."""
        return self.kind == "word" and self.text.upper() in words

    def is_sign(self, sign: str) -> bool:
        """Tell whether it is a sign such as a parenthesis."""
        return self.kind == "other" and self.text == sign


def tokens(text: str, *, escapes: bool = False) -> Iterator[Token]:
    """Take a statement apart; the texts of the tokens, joined, are the statement.

    Parameters
    ----------
    text
        The statement.
    escapes
        Whether a backslash is an escape in plain constants, which is so when
        ``standard_conforming_strings`` is off.
    """
    pattern = _WITH_ESCAPES if escapes else _STANDARD
    position, line = 0, 0
    goes_on = False  # whether a constant here would be a part of one with escapes
    while position < len(text):
        match = pattern.match(text, position)
        assert match is not None
        kind, end = _kind(match.lastgroup), match.end()
        with_escapes = match.lastgroup == "escaped" or (match.lastgroup == "string" and escapes)
        if match.lastgroup == "comment":
            end = comment_end(text, end) or len(text)
        elif match.lastgroup == "dollar":
            closing = text.find(match[0], end)
            end = len(text) if closing < 0 else closing + len(match[0])
        elif kind == "string" and goes_on and text[position] == "'":
            continued = _WITH_ESCAPES.match(text, position)
            assert continued is not None
            end, with_escapes = continued.end(), True
        piece = text[position:end]
        yield Token(kind, piece, line, with_escapes)
        goes_on = with_escapes or (goes_on and kind == "space" and "\n" in piece)
        line += piece.count("\n")
        position = end


_KINDS: dict[str | None, Kind] = {
    "space": "space",
    "comment": "space",
    "dollar": "string",
    "escaped": "string",
    "string": "string",
    "name": "name",
    "word": "word",
}


def _kind(group: str | None) -> Kind:
    return _KINDS.get(group, "other")


_COMMENT = re.compile(r"/\*|\*/")


def comment_end(text: str, position: int) -> int | None:
    """Give where a block comment ends whose inside begins at a position; comments nest."""
    depth = 1
    for match in _COMMENT.finditer(text, position):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    return None
