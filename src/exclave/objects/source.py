"""Objects as Python source that evaluates to equal ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from inspect import Parameter, signature
from typing import Any, cast

from exclave.errors import DeclarationError
from exclave.objects.catalog import Catalog
from exclave.objects.foreign_table import Column, ForeignTable, Generated, Partition
from exclave.objects.grant import PRIVILEGES, WITH_GRANT_OPTION, Grant, Grants
from exclave.objects.index import Index, IndexKey
from exclave.objects.materialized_view import MaterializedView, ViewColumn
from exclave.objects.names import PUBLIC, QualifiedName
from exclave.objects.options import Options
from exclave.objects.python_format import (
    WIDTH,
    Atom,
    Call,
    Dict,
    List,
    Node,
    block,
    call,
    formatted,
    make_dict,
    make_list,
    string,
)
from exclave.objects.secret import Hidden, Secret
from exclave.objects.server import Server
from exclave.objects.user_mapping import UserMapping
from exclave.objects.wrapper import Wrapper


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret stands.

    Parameters
    ----------
    owner
        The object whose option it is; ``None`` for a secret or options on their own.
    option
        The option's name; empty for a secret on its own.
    """

    owner: object = None
    option: str = ""

    @property
    def variable(self) -> str:
        """A name for an environment variable, such as ``ACCOUNTS_APP_PASSWORD``."""
        owner = self.owner
        match owner:
            case UserMapping():
                words = [owner.server, owner.role]
            case ForeignTable() | MaterializedView():
                words = [owner.schema, owner.name]
            case _:
                words = [str(getattr(owner, "name", ""))]
        word = re.sub(r"[^A-Z0-9]+", "_", "_".join([*words, self.option]).upper()).strip("_")
        return f"EXCLAVE_{word}" if not word or word[0].isdigit() else word

    def __str__(self) -> str:
        where = "" if self.owner is None else f" of {self.owner}"
        return f"the option {self.option!r}{where}" if self.option else "a secret"


SecretHook = Callable[[Secret, SecretPlace], Secret]
"""Gives the reference to write for a secret that has no source."""


def refuse(secret: Secret, place: SecretPlace) -> Secret:
    """Refuse to write a secret whose value would stand in the source.

    Raises
    ------
    DeclarationError
        Always; the message says where the secret stands.
    """
    kind = "value" if secret.kind == "literal" else "function without a name"
    raise DeclarationError(
        f"The secret that is {place} is a {kind}, which is not written into source; "
        "declare a reference such as Secret.env, or Secret.call with 'package.module:function'."
    )


@dataclass(slots=True)
class EnvironmentReferences:
    """Names an environment variable for each secret that has no source.

    Give it as `secret` to `source_of` and its like; `variables` then says which variables the
    source needs, and where each one stands.
    """

    variables: dict[str, SecretPlace] = field(default_factory=dict[str, SecretPlace])

    def __call__(self, secret: Secret, place: SecretPlace) -> Secret:
        """Give the reference to write."""
        name, number = place.variable, 2
        while self.variables.setdefault(name, place) != place:
            name, number = f"{place.variable}_{number}", number + 1
        return Secret.env(name)


def source_of(
    value: object,
    *,
    prefix: str = "xc.",
    secret: SecretHook = refuse,
    indent: int = 0,
    before: int | None = None,
    after: int = 0,
    width: int = WIDTH,
) -> str:
    """Write an object as a Python expression that evaluates to an equal one.

    Parameters
    ----------
    value
        Anything of `exclave.objects`; also strings, numbers, ``None``, and lists and mappings of
        them.
    prefix
        What stands before the names of exclave, ``"xc."`` or nothing.
    secret
        Called with each secret that is a value or a function without a name, and where it
        stands; it gives the reference to write. Other secrets are references already.
    indent, before, after, width
        See `exclave.objects.python_format.formatted`.

    Returns
    -------
    str
        The expression, formatted. What has its default value is left out.

    Raises
    ------
    DeclarationError
        When a secret has no source and `secret` refuses it.
    TypeError
        When the value is nothing that can be written.
    """
    node = Writer(prefix, secret).node(value)
    return formatted(node, indent=indent, before=before, after=after, width=width)


