"""The changes of materialized views, which go and come back with what they read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol, cast

from exclave.objects import Catalog, ForeignObject, MaterializedView, QualifiedName
from exclave.objects.grant import Grants
from exclave.plan.change import Change
from exclave.plan.policy import Policy
from exclave.plan.scope import Shaken
from exclave.plan.view_order import used_first


class Comparison(Protocol):
    """What is asked of the comparison that the changes are a part of."""

    @property
    def actual(self) -> Catalog:
        """What is there."""
        ...

    @property
    def desired(self) -> Catalog:
        """What was declared."""
        ...

    @property
    def policy(self) -> Policy:
        """What may be done."""
        ...

    def granted_on(self, value: ForeignObject) -> Grants:
        """Tell what default privileges grant on a new object."""
        ...

    def written_query(self, view: MaterializedView) -> str:
        """Tell the query of a declared materialized view as it was declared."""
        ...

    def refuse_undeclared(self, value: ForeignObject, declared: Mapping[object, object]) -> None:
        """Refuse to rebuild what nobody declared, unless the policy allows it."""
        ...


class ViewChanges:
    """The changes of materialized views, given those of what they read.

    Parameters
    ----------
    comparison
        The comparison that they are a part of.
    direct
        The changes of those that were declared, each with its namesake.
    dropped
        The drops of those that were not.
    shaken
        What happens to the foreign tables that they may read.
    """

    def __init__(
        self,
        comparison: Comparison,
        direct: Iterable[Change],
        dropped: Iterable[Change],
        shaken: Shaken,
    ) -> None:
        self._comparison = comparison
        self._created = [change for change in direct if change.before is None]
        self._changes = {_name(change.before): change for change in direct if change.before}
        self._dropped = {_name(change.before): change for change in dropped}
        self._rebuilt: dict[QualifiedName, tuple[Change, Change]] = {}
        self._follow(dict(shaken))

    def _follow(self, shaken: dict[QualifiedName, frozenset[str] | None]) -> None:
        """Rebuild what gets another query, what stands on changed ground, and what reads that."""
        for view in used_first(self._comparison.actual.materialized_views.values()):
            name = view.qualified_name
            if name in self._dropped:
                shaken[name] = None
                continue
            change = self._changes.get(name)
            reason = change.reason if change is not None else None
            reason = reason or _reason(view, shaken) or self._shaken_by_others(view)
            if reason is not None and self._comes_back(view, shaken):
                shaken[name] = None
                self._rebuild(view, reason)

    def _shaken_by_others(self, view: MaterializedView) -> str | None:
        """Tell why a declared view must go for what another tool does to what it reads."""
        comparison = self._comparison
        scope = comparison.policy.scope
        declared = view.qualified_name in self._changes or (
            view.key in comparison.desired.materialized_views
        )
        return _reason(view, scope.shaken) if scope is not None and declared else None

    def _comes_back(self, view: MaterializedView, shaken: Shaken) -> bool:
        """Tell whether a view is created again; one that nobody declared may be lost.

        So it is when what it reads is gone for good, or is read by way of an ordinary view.
        """
        if view.extension is not None:
            return False
        declared = self._comparison.desired
        if view.qualified_name in self._changes or view.key in declared.materialized_views:
            return True
        stay = {value.qualified_name for value in declared.foreign_tables.values()}
        stay |= {*self._rebuilt}
        return all(
            used in stay and view.uses[used] is not None
            for used in view.uses
            if used in shaken and shaken[used] is None
        )

    def _rebuild(self, view: MaterializedView, reason: str) -> None:
        comparison = self._comparison
        change = self._changes.pop(view.qualified_name, None)
        after = view
        if change is not None:
            after = cast("MaterializedView", change.after)
        wanted = comparison.desired.materialized_views.get(after.key)
        if wanted is None:
            comparison.refuse_undeclared(view, {})
        else:
            if change is None:
                after = replace(view, with_data=wanted.with_data, uses=wanted.uses or view.uses)
            if wanted.query == after.query:
                # Not what PostgreSQL prints now: over what has changed it may print otherwise.
                after = replace(after, query=comparison.written_query(wanted))
        granted, cascade = comparison.granted_on(view), comparison.policy.cascade
        self._rebuilt[view.qualified_name] = (
            Change(view, None, reason, cascade, granted),
            Change(None, after, reason, granted=granted),
        )

    def drops(self) -> Iterator[Change]:
        """Give the drops, each view before what it reads."""
        drops = {name: drop for name, (drop, _) in self._rebuilt.items()} | self._dropped
        views = [cast("MaterializedView", change.before) for change in drops.values()]
        for view in reversed(list(used_first(views))):
            yield drops[view.qualified_name]

    def rest(self) -> Iterator[Change]:
        """Give the creations and alterations, each view after what it reads.

        A view cannot get data from one that has none, and is then created without.
        """
        changes = [create for _, create in self._rebuilt.values()]
        changes += [*self._changes.values(), *self._created]
        by_name = {_name(change.after): change for change in changes}
        empty = {
            name.qualified_name
            for name in self._comparison.actual.materialized_views.values()
            if not name.with_data
        }
        empty -= {*self._rebuilt, *self._dropped}
        for view in used_first(cast("MaterializedView", change.after) for change in changes):
            change = by_name[view.qualified_name]
            if change.before is None:
                if view.with_data and _reads(view, empty):
                    change = replace(change, after=replace(view, with_data=False))
                if not cast("MaterializedView", change.after).with_data:
                    empty.add(view.qualified_name)
            yield change


def _name(view: ForeignObject | None) -> QualifiedName:
    return cast("MaterializedView", view).qualified_name


def _reads(view: MaterializedView, names: set[QualifiedName]) -> bool:
    bare = {name.name for name in names}
    return any(used in names or (used.schema is None and used.name in bare) for used in view.uses)


def _reason(view: MaterializedView, shaken: Shaken) -> str | None:
    for used in sorted(view.uses, key=str):
        if used not in shaken:
            continue
        columns = shaken[used]
        if columns is None:
            return f"it reads {used}, which goes"
        if held := columns & (view.uses[used] or frozenset()):
            names = ", ".join(sorted(held))
            return f"it reads the columns {names} of {used}, which change"
    return None
