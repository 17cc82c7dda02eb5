"""The search for a secret in every encoding, and values that are easy to get wrong."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

from exclave.objects.quoting import quote_literal

ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "doubled quotes": lambda value: value.replace("'", "''"),
    "quoted literal": quote_literal,
    "escape string": lambda value: value.replace("\\", "\\\\").replace("'", "\\'"),
    "escape string of the log": lambda value: value.replace("\n", "\n\t"),
    "JSON": lambda value: json.dumps(value)[1:-1],
    "JSON in UTF-8": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "URL": lambda value: quote(value, safe=""),
    "form": quote_plus,
    "repr": lambda value: repr(value)[1:-1],
    "repr of repr": lambda value: repr(repr(value))[2:-2],
    "repr of bytes": lambda value: repr(value.encode())[2:-1],
    "percent doubled": lambda value: value.replace("%", "%%"),
    "hex": lambda value: value.encode().hex(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
}


def found_in(sinks: dict[str, str], values: Iterable[str]) -> set[str]:
    """Name the places that show one of the values, whole in any encoding, or a part of one.

    Each value is random, so that a run of ten of its letters and digits is nowhere by chance.
    """
    needles: set[str] = set()
    for value in values:
        needles |= {encode(value) for encode in ENCODINGS.values()}
        words = re.findall(r"[0-9a-f]{10,}", value)
        needles |= {word[at : at + 10] for word in words for at in range(len(word) - 9)}
    return {name for name, text in sinks.items() if any(needle in text for needle in needles)}


def hostile_values() -> list[str]:
    """Make values that are easy to get wrong, each with something random in it."""
    patterns = [
        "{0}",
        "it's {0}'{1}",
        "back\\slash{0}\\'{1}\\",
        "%s%(x)s%%{0}%",
        ":name{0}:'{1}' :\"x\"",
        "$exclave${0}$$ {1} $1 $exclave$",
        "two\nlines{0}\r\n\t{1}\n",
        "💥{0}é{1}\u2028",
        "********{0}",
        "{{}}{{0}}{0}",
        "-- {0} /* {1} */ ; DROP TABLE t",
        " {0} ",
    ]
    values = [p.format(secrets.token_hex(8), secrets.token_hex(8)) for p in patterns]
    return [*values, secrets.token_hex(512)]


def few_values() -> list[str]:
    """Make two such values, for what is slow."""
    *some, long = hostile_values()
    return ["".join(some), long]
