"""The options of a foreign object: an immutable mapping whose order means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast, final

from exclave.errors import DeclarationError
from exclave.objects.names import check_name
from exclave.objects.secret import Hidden, Secret
from exclave.objects.text import check_text

OptionInput = str | int | float | bool | Secret | Hidden
"""What an option may be declared with; numbers and booleans become PostgreSQL's text."""

OptionValue = str | Secret | Hidden

_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase|code)?\Z|password|passwd|pwd|secret|token|credential|bearer|cookie"
    r"|authorization|(access|account|api|encryption|private|signing)_?key",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"passw(or)?d\s*=|://[^/?#@\s]*:[^/?#@\s]*@", re.IGNORECASE)


@final
class Options(Mapping[str, OptionValue]):
    """Option names and values, equal whatever their order.

    A plain value whose name or content says that it is a secret (``password``, ``token``,
    a URL with a password in it …) is held as a `Secret`, so that it is never shown.

    Parameters
    ----------
    values
        Names and values. Numbers and booleans are written as PostgreSQL reads them
        (``True`` is ``true``). An empty string is legal and differs from an absent option.
    what
        Whose options they are, for error messages.

    Raises
    ------
    DeclarationError
        When a name is empty, too long or holds ``=`` or NUL, or when a value has another type
        or holds NUL.

    Notes
    -----
    PostgreSQL documentation, "CREATE SERVER", OPTIONS.
    """

    __slots__ = ("_hash", "_values")

    def __init__(self, values: Mapping[str, OptionInput] = {}, what: str = "object") -> None:
        if isinstance(values, Options):
            self._values: dict[str, OptionValue] = values._values
        elif not isinstance(values, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            # Not shown, since there may be a secret among them.
            raise DeclarationError(
                f"The options of {what} must be a mapping of names to values, such as "
                f"{{'table_name': 't'}}, not a {type(cast('object', values)).__name__}."
            )
        else:
            self._values = {
                _checked_name(name, what): _checked_value(name, value, what)
                for name, value in values.items()
            }
        self._hash: int | None = None

    def __getitem__(self, name: str) -> OptionValue:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Options):
            return self._values == other._values
        return NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._values.items()))
        return self._hash

    def __repr__(self) -> str:
        return repr(self._values)

    def with_values(self, values: Mapping[str, OptionInput]) -> Options:
        """Give these options with some set to other values."""
        return Options({**self._values, **values})

    def without(self, *names: str) -> Options:
        """Give these options less some."""
        return Options({name: value for name, value in self.items() if name not in names})

    def sealed(self, open_names: frozenset[str]) -> Options:
        """Give these options with every plain value held as a `Secret`, but for some names."""
        return Options(
            {
                name: Secret.literal(value)
                if isinstance(value, str) and name not in open_names
                else value
                for name, value in self.items()
            }
        )


NO_OPTIONS = Options()


def _checked_name(name: str, what: str) -> str:
    if not isinstance(name, str) or not name:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DeclarationError(f"An option of {what} has the name {name!r}; write a string.")
    if "=" in name:
        raise DeclarationError(
            f"The option name {name!r} of {what} holds '=', which PostgreSQL refuses."
        )
    return check_name(name, f"option of {what}")


def _checked_value(name: str, value: OptionInput, what: str) -> OptionValue:
    if isinstance(value, str):
        check_text(value, f"value of the option {name!r} of {what}")
        return Secret.literal(value) if is_secret_name(name) or _is_secret_value(value) else value
    if isinstance(value, Secret | Hidden):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):  # pyright: ignore[reportUnnecessaryIsInstance]
        return _checked_value(name, str(value), what)
    raise DeclarationError(
        f"The option {name!r} of {what} is a {type(value).__name__}; write a string, a number, "
        "a boolean or a Secret (leave the option out to have it unset)."
    )


@lru_cache(maxsize=1024)
def is_secret_name(name: str) -> bool:
    """Tell whether an option's name says that its value is a secret."""
    return name != "password_required" and _SECRET_NAME.search(name) is not None


def _is_secret_value(value: str) -> bool:
    # The first test spares most values the search.
    return ("=" in value or "@" in value) and _SECRET_VALUE.search(value) is not None
