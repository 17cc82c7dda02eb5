"""Environment variables for secrets that no migration may hold: those that are no references."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from exclave.objects import Column, ForeignObject, ForeignTable, Hidden, Options, Secret
from exclave.objects.options import OptionValue
from exclave.objects.source import EnvironmentReferences, SecretPlace, has_source

_Owner = TypeVar("_Owner")


@dataclass
class References:
    """Puts references for the secrets of objects, the same for the same place.

    Each says in a note what the variable must hold.
    """

    _names: EnvironmentReferences = field(default_factory=EnvironmentReferences)
    _notes: dict[Secret, str] = field(default_factory=dict[Secret, str])

    def pair(
        self, before: ForeignObject | None, after: ForeignObject | None, *, again: bool = False
    ) -> tuple[Any, Any]:
        """Give both states of an object without any secret's value.

        Parameters
        ----------
        before, after
            The object as it is and as it is to be.
        again
            Whether it is dropped to be created anew, by another change.
        """
        old = again or after is not None
        return self._referring(before, after, old=old), self._referring(after, before, old=False)

    def notes(self, value: ForeignObject | None) -> tuple[str, ...]:
        """Say what must be known of the secrets of an object, before it is written."""
        if value is None:
            return ()
        if isinstance(options := getattr(value, "options", None), Hidden):
            return (f"The database would not show the options of {value}: write them here.",)
        found = [options] if isinstance(options, Options) else []
        if isinstance(value, ForeignTable):
            found += [column.options for column in value.columns]
        values = [value for options in found for value in options.values()]
        secrets = [value for value in values if isinstance(value, Secret)]
        return tuple(self._notes[secret] for secret in secrets if secret in self._notes)

    def _referring(
        self, value: ForeignObject | None, other: ForeignObject | None, *, old: bool
    ) -> ForeignObject | None:
        if not isinstance(options := getattr(value, "options", None), Options):
            return value
        changes: dict[str, Any] = {"options": self._options(value, options, other, old)}
        if isinstance(value, ForeignTable):
            theirs = other.columns if isinstance(other, ForeignTable) else ()
            others = {column.name: column for column in theirs}
            changes["columns"] = [
                self._column(column, others.get(column.name), old) for column in value.columns
            ]
        return replace(cast("Any", value), **changes)

    def _column(self, column: Column, other: Column | None, old: bool) -> Column:
        options = self._options(column, column.options, other, old)
        return column if options == column.options else replace(column, options=options)

    def _options(self, owner: object, options: Options, other: object, old: bool) -> Options:
        theirs = getattr(other, "options", None)
        theirs = theirs if isinstance(theirs, Options) else Options()
        return Options(
            {
                name: self._value(owner, name, value, old and theirs.get(name) != value)
                for name, value in options.items()
            }
        )

    def _value(self, owner: object, name: str, value: OptionValue, old: bool) -> OptionValue:
        if isinstance(value, str) or (isinstance(value, Secret) and has_source(value)):
            return value
        place = SecretPlace(_bare(owner), name)
        named = replace(place, option=f"{name}_OLD") if old else place
        reference = self._names(Secret.literal(""), named)
        when = " as it was before this revision" if old else ""
        why = (
            "which the database would not show"
            if isinstance(value, Hidden)
            else "which is not written here"
        )
        self._notes[reference] = f"{reference.reference[0]} must hold {place}{when}, {why}."
        return reference


def _bare(owner: Any) -> Any:
    """Give what an object is called, so that its states have the same variables."""
    return replace(owner, options={})
