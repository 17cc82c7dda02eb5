"""Python expressions as small trees, written as ruff and black would format them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from unicodedata import category, east_asian_width

WIDTH = 100
"""Columns of a line, unless told otherwise."""

INDENT = "    "


@dataclass(frozen=True, slots=True)
class Atom:
    """Text that is never broken: a name, a string constant, a number."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call, such as ``xc.Server("accounts", comment="…")``."""

    name: str
    arguments: tuple[Node, ...] = ()
    keywords: tuple[tuple[str, Node], ...] = ()


@dataclass(frozen=True, slots=True)
class List:
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Dict:
    """A dict."""

    items: tuple[tuple[Atom, Node], ...]


Node = Atom | Call | List | Dict


def call(name: str, /, *arguments: Node, **keywords: Node) -> Call:
    """Make a call from its name and its arguments in their order."""
    return Call(name, arguments, tuple(keywords.items()))


def make_list(items: Iterable[Node]) -> List:
    """Make a list from its items."""
    return List(tuple(items))


def make_dict(items: Mapping[str, Node]) -> Dict:
    """Make a dict whose keys are strings."""
    return Dict(tuple((string(key), value) for key, value in items.items()))


def called(node: Node) -> Iterator[str]:
    """Give the names of all that a tree calls."""
    if isinstance(node, Call):
        yield node.name
    if not isinstance(node, Atom):
        for _, part in _opened(node)[2]:
            yield from called(part)


_PLAIN = re.compile(r"[ !#-&(-\[\]-~]*")  # printable ASCII but quotes and backslashes
_LINE = re.compile(r"[ -\[\]-~]*")  # printable ASCII but backslashes
_ESCAPE_OR_QUOTE = re.compile(r"\\.|\"")

# Letters and symbols whose width depends on the version of Unicode, or that take no column.
_UNSURE = re.compile(
    "[\u0d4e\u1160-\u11ff\u17a4\u17d8\u2630-\u2637\u268a-\u268f\u3164\u4dc0-\u4dff\ua8fa"
    "\ud7b0-\ud7fb\uff9e-\uffa0\U0001193f\U00011941\U00011a84-\U00011a89\U00011d46"
    "\U0001d300-\U0001d356\U0001d360-\U0001d376]"
)


def string(text: str) -> Atom:
    """Make a string constant: in double quotes, unless single ones need fewer escapes.

    Characters that cannot be printed are escaped, and so are marks that go with the character
    before them: two spellings of one text look different.
    """
    if _PLAIN.fullmatch(text):
        return Atom(f'"{text}"')
    body = repr("\"'" + text)[len("'\"\\'") : -1]  # both quotes stand in it, so ' is escaped
    if not body.isascii():
        body = "".join(map(_distinct, body))
    if text.count('"') > text.count("'"):
        return Atom(f"'{body}'")
    escaped = {r"\'": "'", '"': r"\""}
    return Atom(f'"{_ESCAPE_OR_QUOTE.sub(lambda match: escaped.get(match[0], match[0]), body)}"')


def block(text: str) -> Atom:
    """Make a string constant of several lines, if that shows the text as it is."""
    lines = text.split("\n")
    plain = all(_LINE.fullmatch(line) for line in lines) and not any(
        line != line.rstrip() for line in lines
    )
    if len(lines) == 1 or not plain or '"""' in text or text.startswith('"') or text.endswith('"'):
        return string(text)
    return Atom(f'"""{text}"""')


def _distinct(character: str) -> str:
    if character.isascii() or not (category(character)[0] == "M" or _UNSURE.match(character)):
        return character
    return ascii(character)[1:-1]


def formatted(
    node: Node, *, indent: int = 0, before: int | None = None, after: int = 0, width: int = WIDTH
) -> str:
    """Write a tree as Python source.

    What fits in the rest of the line stands on it; else there is one argument or item a line,
    with a comma behind the last one, which also keeps a formatter from joining them.

    Parameters
    ----------
    node
        The tree.
    indent
        By how many columns the line that it begins in is indented.
    before
        How many columns of that line are taken, the indentation with them; `indent` by default.
    after
        How many columns are needed behind it, for instance for a comma.
    width
        Columns of a line.

    Returns
    -------
    str
        The source, without indentation of the first line and without a newline at the end.

    Notes
    -----
    "The Black code style", chapters "How Black wraps lines" and "The magic trailing comma".
    """
    if isinstance(node, Atom):
        return node.text
    start = indent if before is None else before
    one_line = _one_line(node, width - start - after)
    if one_line is not None:
        return one_line
    opening, closing, parts = _opened(node)
    if not parts:
        return opening + closing
    inner = indent + len(INDENT)
    comma = "" if isinstance(node, Call) and len(parts) == 1 else ","
    lines = [
        f"{' ' * inner}{label}"
        + formatted(
            part,
            indent=inner,
            before=inner + columns(label),
            after=len(comma),
            width=width,
        )
        + comma
        for label, part in parts
    ]
    return "\n".join([opening, *lines, " " * indent + closing])


def _one_line(node: Node, room: int) -> str | None:
    """Write a tree in one line of at most so many columns, if it fits."""
    if isinstance(node, Atom):
        return node.text if columns(node.text) <= room and "\n" not in node.text else None
    opening, closing, parts = _opened(node)
    room -= columns(opening) + len(closing) + len(", ") * max(len(parts) - 1, 0)
    written: list[str] = []
    for label, part in parts:
        text = _one_line(part, room - columns(label))
        if text is None:
            return None
        written.append(label + text)
        room -= columns(written[-1])
    return opening + ", ".join(written) + closing if room >= 0 else None


def _opened(node: Call | List | Dict) -> tuple[str, str, list[tuple[str, Node]]]:
    match node:
        case Call():
            labelled = [("", argument) for argument in node.arguments]
            labelled += [(f"{name}=", value) for name, value in node.keywords]
            return f"{node.name}(", ")", labelled
        case List():
            return "[", "]", [("", item) for item in node.items]
        case Dict():
            return "{", "}", [(f"{key.text}: ", value) for key, value in node.items]


def columns(text: str) -> int:
    """Count the columns of a line that a text takes, where some characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
