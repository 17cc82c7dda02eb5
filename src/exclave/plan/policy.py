"""What a plan may do beyond what was declared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from exclave.errors import DeclarationError
from exclave.objects import Catalog, ForeignObject
from exclave.plan.scope import Scope
from exclave.plan.state import schema_of

Unmanaged = Literal["ignore", "drop"]
Existing = Literal["alter", "keep"]
HiddenOptions = Literal["keep", "set"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How to treat what the declarations leave open.

    Parameters
    ----------
    unmanaged
        Wrappers, servers, user mappings and foreign tables that nobody declared: ``"ignore"``
        leaves them alone, ``"drop"`` drops them. So it is with materialized views that exclave
        made; others are never dropped for being undeclared, nor are extensions, schemas and what
        belongs to an extension.
    existing
        Declared objects that exist and differ: ``"alter"`` changes them, ``"keep"`` leaves them
        as they are, so that only missing ones are created.
    cascade
        Whether a replacement may take along what depends on the replaced object. Foreign tables
        and user mappings of a replaced server are put back, as are materialized views; views and
        the like are lost.
    hidden
        Options of a user mapping that the database would not show and that exclave did not set
        itself: ``"keep"`` takes them for right, ``"set"`` sets them again.
    schemas
        Look at these schemas and the foreign tables and materialized views in them only; ``None``
        looks at all. What belongs to no schema (extensions, wrappers, servers, user mappings) is
        created and altered as declared, and never dropped for being undeclared.
    scope
        What decides object by object, and column by column, whether the plan is about it;
        ``None`` includes all.

    Raises
    ------
    DeclarationError
        For a value that is none of these: what is misspelled must not come to mean "drop".
    """

    unmanaged: Unmanaged = "ignore"
    existing: Existing = "alter"
    cascade: bool = False
    hidden: HiddenOptions = "keep"
    schemas: frozenset[str] | None = None
    scope: Scope | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, allowed in (
            ("unmanaged", get_args(Unmanaged)),
            ("existing", get_args(Existing)),
            ("hidden", get_args(HiddenOptions)),
        ):
            if (given := getattr(self, name)) not in allowed:
                raise _unexpected(name, " or ".join(map(repr, allowed)), given)
        if not isinstance(self.cascade, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise _unexpected("cascade", "True or False", self.cascade)
        if self.schemas is not None:
            object.__setattr__(self, "schemas", _names(self.schemas))
        if not isinstance(self.scope, Scope | None):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise _unexpected("scope", "an exclave.plan.Scope or None", self.scope)

    def within(self, desired: Catalog) -> Catalog:
        """Give the declarations less those that stand in other schemas."""
        if self.schemas is None:
            return desired
        return Catalog(value for value in desired if schema_of(value) in (None, *self.schemas))

    def drops(self, value: ForeignObject) -> bool:
        """Tell whether an object is to be dropped if nobody declared it."""
        if self.unmanaged != "drop" or getattr(value, "extension", None) is not None:
            return False
        return self.schemas is None or schema_of(value) in self.schemas


def _names(schemas: object) -> frozenset[str]:
    if isinstance(schemas, Collection) and not isinstance(schemas, str | bytes):
        names = frozenset(cast("Collection[object]", schemas))
        if all(isinstance(name, str) for name in names):
            return cast("frozenset[str]", names)
    raise _unexpected("schemas", "a set of the schemas' names or None", cast("object", schemas))


def _unexpected(name: str, expected: str, given: object) -> DeclarationError:
    return DeclarationError(f"Policy({name}={given!r}): expected {expected}.")


DEFAULT_POLICY = Policy()
"""Alter what was declared, leave the rest alone, take nothing along."""
