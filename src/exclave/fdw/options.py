"""Options of a wrapper, a server, a user mapping, a table, a column or an import, as classes."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from exclave.errors import ExclaveError
from exclave.fdw import redaction

Level = Literal["wrapper", "server", "mapping", "table", "column", "import"]
"""Of what something is an option; ``import`` is IMPORT FOREIGN SCHEMA."""

_TRUE = {"true", "on", "yes", "1"}
_FALSE = {"false", "off", "no", "0"}


class OptionError(ExclaveError, ValueError):
    """An option is unknown, missing, or has a value that its type does not take.

    Parameters
    ----------
    message
        What was expected and what was found.
    sqlstate
        The SQLSTATE that PostgreSQL reports; one of class HV, "Foreign Data Wrapper Error".
    hint
        What to do next.
    """

    def __init__(self, message: str, *, sqlstate: str = "HV00D", hint: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.hint = hint


@dataclass(frozen=True)
class Doc:
    """What an option is for: ``Annotated[str, Doc("The folder that is read.")]``."""

    text: str


@dataclass(frozen=True)
class Confidential:
    """Marks an option whose value must not be seen, see `SecretText`."""


SecretText = Annotated[str, Confidential()]
"""Text whose value no message, EXPLAIN or repr shows, such as a password."""


@dataclass(frozen=True)
class Option:
    """One option that a class of options declares.

    Parameters
    ----------
    name
        As in SQL.
    read
        Gives the value of a text; raises ValueError for a wrong one.
    wanted
        What the texts are that it takes, in words.
    required
        Whether it must be given.
    default
        The value without it.
    secret
        Whether its value must not be seen.
    doc
        What it is for.
    type
        ``str``, ``int``, ``float`` or ``bool``.
    values
        The texts that it takes, where they are few.
    """

    name: str
    read: Callable[[str], Any]
    wanted: str
    required: bool
    default: Any
    secret: bool = False
    doc: str = ""
    type: type = str
    values: tuple[str, ...] = ()


class Options:
    """The options of one level: a subclass has an annotated attribute for each.

    ``str``, ``int``, ``float``, ``bool`` and ``Literal[...]`` are understood, each also with
    ``| None``, and each in ``Annotated[..., Doc("...")]``. An option without a default must be
    given. `SecretText` is a ``str`` that is shown nowhere.

    Examples
    --------
    >>> class TableOptions(Options):
    ...     table_name: Annotated[str, Doc("The table that is read.")]
    ...     fetch_size: int = 1000
    >>> TableOptions.parse({"table_name": "players"}).fetch_size
    1000
    """

    declared: ClassVar[dict[str, Option]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        hints = typing.get_type_hints(cls, include_extras=True)
        cls.declared = {
            name: _option(cls, name, kind)
            for name, kind in hints.items()
            if typing.get_origin(kind) is not ClassVar
        }

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} of {', '.join(self.declared) or 'no options'}>"

    @classmethod
    def parse(cls, options: Mapping[str, str], level: Level = "table") -> Self:
        """Check options as PostgreSQL keeps them, and read them.

        Parameters
        ----------
        options
            Name and text of each.
        level
            Of what they are the options, for messages.

        Raises
        ------
        OptionError
            If one is unknown, missing or has a value that its type does not take, or if `check`
            refuses them. No message holds a value, which may be a secret.
        """
        made = cls()
        for name, option in cls.declared.items():
            if option.secret and name in options:
                redaction.remember(options[name])
        for name in options:
            if name not in cls.declared:
                raise _unknown(name, level, list(cls.declared))
        for name, option in cls.declared.items():
            if name in options:
                setattr(made, name, _read(option, options[name], level))
            elif option.required:
                raise OptionError(
                    f'the option "{name}" of the {level} is missing',
                    sqlstate="HV002",
                    hint=f"It takes {option.wanted}.",
                )
            else:
                setattr(made, name, option.default)
        made.check()
        return made

    def check(self) -> None:
        """Check what one option alone does not say; does nothing unless a class overrides it.

        Called for each CREATE and ALTER, and whenever the options are read. It should look at
        the options only, as what is outside may change at any time.

        Raises
        ------
        OptionError
            If they do not go together.
        """

    @classmethod
    def documentation(cls) -> str:
        """Describe the options as a table in Markdown."""
        if not cls.declared:
            return "None."
        lines = ["| option | takes | default | what |", "|---|---|---|---|"]
        for option in cls.declared.values():
            cells = (f"`{option.name}`", option.wanted, _default(option), option.doc)
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        return "\n".join(lines)


class NoOptions(Options):
    """A level that takes no options."""


def _unknown(name: str, level: Level, known: list[str]) -> OptionError:
    close = difflib.get_close_matches(name, known, 1)
    if close:
        hint = f'Perhaps you meant the option "{close[0]}".'
    elif known:
        hint = f"Valid options in this context are: {', '.join(known)}."
    else:
        hint = "There are no valid options in this context."
    article = "an" if level == "import" else "a"
    return OptionError(f'invalid option "{name}" of {article} {level}', hint=hint)


def _read(option: Option, text: str, level: Level) -> Any:
    try:
        return option.read(text)
    except ValueError:
        raise OptionError(
            f'the option "{option.name}" of the {level} has a wrong value',
            sqlstate="HV024",
            hint=f"It takes {option.wanted}.",
        ) from None


def _default(option: Option) -> str:
    if option.required:
        return "must be given"
    if option.default is None:
        return ""
    if isinstance(option.default, bool):
        return f"`{str(option.default).lower()}`"
    return f"`{option.default}`" if option.default != "" else "empty"


def _option(cls: type[Options], name: str, annotation: Any) -> Option:
    kind, optional, notes = _unfolded(cls, name, annotation)
    read, wanted, plain, values = _reader(cls, name, kind)
    secret = any(isinstance(note, Confidential) or note is Confidential for note in notes)
    return Option(
        name,
        read,
        "a secret" if secret else wanted,
        not hasattr(cls, name) and not optional,
        getattr(cls, name, None),
        secret,
        " ".join(note.text for note in notes if isinstance(note, Doc)),
        plain,
        values,
    )


def _unfolded(cls: type[Options], name: str, annotation: Any) -> tuple[Any, bool, list[Any]]:
    """Give the type itself, whether None may stand for it, and what is annotated."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        inner, *notes = typing.get_args(annotation)
        kind, optional, more = _unfolded(cls, name, inner)
        return kind, optional, [*more, *notes]
    if origin not in (typing.Union, types.UnionType):
        return annotation, False, []
    arguments = typing.get_args(annotation)
    members = [member for member in arguments if member is not type(None)]
    if len(members) != 1:
        raise TypeError(f"{cls.__qualname__}.{name}: expected one type, found {annotation}")
    kind, _, notes = _unfolded(cls, name, members[0])
    return kind, len(members) < len(arguments), notes


def _reader(
    cls: type[Options], name: str, kind: Any
) -> tuple[Callable[[str], Any], str, type, tuple[str, ...]]:
    if kind is str:
        return str, "text", str, ()
    if kind is int:
        return int, "an integer", int, ()
    if kind is float:
        return float, "a number", float, ()
    if kind is bool:
        return _boolean, "true or false", bool, ()
    if typing.get_origin(kind) is Literal:
        values: tuple[str, ...] = typing.get_args(kind)
        return lambda text: _one_of(values, text), f"one of {', '.join(values)}", str, values
    raise TypeError(
        f"{cls.__qualname__}.{name}: expected str, int, float, bool or Literal, found {kind}"
    )


def _boolean(text: str) -> bool:
    lower = text.lower()
    if lower not in _TRUE | _FALSE:
        raise ValueError
    return lower in _TRUE


def _one_of(values: tuple[str, ...], text: str) -> str:
    if text not in values:
        raise ValueError
    return text
