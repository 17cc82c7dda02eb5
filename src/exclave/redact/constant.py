"""String constants: what they mean, and how a changed one is written in the same manner."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL
)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_UNICODE = re.compile(r"\\(?:\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4})|(\\))")
_PREFIX = re.compile(r"[uU]&(?=['\"])|[eEnNbBxX](?=')|")
_TAG = re.compile(r"\$[^$]*\$")


def meaning(text: str, *, escapes: bool) -> str:
    """Give what a constant or quoted name means.

    Parameters
    ----------
    text
        The constant as it is written, quotes included; the last quote may be missing.
    escapes
        Whether a backslash is an escape in it.

    Notes
    -----
    PostgreSQL documentation, "Lexical Structure".
    """
    prefix, body = _parts(text)
    if tag := _TAG.match(body):
        return body[tag.end() :].removesuffix(tag[0])
    quote = body[0]
    inner = body[1:-1] if len(body) > 1 and body.endswith(quote) else body[1:]
    inner = inner.replace(quote * 2, quote)
    if escapes:
        return _ESCAPE.sub(_unescaped, inner)
    return _UNICODE.sub(_unescaped_unicode, inner) if prefix in ("u&", "U&") else inner


def written(value: str, like: str, *, escapes: bool) -> str:
    """Write a constant in the manner of another one.

    Parameters
    ----------
    value
        What it shall mean.
    like
        The constant whose manner is taken over.
    escapes
        Whether a backslash is an escape in it.
    """
    prefix, body = _parts(like)
    if tag := _TAG.match(body):
        return f"{tag[0]}{value}{tag[0]}"
    quote = body[0]
    if "\\" not in value:
        prefix = "" if prefix in ("e", "E") else prefix
    elif escapes or prefix in ("u&", "U&"):
        value = value.replace("\\", "\\\\")
    return f"{prefix}{quote}{value.replace(quote, quote * 2)}{quote}"


def _parts(text: str) -> tuple[str, str]:
    prefix = _PREFIX.match(text)
    assert prefix is not None
    return prefix[0], text[prefix.end() :]


def _unescaped(match: re.Match[str]) -> str:
    octal, short, four, eight, other = match.groups()
    if octal:
        return chr(int(octal, 8) & 0xFF)
    digits = short or four or eight
    if digits:
        return _character(digits, match[0])
    return _LETTERS.get(other, other)


def _unescaped_unicode(match: re.Match[str]) -> str:
    six, four, backslash = match.groups()
    return backslash or _character(six or four, match[0])


def _character(digits: str, otherwise: str) -> str:
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF else otherwise
