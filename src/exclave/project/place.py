"""Where in a document something stands, so that an error can say it."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exclave.errors import DeclarationError

_BARE = re.compile(r"[\w-]+\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document of plain data, such as a TOML or YAML file.

    Parameters
    ----------
    document
        The document's name, for messages.
    path
        The keys that lead there.
    folder
        The folder that names of files in it are relative to; ``None`` for the current one.
    """

    document: str
    path: tuple[str, ...] = ()
    folder: Path | None = None

    def at(self, key: object) -> Place:
        """Give the place of one of the values that stand here."""
        return Place(self.document, (*self.path, str(key)), self.folder)

    def __str__(self) -> str:
        keys = (key if _BARE.match(key) else f'"{key}"' for key in self.path)
        return f"{self.document}: {'.'.join(keys)}" if self.path else self.document

    def fault(self, message: str) -> DeclarationError:
        """Give the error that says what is wrong here."""
        return DeclarationError(f"{self}: {message}")

    def unexpected(self, expected: str, found: object) -> DeclarationError:
        """Give the error for a value of another kind; the value itself is not shown."""
        return self.fault(f"expected {expected}, found {_kind(found)}.")

    def unknown(self, key: str, known: Iterable[str]) -> DeclarationError:
        """Give the error for a key that nothing here is called."""
        import difflib

        names = sorted(known)
        close = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
        advice = f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(names)}."
        return self.at(key).fault(f"no such key. {advice}")

    @contextmanager
    def named(self) -> Generator[None]:
        """Say of a declaration that is refused where it stands."""
        try:
            yield
        except DeclarationError as error:
            message = str(error)
        else:
            return
        raise self.fault(message)


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case str():
            return "text"
        case dict():
            return "a table"
        case list() | tuple():
            return "a list"
        case _:
            return f"a {type(value).__name__}"