def imports_of(value: object, *, prefix: str = "xc.", secret: SecretHook = refuse) -> list[str]:
    """Give the lines of import that the source of an object needs.

    Parameters
    ----------
    value, prefix, secret
        As for `source_of`.

    Returns
    -------
    list of str
        ``["import exclave as xc"]`` for the usual prefix, ``["from exclave import …"]`` for an
        empty one, nothing when the source uses no name of exclave.
    """
    writer = Writer(prefix, secret)
    writer.node(value)
    return writer.imports()


class Writer:
    """Makes trees of Python source from objects, and notes which names they use.

    Parameters
    ----------
    prefix
        What stands before the names of exclave.
    secret
        Gives the reference to write for a secret that has no source.
    """

    def __init__(self, prefix: str = "xc.", secret: SecretHook = refuse) -> None:
        self.prefix = prefix
        self.names: set[str] = set()
        self._secret = secret

    def imports(self) -> list[str]:
        """Give the lines of import that the trees made so far need."""
        if not self.names:
            return []
        module, _, rest = self.prefix.rpartition(".")
        if rest:
            raise ValueError(f"{self.prefix!r} is no prefix; write one that ends with a dot.")
        if module:
            return ["import exclave" if module == "exclave" else f"import exclave as {module}"]
        line = f"from exclave import {', '.join(sorted(self.names))}"
        if len(line) <= WIDTH:
            return [line]
        names = "".join(f"    {name},\n" for name in sorted(self.names))
        return [f"from exclave import (\n{names})"]

    def name(self, name: str) -> str:
        """Give a name of exclave with the prefix, and note that it is used."""
        self.names.add(name)
        return self.prefix + name

    def node(self, value: object, place: SecretPlace = SecretPlace()) -> Node:
        """Make the tree of a value that stands somewhere."""
        match value:
            case str():
                return string(value)
            case None | bool() | int() | float():
                return Atom(repr(value))
            case Secret():
                return self._of_secret(value, place)
            case Hidden():
                return self._of_hidden(value)
            case Options():
                return call(self.name("Options"), self.options(value, place.owner))
            case Catalog():
                return call(self.name("Catalog"), make_list(map(self.node, value)))
            case _:
                pass
        if is_dataclass(value) and not isinstance(value, type):
            return self._of_object(value)
        return self._of_collection(value, place)

    def _of_collection(self, value: object, place: SecretPlace) -> Node:
        if isinstance(value, Mapping):
            items = cast("Mapping[object, object]", value).items()
            return Dict(tuple((_key(key), self.node(each, place)) for key, each in items))
        if isinstance(value, list | tuple | set | frozenset):
            items = cast("Iterable[object]", value)
            if isinstance(value, frozenset) and all(isinstance(each, Grant) for each in items):
                return self.grants(cast("Grants", value))
            ordered = sorted(items, key=str) if isinstance(value, set | frozenset) else items
            return List(tuple(self.node(each, place) for each in ordered))
        raise TypeError(f"A {type(value).__name__} cannot be written as Python source.")

    def _of_object(self, value: Any) -> Call:
        kind = cast("type[Any]", type(value))
        arguments: list[Node] = []
        keywords: dict[str, Node] = {}
        for parameter in _parameters(kind):
            held = getattr(value, parameter.name)
            if not _always_written(kind, parameter.name) and _is_default(value, parameter, held):
                continue
            node = self._of_field(value, parameter.name, held)
            if parameter.kind is Parameter.KEYWORD_ONLY or not (
                parameter.default is Parameter.empty or parameter.name in _POSITIONAL.get(kind, ())
            ):
                keywords[parameter.name] = node
            else:
                arguments.append(node)
        return call(self.name(kind.__name__), *arguments, **keywords)

    def _of_field(self, value: object, name: str, held: object) -> Node:
        if isinstance(value, MaterializedView) and name == "query":
            return block(value.query)
        special = _FIELDS.get((type(value), name))
        written = held if special is None else special(value, held)
        if isinstance(written, Options):
            return self.options(written, value)
        if not isinstance(written, frozenset):
            return self.node(written, SecretPlace(value))
        if name == "grants":
            return self.grants(cast("Grants", written))
        return make_list(map(self._of_member, _sorted(cast("frozenset[Any]", written))))

    def _of_member(self, value: object) -> Node:
        return string(str(value)) if isinstance(value, QualifiedName) else self.node(value)

    def grants(self, grants: Grants) -> Node:
        """Make the tree of grants, as a mapping of roles to privileges."""
        order = [name for names in PRIVILEGES.values() for name in names]
        roles: dict[str, list[str]] = {}
        for grant in sorted(
            grants, key=lambda each: (each.role, _place(order, each.privilege), each.privilege)
        ):
            privilege = grant.privilege + WITH_GRANT_OPTION * grant.grantable
            role = "PUBLIC" if grant.role == PUBLIC else grant.role
            roles.setdefault(role, []).append(privilege)
        return make_dict({role: make_list(map(string, names)) for role, names in roles.items()})

    def options(self, options: Options, owner: object) -> Node:
        """Make the tree of an object's options, as a mapping."""
        return make_dict(
            {name: self.node(value, SecretPlace(owner, name)) for name, value in options.items()}
        )

    def _of_hidden(self, hidden: Hidden) -> Node:
        if hidden.changed:
            return call(self.name("Hidden"), changed=Atom("True"))
        return Atom(self.name("HIDDEN"))

    def _of_secret(self, secret: Secret, place: SecretPlace) -> Node:
        if not has_source(secret):
            secret = self._secret(secret, place)
            if not has_source(secret):
                secret = refuse(secret, place)
        return call(f"{self.name('Secret')}.{secret.kind}", *map(string, secret.reference))


