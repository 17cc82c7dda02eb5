"""Which options each wrapper knows, where, and since which PostgreSQL: one file a wrapper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from exclave.errors import DeclarationError
from exclave.objects.options import Options, OptionValue
from exclave.objects.secret import Hidden, Secret

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Level = Literal["wrapper", "server", "user_mapping", "table", "column", "import"]
"""The kinds of statement that take options."""

LEVEL_WORDS: Mapping[str, str] = {
    "wrapper": "a foreign-data wrapper",
    "server": "a foreign server",
    "user_mapping": "a user mapping",
    "table": "a foreign table",
    "column": "a column of a foreign table",
    "import": "IMPORT FOREIGN SCHEMA",
}


@dataclass(frozen=True, slots=True)
class OptionRule:
    """What is known of one option at one level.

    Parameters
    ----------
    name, level
        The option and the kind of object that takes it.
    since
        The first PostgreSQL major version that has it; 0 when every supported one does.
    type
        What its value must read as.
    minimum
        The least value of a number.
    values
        The values allowed, where they are few.
    secret
        Whether its value must not be seen.
    superuser
        Whether only a superuser may set it; or the values that only a superuser may set.
    privilege
        The predefined role whose members may set it, besides superusers.
    """

    name: str
    level: Level
    since: int = 0
    type: Literal["text", "integer", "number", "boolean"] = "text"
    minimum: float | None = None
    values: tuple[str, ...] = ()
    secret: bool = False
    superuser: bool | tuple[str, ...] = False
    privilege: str | None = None

    def needs_superuser(self, value: OptionValue) -> bool:
        """Tell whether only a superuser may set the option to a value."""
        if isinstance(self.superuser, bool):
            return self.superuser
        return isinstance(value, str) and value.lower() in self.superuser


@dataclass(frozen=True, slots=True)
class WrapperRules:
    """What is known of a wrapper.

    Parameters
    ----------
    name
        The wrapper's usual name.
    extension
        The extension that brings it; empty for one that is made otherwise.
    complete
        Whether an option that is not listed is an error.
    options
        The rules, by level and option name.
    booleans
        How it reads a boolean, in small letters; wrappers in Python read all of these.
    """

    name: str
    extension: str
    complete: bool
    options: Mapping[Level, Mapping[str, OptionRule]]
    booleans: tuple[str, ...] = ("true", "false", "on", "off", "yes", "no", "1", "0")


_registered: dict[str, WrapperRules] = {}


def register(rules: WrapperRules) -> None:
    """Make a wrapper known in this process, besides those with a file here.

    Parameters
    ----------
    rules
        What is known of it; replaces what was known of a wrapper of this name.
    """
    _registered[rules.name] = rules
    open_mapping_options.cache_clear()


def rules_of(wrapper: str) -> WrapperRules | None:
    """Give what is known of a wrapper, or ``None`` for one that is neither registered nor here."""
    return _registered.get(wrapper) or _read(wrapper)


@cache
def _read(wrapper: str) -> WrapperRules | None:
    import tomllib

    source = _files().joinpath(f"{wrapper}.toml")
    if not re.fullmatch(r"\w+", wrapper, re.ASCII) or not source.is_file():
        return None
    data: dict[str, Any] = tomllib.loads(source.read_text(encoding="utf-8"))
    booleans = data.get("booleans")
    return WrapperRules(
        name=wrapper,
        extension=data["extension"],
        complete=data.get("complete", True),
        options={
            level: {name: _rule(name, level, rule) for name, rule in data.get(level, {}).items()}
            for level in get_args(Level)
        },
        **({"booleans": tuple(booleans)} if booleans else {}),
    )


def _rule(name: str, level: Level, data: dict[str, Any]) -> OptionRule:
    superuser = data.pop("superuser", False)
    return OptionRule(
        name=name,
        level=level,
        values=tuple(data.pop("values", ())),
        superuser=superuser if isinstance(superuser, bool) else tuple(superuser),
        **data,
    )


@cache
def open_mapping_options() -> frozenset[str]:
    """Give the names of user mapping options that are known to be no secret."""
    names = {name.removesuffix(".toml") for name in _names()} | _registered.keys()
    known = [rules_of(name) for name in names]
    open_names = {
        rule.name
        for rules in known
        if rules is not None
        for rule in rules.options["user_mapping"].values()
        if not rule.secret
    }
    return frozenset(open_names)


def _names() -> list[str]:
    return sorted(entry.name for entry in _files().iterdir() if entry.name.endswith(".toml"))


def _files() -> Traversable:
    from importlib.resources import files

    return files("exclave.objects.registry")


def check_options(
    options: Options | Hidden, wrapper: str, level: Level, what: str, version: int | None = None
) -> None:
    """Check options against what is known of a wrapper, before any SQL is sent.

    Parameters
    ----------
    options
        The options; hidden ones are not checked.
    wrapper
        The wrapper's name; an unknown one is accepted unchecked.
    level
        The kind of object that has the options.
    what
        The object, for the message, such as ``foreign server "accounts"``.
    version
        The PostgreSQL major version that will read them; ``None`` skips that check.

    Raises
    ------
    DeclarationError
        For an option that is unknown, at the wrong level, of a later PostgreSQL version, or
        whose value cannot be read. The message names the closest known option.
    """
    rules = rules_of(wrapper)
    if rules is None or isinstance(options, Hidden):
        return
    for name, value in options.items():
        rule = rules.options[level].get(name)
        if rule is None:
            _refuse_unknown(name, rules, level, what)
            continue
        if version is not None and rule.since > version:
            raise DeclarationError(
                f"{what}: the option {name!r} of {wrapper} came with PostgreSQL {rule.since}, "
                f"and this server is PostgreSQL {version}. Leave it out or upgrade."
            )
        if isinstance(value, str):
            _check_value(value, rule, rules.booleans, what)


def _refuse_unknown(name: str, rules: WrapperRules, level: Level, what: str) -> None:
    elsewhere = [LEVEL_WORDS[other] for other in rules.options if name in rules.options[other]]
    if elsewhere:
        raise DeclarationError(
            f"{what}: {name!r} is an option of {' or '.join(elsewhere)} in {rules.name}, "
            f"not of {LEVEL_WORDS[level]}. Declare it there."
        )
    if not rules.complete:
        return
    known = rules.options[level]
    import difflib

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        advice = f"Did you mean {close[0]!r}?"
    elif known:
        advice = f"It knows {', '.join(sorted(known))}."
    else:
        advice = f"{LEVEL_WORDS[level].capitalize()} has no options there."
    raise DeclarationError(
        f"{what}: {rules.name} has no option {name!r} for {LEVEL_WORDS[level]}. {advice}"
    )


def _check_value(value: str, rule: OptionRule, booleans: tuple[str, ...], what: str) -> None:
    expected: str | None = None
    if rule.values and value not in rule.values:
        expected = "one of " + ", ".join(rule.values)
    elif rule.type == "boolean" and value.lower() not in booleans:
        expected = "true or false"
    elif rule.type in ("integer", "number"):
        expected = _number_fault(value, rule)
    if expected is not None:
        raise DeclarationError(
            f"{what}: the option {rule.name!r} is {value!r}; it must be {expected}."
        )


def _number_fault(value: str, rule: OptionRule) -> str | None:
    kind = "a whole number" if rule.type == "integer" else "a number"
    expected = kind if rule.minimum is None else f"{kind} of at least {rule.minimum:g}"
    try:
        number = int(value) if rule.type == "integer" else float(value)
    except ValueError:
        return expected
    return expected if rule.minimum is not None and not number >= rule.minimum else None


def is_secret(wrapper: str, level: Level, name: str, value: OptionValue) -> bool:
    """Tell whether the value of an option must not be seen."""
    if isinstance(value, Secret):
        return True
    rules = rules_of(wrapper)
    rule = rules.options[level].get(name) if rules else None
    return rule is not None and rule.secret
