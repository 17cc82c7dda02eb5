"""Secrets as references, and what a database would not show."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from exclave.errors import SecretError

MASK = "********"
"""What stands for a secret's value wherever something is shown."""

COMMAND_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A reference to a value that must not be seen; it is resolved only when it is sent.

    Make one with `Secret.env`, `Secret.file`, `Secret.command`, `Secret.call` or, for a value
    already at hand, `Secret.literal`. Two secrets are equal when they are the same reference.
    Neither `repr`, `str` nor `format` shows the value.
    """

    kind: Literal["env", "file", "command", "call", "literal"]
    reference: tuple[str, ...] = ()
    _held: str | Callable[[], str] | None = field(default=None)

    @classmethod
    def env(cls, name: str) -> Secret:
        """The value of an environment variable."""
        return cls("env", (name,))

    @classmethod
    def file(cls, path: str | os.PathLike[str]) -> Secret:
        """The content of a UTF-8 file, without one newline at its end."""
        return cls("file", (os.fspath(path),))

    @classmethod
    def command(cls, *argv: str) -> Secret:
        """What a program prints, without one newline at its end; no shell is involved."""
        return cls("command", argv)

    @classmethod
    def call(cls, function: str | Callable[[], str]) -> Secret:
        """What a function returns: a callable, or ``"package.module:function"``.

        A function given by name can be rendered into migrations; a callable cannot.
        """
        if isinstance(function, str):
            return cls("call", (function,))
        name = getattr(function, "__qualname__", type(function).__qualname__)
        return cls("call", (f"{getattr(function, '__module__', '?')}:{name}",), function)

    @classmethod
    def literal(cls, value: str) -> Secret:
        """A value already at hand; it is held in memory and never shown."""
        return cls("literal", (), value)

    @property
    def variable(self) -> str:
        """The name of the psql variable that stands for this secret in SQL that is shown."""
        if self.kind == "literal":
            return "secret"
        word = "_".join(self.reference) if self.kind == "command" else self.reference[0]
        word = Path(word).name if self.kind == "file" else word
        return re.sub(r"\W+", "_", word, flags=re.ASCII).strip("_") or "secret"

    def resolve(self) -> str:
        """Give the value.

        Returns
        -------
        str
            The value, possibly empty.

        Raises
        ------
        SecretError
            When the variable, file, program or function is missing or fails, or when the value
            holds a NUL character. The message names the reference, never a value.
        """
        value = _RESOLVERS[self.kind](self)
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise SecretError(f"{self!r} gave {type(value).__name__}; it must give a string.")
        if "\0" in value:
            raise SecretError(f"{self!r} gave a NUL character, which PostgreSQL cannot store.")
        return value

    def __repr__(self) -> str:
        if self.kind == "literal":
            return f"Secret.literal({MASK!r})"
        return f"Secret.{self.kind}({', '.join(map(repr, self.reference))})"


def _from_environment(secret: Secret) -> str:
    name = secret.reference[0]
    try:
        return os.environ[name]
    except KeyError:
        raise SecretError(
            f"{secret!r}: the environment variable {name} is not set; export it, "
            "or declare another reference."
        ) from None


def _from_file(secret: Secret) -> str:
    try:
        text = Path(secret.reference[0]).read_text(encoding="utf-8")
    except OSError as error:
        raise SecretError(f"{secret!r}: the file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SecretError(f"{secret!r}: the file is not UTF-8.") from None
    return text.removesuffix("\n")


def _from_command(secret: Secret) -> str:
    try:
        done = subprocess.run(
            secret.reference,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=COMMAND_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise SecretError(
            f"{secret!r}: the program did not end within {COMMAND_TIMEOUT_SECONDS} s."
        ) from None
    except (OSError, ValueError, IndexError) as error:
        raise SecretError(f"{secret!r}: the program cannot be run: {error}.") from None
    if done.returncode:
        raise SecretError(
            f"{secret!r}: the program ended with exit status {done.returncode}; "
            "run it by hand to see why (its output is not shown here)."
        )
    try:
        return done.stdout.decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise SecretError(f"{secret!r}: the program printed something that is not UTF-8.") from None


def _from_call(secret: Secret) -> str:
    held = secret._held  # pyright: ignore[reportPrivateUsage]
    function = held if callable(held) else _imported(secret)
    failure: str
    try:
        return function()
    except Exception as error:  # noqa: BLE001 - a secret's function may raise anything, and its text may hold the value
        failure = type(error).__name__
    raise SecretError(f"{secret!r}: the function raised {failure} (its text is not shown here).")


def _imported(secret: Secret) -> Callable[[], str]:
    module, _, attribute = secret.reference[0].partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError):
        raise SecretError(
            f"{secret!r}: no such function; write 'package.module:function'."
        ) from None
    return cast("Callable[[], str]", found)


def _from_memory(secret: Secret) -> str:
    return cast("str", secret._held)  # pyright: ignore[reportPrivateUsage]


_RESOLVERS: dict[str, Callable[[Secret], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "command": _from_command,
    "call": _from_call,
    "literal": _from_memory,
}


@dataclass(frozen=True, slots=True)
class Hidden:
    """Something that is there and that the database would not show.

    Parameters
    ----------
    changed
        ``True`` when it is known not to be what was declared, although it cannot be seen.
    """

    changed: bool = False

    def __repr__(self) -> str:
        return "Hidden(changed=True)" if self.changed else "HIDDEN"


HIDDEN = Hidden()
"""Neither empty nor equal to anything that was declared."""
