"""Names of PostgreSQL objects: what is allowed, and how a qualified one is read and written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from exclave.errors import DeclarationError
from exclave.objects.quoting import quote_identifier

MAX_NAME_BYTES: Final = 63
"""NAMEDATALEN - 1: PostgreSQL cuts longer names without a word."""

PUBLIC: Final = "public"
"""Every role. No role can be called this: PostgreSQL reserves the name."""

ROLE_KEYWORDS: Final = frozenset({"CURRENT_USER", "CURRENT_ROLE", "SESSION_USER", "USER"})
"""Words in capitals that stand for a role of the session; `plan` turns them into its name."""


def check_name(name: str, what: str) -> str:
    """Check that PostgreSQL can hold a name unchanged.

    Parameters
    ----------
    name
        The name.
    what
        What it names, for the message, such as ``"foreign server"``.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    DeclarationError
        When it is empty, holds a NUL character or is longer than 63 bytes in UTF-8.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DeclarationError(f"The name of a {what} must be a string, not {name!r}.")
    if not name:
        raise DeclarationError(f"The name of a {what} is empty; give it at least one character.")
    if "\0" in name:
        raise DeclarationError(
            f"The name {name!r} of a {what} holds a NUL character, which PostgreSQL cannot store."
        )
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise DeclarationError(
            f"The name {name!r} of a {what} holds a lone surrogate, which is no UTF-8."
        ) from None
    if length > MAX_NAME_BYTES:
        raise DeclarationError(
            f"The name {name!r} of a {what} has {length} bytes; PostgreSQL keeps "
            f"{MAX_NAME_BYTES} and cuts the rest without a word. Choose a shorter one."
        )
    return name


def check_role(name: str, what: str) -> str:
    """Check the name of a role; ``"PUBLIC"`` becomes `PUBLIC`.

    Parameters
    ----------
    name
        A role's name, `PUBLIC`, or one of `ROLE_KEYWORDS`.
    what
        Where it stands, for the message.

    Returns
    -------
    str
        The name as exclave keeps it.

    Raises
    ------
    DeclarationError
        As `check_name`.
    """
    return PUBLIC if name == "PUBLIC" else check_name(name, what)


def quote_role(name: str) -> str:
    """Write a role's name as SQL: `PUBLIC` and the keywords bare, any other one quoted."""
    if name == PUBLIC:
        return "PUBLIC"
    return name if name in ROLE_KEYWORDS else quote_identifier(name)


_PART = re.compile(
    r"""\s*(?:"((?:[^"]|"")+)"|([A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*))\s*(\.|\Z)"""
)
_FOLD = str.maketrans(ascii_uppercase, ascii_lowercase)


def split_qualified(text: str, what: str) -> tuple[str, ...]:
    """Read a possibly qualified SQL name into its parts, as PostgreSQL would.

    Parameters
    ----------
    text
        For instance ``public.orders`` or ``"My Schema".t``; parts without quotes are folded
        to lower case.
    what
        What it names, for the message.

    Returns
    -------
    tuple of str
        One part, or several.

    Raises
    ------
    DeclarationError
        When it is no such name.
    """
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            raise DeclarationError(
                f"{text!r} is no name of a {what}; write name, schema.name or "
                '"Quoted Schema"."Quoted name".'
            )
        quoted, plain, end = match.groups()
        part = quoted.replace('""', '"') if quoted is not None else plain.translate(_FOLD)
        parts.append(check_name(part, what))
        position = match.end()
        if not end:
            return tuple(parts)


@dataclass(frozen=True, slots=True)
class QualifiedName:
    """A name and the schema it stands in.

    Parameters
    ----------
    name
        The object's own name.
    schema
        Its schema; ``None`` leaves it to the session's search path.
    """

    name: str
    schema: str | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "object")
        if self.schema is not None:
            check_name(self.schema, "schema")

    @classmethod
    def of(cls, value: QualifiedName | str, what: str = "object") -> QualifiedName:
        """Take a qualified name as it is, or read one from SQL spelling.

        Parameters
        ----------
        value
            A `QualifiedName`, or a string such as ``erp."Orders"``.
        what
            What it names, for the message.

        Raises
        ------
        DeclarationError
            When the string is no name, or has more than two parts.
        """
        if isinstance(value, QualifiedName):
            return value
        parts = split_qualified(value, what)
        if not 1 <= len(parts) <= 2:
            raise DeclarationError(f"{value!r}: a {what} has a schema and a name, no more.")
        return cls(parts[1], parts[0]) if len(parts) == 2 else cls(parts[0])

    def __str__(self) -> str:
        name = quote_identifier(self.name)
        return name if self.schema is None else f"{quote_identifier(self.schema)}.{name}"


_SCHEMA_AND_NAME = re.compile(r"([^\W\d]\w*)\.([^\W\d]\w*)")


def former_name(value: QualifiedName | str | None, schema: str, what: str) -> QualifiedName | None:
    """Give the former name of a relation.

    Parameters
    ----------
    value
        A bare name, as it was, or a `QualifiedName`.
    schema
        Where a bare name stood.
    what
        What it names, for the message.

    Raises
    ------
    DeclarationError
        When a bare name looks like a schema and a name: one would be dropped for the other.
    """
    if not isinstance(value, str):
        return value
    if looks := _SCHEMA_AND_NAME.fullmatch(value):
        raise DeclarationError(
            f"The former name {value!r} of a {what} is a bare name; for another schema write "
            f"QualifiedName({looks[2]!r}, {looks[1]!r}), and for a name with a dot in it "
            f"QualifiedName({value!r}, {schema!r})."
        )
    return QualifiedName(check_name(value, what), schema)
