"""A dump as it is read: statements, data of COPY and commands of psql, however large it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from exclave.redact.lexer import (
    DOLLAR_TAG,
    ESCAPED,
    LETTER,
    PLAIN,
    comment_end,
    tokens,
)

CHUNK = 1 << 16
"""Characters that are read at once, at least."""

_SPECIAL = re.compile(r"""['"$;\\]|--|/\*""")
_IN_NAME = re.compile(rf"[{LETTER}0-9$]")
_TAG = re.compile(DOLLAR_TAG)
_HALF_A_TAG = re.compile(rf"\$[{LETTER}0-9]*\Z")
_PLAIN = re.compile(PLAIN + "'")
_ESCAPED = re.compile(ESCAPED + "'")
_NAME = re.compile((PLAIN + "'").replace("'", '"'))
_BLANK = re.compile(r"(?:\s|--[^\n]*+(?:\n|\Z))*+")
_GOES_ON = re.compile(r"(?:[ \t\f\v\r]|--[^\n]*+)*+\n(?:\s|--[^\n]*+\n)*+(?=')")
_MAY_GO_ON = re.compile(r"(?:\s|--[^\n]*+\n?|-(?!-))*+\Z")
_COPY = re.compile(r"COPY\b", re.IGNORECASE)
_END_OF_DATA = re.compile(r"^\\\.\r?(?:\n|\Z)", re.MULTILINE)
_CONFORMING = re.compile(
    r"SET\s+(?:SESSION\s+|LOCAL\s+)?standard_conforming_strings\s*(?:=|\bTO\b)\s*'?(\w+)",
    re.IGNORECASE,
)
_OFF = frozenset({"off", "false", "no", "0", "f", "n"})


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a dump.

    Parameters
    ----------
    kind
        ``other`` is data of COPY and commands of psql.
    text
        As it is written.
    line
        The line that it begins on, the first one being 1.
    escapes
        Whether a backslash is an escape in its plain constants.
    """

    kind: Literal["statement", "other"]
    text: str
    line: int
    escapes: bool = False


class Reader:
    """Reads a dump part by part.

    Parameters
    ----------
    read
        Gives up to so many characters, and none at the end.
    """

    def __init__(self, read: Callable[[int], str]) -> None:
        self._read = read
        self._text = ""
        self._start = 0
        self._ended = False
        self._line = 1
        self._escapes = False
        self.complete = True
        """Whether the dump ended where a statement did."""

    def parts(self) -> Iterator[Part]:
        """Give the parts; their texts, joined, are the dump."""
        while self._start < len(self._text) or self._more():
            kind, end = self._next()
            part = self._take(kind, end)
            yield part
            if kind == "statement":
                yield from self._after(part)

    def _take(self, kind: Literal["statement", "other"], end: int) -> Part:
        part = Part(kind, self._text[self._start : end], self._line, self._escapes)
        self._line += part.text.count("\n")
        self._start = end
        return part

    def _more(self) -> bool:
        """Read on; positions before the current part are given up, and others stay."""
        if self._ended:
            return False
        chunk = self._read(max(CHUNK, len(self._text) - self._start))
        self._ended = not chunk
        self._text += chunk
        return bool(chunk)

    def _forget(self) -> None:
        if self._start > CHUNK:
            self._text, self._start = self._text[self._start :], 0

    def _next(self) -> tuple[Literal["statement", "other"], int]:
        """Find the end of the part that begins here."""
        self._forget()
        position = self._start
        while True:
            found = _SPECIAL.search(self._text, position)
            end = None if found is None else self._end_of(found)
            if found is None or end is None:
                # what is at the end may be half of something
                position = found.start() if found else max(position, len(self._text) - 1)
                if self._ended:
                    self.complete = found is None or found[0] == "--"
                    return "statement", len(self._text)
                self._more()
            elif found[0] == ";":
                return "statement", end
            elif found[0] == "\\" and self._is_blank_before(found.start()):
                line_end = self._find("\n", end)
                return "other", len(self._text) if line_end < 0 else line_end + 1
            else:
                position = end

    def _is_blank_before(self, position: int) -> bool:
        return _blank(self._text, self._start) >= position

    def _find(self, text: str, position: int) -> int:
        while (found := self._text.find(text, position)) < 0 and self._more():
            pass
        return found

    def _end_of(self, found: re.Match[str]) -> int | None:
        """Give where something ends that begins with a special sign; None if that is not there."""
        text, position = self._text, found.start()
        match found[0]:
            case ";" | "\\":
                return found.end()
            case "--":
                return text.find("\n", position) + 1 or None
            case "/*":
                return comment_end(text, found.end())
            case '"':
                return self._quoted(_NAME, position)
            case "'":
                return self._constant(position)
            case _:
                return self._dollar(position)

    def _quoted(self, pattern: re.Pattern[str], position: int) -> int | None:
        """Give the end of what is quoted, when no quote can come that would double the last one."""
        match = pattern.match(self._text, position)
        if match is None or (match.end() == len(self._text) and not self._ended):
            return None
        return match.end()

    def _constant(self, position: int) -> int | None:
        before = self._text[max(self._start, position - 2) : position]
        escaped = before[-1:] in ("e", "E") and not _IN_NAME.match(before[:-1])
        end = self._quoted(_ESCAPED if escaped or self._escapes else _PLAIN, position)
        if end is None or not (escaped or self._escapes):
            return end
        if not self._ended and _MAY_GO_ON.match(self._text, end):
            return None
        more = _GOES_ON.match(self._text, end)
        return self._constant_part(more.end()) if more else end

    def _constant_part(self, position: int) -> int | None:
        """Give the end of a constant with escapes that goes on in a new line."""
        end = self._quoted(_ESCAPED, position)
        if end is None or (not self._ended and _MAY_GO_ON.match(self._text, end)):
            return None
        more = _GOES_ON.match(self._text, end)
        return self._constant_part(more.end()) if more else end

    def _dollar(self, position: int) -> int | None:
        if position > self._start and _IN_NAME.match(self._text[position - 1]):
            return position + 1
        tag = _TAG.match(self._text, position)
        if tag is None:
            half = _HALF_A_TAG.match(self._text, position)
            return None if half and not self._ended else position + 1
        closing = self._text.find(tag[0], tag.end())
        return closing + len(tag[0]) if closing >= 0 else None

    def _after(self, statement: Part) -> Iterator[Part]:
        """Heed what a statement means for what comes after it."""
        text = statement.text[_blank(statement.text) :]
        if conforming := _CONFORMING.match(text):
            self._escapes = conforming[1].lower() in _OFF
        elif _COPY.match(text) and _has_data(text, statement.escapes):
            yield from self._data()

    def _data(self) -> Iterator[Part]:
        """Give the data of COPY, which begin in the next line."""
        line_end = self._find("\n", self._start)
        yield self._take("other", len(self._text) if line_end < 0 else line_end + 1)
        while True:
            self._forget()
            end = _END_OF_DATA.search(self._text, self._start)
            if end is not None and (end[0].endswith("\n") or self._ended):
                yield self._take("other", end.end())
                return
            whole_lines = self._text.rfind("\n", self._start) + 1
            if whole_lines > self._start:
                yield self._take("other", whole_lines)
            if not self._more():
                if self._start < len(self._text):
                    yield self._take("other", len(self._text))
                return


def _has_data(copy: str, escapes: bool) -> bool:
    """Tell whether the data of a COPY follow it."""
    words = [token for token in tokens(copy, escapes=escapes) if token.kind != "space"]
    return any(one.is_word("FROM") and two.is_word("STDIN") for one, two in pairwise(words))


def _blank(text: str, position: int = 0) -> int:
    """Give where white space and comments end."""
    while True:
        match = _BLANK.match(text, position)
        assert match is not None
        position = match.end()
        if not text.startswith("/*", position):
            return position
        position = comment_end(text, position + 2) or len(text)
