"""A member's definition as plain data: secrets as references, never a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exclave.federation.member import DeclaredTable, Member
from exclave.objects import HIDDEN, Hidden, Options, Secret
from exclave.objects.options import OptionValue
from exclave.objects.registry import open_mapping_options


def definition_to_data(member: Member) -> dict[str, Any]:
    """Give what the registry keeps of how a member is reached.

    Of a secret it keeps the reference, and of one that was given as a value or as a callable only
    that it was. Of the mapping's options it keeps values only where they are known to be open.
    """
    return {
        "server_options": _to_data(member.server_options),
        "mapping_options": _to_data(member.mapping_options.sealed(open_mapping_options())),
        "tables": {name: table.to_dict() for name, table in member.tables.items()},
    }


def definition_from_data(
    data: Mapping[str, Any], slug: str, wrapper: str, labels: Mapping[str, str], writable: bool
) -> Member:
    """Give the member again; what no reference is kept of is `HIDDEN`."""
    return Member(
        slug,
        wrapper,
        _from_data(data["server_options"]),
        _from_data(data["mapping_options"]),
        labels=labels,
        writable=writable,
        tables={
            name: DeclaredTable.from_dict(table) for name, table in data.get("tables", {}).items()
        },
    )


def _to_data(options: Options) -> dict[str, Any]:
    return {name: _option_to_data(value) for name, value in sorted(options.items())}


def _option_to_data(value: OptionValue) -> str | dict[str, Any]:
    if isinstance(value, str):
        return value
    if isinstance(value, Hidden):
        return {"secret": "hidden"}
    if value.kind == "literal" or value != Secret(value.kind, value.reference):
        return {"secret": value.kind, "kept": False}  # it holds a value, or a callable
    return {"secret": value.kind, "reference": list(value.reference)}


def _from_data(data: Mapping[str, Any]) -> Options:
    return Options({name: _option_from_data(value) for name, value in data.items()})


def _option_from_data(value: str | Mapping[str, Any]) -> OptionValue:
    if isinstance(value, str):
        return value
    if "reference" not in value:
        return HIDDEN
    return Secret(value["secret"], tuple(value["reference"]))