def _key(key: object) -> Atom:
    return string(key) if isinstance(key, str) else Atom(repr(key))


def has_source(secret: Secret) -> bool:
    """Tell whether a secret is a reference that can be written, and no value or bare function."""
    return secret.kind != "literal" and secret._held is None  # pyright: ignore[reportPrivateUsage]


@cache
def _parameters(kind: type[Any]) -> tuple[Parameter, ...]:
    derived = {each.name for each in fields(kind) if not each.repr}
    return tuple(
        parameter for name, parameter in signature(kind).parameters.items() if name not in derived
    )


def _is_default(value: object, parameter: Parameter, held: object) -> bool:
    if parameter.default is Parameter.empty:
        return False
    if (type(value), parameter.name) in _FOUND_OUT:
        return True
    if isinstance(value, IndexKey) and parameter.name == "nulls_first":
        return held == value.descending
    if parameter.default is None:
        return held is None or held == _MEANT_BY_NONE.get((type(value), parameter.name))
    if isinstance(value, Column) and parameter.name == "not_null" and value.identity is not None:
        return True
    if parameter.default == ():
        return not held
    return bool(parameter.default == held)


def _always_written(kind: type[Any], name: str) -> bool:
    return kind is UserMapping and name == "role"


# Parameters that have a default and are written by their place all the same.
_POSITIONAL: Mapping[type[Any], tuple[str, ...]] = {
    Server: ("wrapper",),
    UserMapping: ("role",),
    QualifiedName: ("schema",),
    IndexKey: ("column",),
}

# What is read from a database or a query, and is no difference.
_FOUND_OUT = {(MaterializedView, "uses"), (ViewColumn, "type")}

_MEANT_BY_NONE: Mapping[tuple[type[Any], str], object] = {
    (ForeignTable, "schema"): "public",
    (MaterializedView, "schema"): "public",
}


def _sql_name(_: object, held: Any) -> object:
    return None if held is None else str(held)


def _own_name(_: object, held: Any) -> object:
    return held.name if held is not None and held.schema is None else held


def _former_name(table: Any, held: Any) -> object:
    return held.name if held.schema == table.schema and "." not in held.name else held


def _keys(_: object, held: tuple[IndexKey, ...]) -> object:
    return [key.column if key == IndexKey(key.column or "?") else key for key in held]


def _role(_: object, held: Any) -> object:
    return "PUBLIC" if held == PUBLIC else held


def _expression(_: object, held: Generated) -> object:
    return held.expression if held.stored else held


_FIELDS: Mapping[tuple[type[Any], str], Callable[[object, Any], object]] = {
    (Wrapper, "handler"): _sql_name,
    (Wrapper, "validator"): _sql_name,
    (UserMapping, "role"): _role,
    (Column, "collation"): _own_name,
    (Column, "generated"): _expression,
    (ForeignTable, "renamed_from"): _former_name,
    (Partition, "parent"): _sql_name,
    (MaterializedView, "renamed_from"): _former_name,
    (Index, "keys"): _keys,
    (IndexKey, "collation"): _own_name,
    (IndexKey, "opclass"): _sql_name,
}
"""How a field is written when not as the value that it holds."""


def _sorted(values: frozenset[Any]) -> list[Any]:
    return sorted(values, key=lambda each: str(getattr(each, "name", each)))


def _place(order: list[str], privilege: str) -> int:
    return order.index(privilege) if privilege in order else len(order)
