"""What `exclave.objects` knows of a wrapper's options, made of its class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from exclave.fdw.options import Level, Option
from exclave.fdw.trial import options_of
from exclave.fdw.wrapper import ForeignDataWrapper
from exclave.objects import registry

_LEVELS: Mapping[registry.Level, Level] = {
    "wrapper": "wrapper",
    "server": "server",
    "user_mapping": "mapping",
    "table": "table",
    "column": "column",
    "import": "import",
}

_TYPES: Mapping[type, Literal["text", "integer", "number", "boolean"]] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
}


def rules(name: str, cls: type[ForeignDataWrapper], extension: str = "") -> registry.WrapperRules:
    """Give the rules of a wrapper's options.

    Parameters
    ----------
    name
        How the wrapper is called in databases.
    cls
        Its class.
    extension
        The extension that brings the wrapper; empty for one that ``create_wrapper`` makes.
    """
    return registry.WrapperRules(
        name=name,
        extension=extension,
        complete=True,
        options={
            level: {
                option.name: _rule(option, level)
                for option in options_of(cls, ours).declared.values()
            }
            for level, ours in _LEVELS.items()
        },
    )


def register(name: str, cls: type[ForeignDataWrapper], extension: str = "") -> None:
    """Have declared servers, mappings and tables of a wrapper checked, as those of known ones.

    Parameters
    ----------
    name, cls, extension
        As `rules` takes them. What was known of that name is replaced, in this process.
    """
    registry.register(rules(name, cls, extension))


def toml(name: str, cls: type[ForeignDataWrapper], extension: str = "") -> str:
    """Write the rules as a file of the registry has them."""
    return "\n".join(_lines(rules(name, cls, extension), cls)) + "\n"


def _lines(known: registry.WrapperRules, cls: type[ForeignDataWrapper]) -> Iterator[str]:
    yield f"# {known.name}: made of {cls.__module__}:{cls.__qualname__}, which a test compares."
    yield f'extension = "{known.extension}"'
    for level, options in known.options.items():
        if options:
            yield f"\n[{level}]"
            for name in sorted(options):
                yield f"{name} = {{{_written(options[name])}}}"


def _written(rule: registry.OptionRule) -> str:
    parts: list[str] = []
    if rule.type != "text":
        parts.append(f'type = "{rule.type}"')
    if rule.values:
        parts.append(
            f"values = [{', '.join(f'{chr(34)}{value}{chr(34)}' for value in rule.values)}]"
        )
    if rule.secret:
        parts.append("secret = true")
    if rule.superuser:
        parts.append("superuser = true")
    return f" {', '.join(parts)} " if parts else ""


def _rule(option: Option, level: registry.Level) -> registry.OptionRule:
    return registry.OptionRule(
        name=option.name,
        level=level,
        type=_TYPES[option.type],
        values=option.values,
        secret=option.secret,
        superuser=level == "wrapper",
    )
