"""Secrets as references, and what a database would not show."""

from __future__ import annotations

import importlib
import os
import re
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
        if self.kind == "file":  # its folder too: many are called "password"
            word = "_".join(Path(word).parts[-2:])
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
    # No SecretError is raised while another exception is handled: its context would hold what was
    # read.
    try:
        content = Path(secret.reference[0]).read_bytes()
    except (OSError, ValueError) as error:
        fault = (error.strerror if isinstance(error, OSError) else None) or "no such path"
    else:
        return _decoded(content, f"{secret!r}: the file is not UTF-8.")
    raise SecretError(f"{secret!r}: the file cannot be read: {fault}.")


def _from_command(secret: Secret) -> str:
    import subprocess

    try:
        done = subprocess.run(
            secret.reference,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=COMMAND_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        fault = f"did not end within {COMMAND_TIMEOUT_SECONDS} s"
    except (OSError, ValueError, IndexError) as error:
        fault = f"cannot be run: {error}"
    else:
        if not done.returncode:
            return _decoded(
                done.stdout, f"{secret!r}: the program printed something that is not UTF-8."
            )
        fault = (
            f"ended with exit status {done.returncode}; "
            "run it by hand to see why (its output is not shown here)"
        )
    raise SecretError(f"{secret!r}: the program {fault}.")


def _decoded(content: bytes, fault: str) -> str:
    try:
        text = content.decode()
        return text.removesuffix("\r\n" if text.endswith("\r\n") else "\n")
    except UnicodeDecodeError:
        pass  # its exception holds the content
    raise SecretError(fault)


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
