"""Which constants the columns of a query's relations are compared with.

Kept are facts about the rows that a query makes of its relations: that a column is one of some
constants, or that it equals another column. They are followed along joins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exclave.query.grammar import Node, kind, texts
from exclave.query.scope import Atom, Bound, Item, Relation, Scope

Place = tuple[Relation, str]
"""A column of a relation."""

Constants = dict[Place, set[tuple[Atom, ...]]]
"""What columns are compared with: each is one of each of these."""


class Facts:
    """What holds in all rows that one query makes of what is in its FROM.

    Parameters
    ----------
    search_path
        Where relations without a schema are found.
    """

    def __init__(self, search_path: tuple[str, ...]) -> None:
        self._search_path = search_path
        self._sure: Constants = {}
        self._unless_null: Constants = {}
        self._follows: set[tuple[Place, Place]] = set()  # if one is not null, the other equals it

    def where(self, condition: Node | None, items: Sequence[Item]) -> None:
        """Take in a condition that all rows fulfil."""
        if condition is None:
            return
        scope = Scope(tuple(items))
        _add(self._sure, self._constants(condition, scope))
        for one, other in self._equalities(condition, scope):
            self._follows |= {(one, other), (other, one)}

    def join(self, node: Node, left: Sequence[Item], right: Sequence[Item]) -> None:
        """Take in the condition of a join, with what is on its two sides.

        In an outer join only rows of the side that may be null fulfil it.
        """
        one, other = _relations(left), _relations(right)
        fulfilling = {
            "JOIN_INNER": {*one, *other},
            "JOIN_LEFT": {*other},
            "JOIN_RIGHT": {*one},
        }.get(node.jointype.name, set[Relation]())
        columns = [name for name in texts(node.usingClause) if name]
        equal = [((a, name), (b, name)) for name in columns for a in one for b in other]
        if node.quals is not None:
            scope = Scope((*left, *right))
            found = self._constants(node.quals, scope)
            _add(
                self._unless_null,
                {place: each for place, each in found.items() if place[0] in fulfilling},
            )
            equal += self._equalities(node.quals, scope)
        for a, b in equal:
            self._follows |= {pair for pair in ((a, b), (b, a)) if pair[0][0] in fulfilling}

    def settle(self) -> None:
        """Tell the relations what their columns are compared with, directly or along joins.

        Along joins goes what is equal to one constant, as PostgreSQL's planner does it; it would
        query all members for what is one of several.
        """
        changed = bool(self._sure or self._unless_null)
        _add(self._unless_null, self._sure)
        while changed:
            changed = False
            for one, other in self._follows:
                sure = {other: _single(self._sure.get(one, set()))}
                changed |= _add(self._sure, sure)
                _add(self._unless_null, sure)
                unless_null = {one: _single(self._unless_null.get(other, set()))}
                changed |= _add(self._unless_null, unless_null)
        for (relation, column), found in self._unless_null.items():
            relation.conditions.setdefault(column, []).extend(sorted(found, key=repr))

    def _constants(self, condition: Node, scope: Scope) -> Constants:
        match kind(condition):
            case "BoolExpr" if condition.boolop.name == "AND_EXPR":
                both: Constants = {}
                for part in condition.args:
                    _add(both, self._constants(part, scope))
                return both
            case "BoolExpr" if condition.boolop.name == "OR_EXPR":
                parts = [self._constants(part, scope) for part in condition.args]
                common = set(parts[0]).intersection(*parts[1:])
                return {
                    place: {tuple(atom for part in parts for atom in min(part[place], key=len))}
                    for place in common
                }
            case "A_Expr" if texts(condition.name) == ["="]:
                return self._compared(condition, scope)
            case _:
                return {}

    def _compared(self, node: Node, scope: Scope) -> Constants:
        many = node.kind.name != "AEXPR_OP"
        match node.kind.name:
            case "AEXPR_OP":
                pairs = [(node.lexpr, [node.rexpr]), (node.rexpr, [node.lexpr])]
            case "AEXPR_IN":
                pairs = [(node.lexpr, node.rexpr)]
            case "AEXPR_OP_ANY":
                array = _without_cast(node.rexpr, array=True)
                values = array.elements if kind(array) == "A_ArrayExpr" else [array]
                pairs = [(node.lexpr, values or ())]
                if kind(array) == "A_Const":
                    return {}  # '{a,b}'
            case _:
                return {}
        found: Constants = {}
        for column, values in pairs:
            atoms = tuple(_atom(value, many) for value in values)
            known = tuple(atom for atom in atoms if atom is not None)
            if len(known) == len(atoms):
                _add(found, {place: {known} for place in self._places(column, scope)})
        return found

    def _equalities(self, condition: Node, scope: Scope) -> Iterator[tuple[Place, Place]]:
        match kind(condition):
            case "BoolExpr" if condition.boolop.name == "AND_EXPR":
                for part in condition.args:
                    yield from self._equalities(part, scope)
            case "A_Expr" if condition.kind.name == "AEXPR_OP" and texts(condition.name) == ["="]:
                sides = [self._places(each, scope) for each in (condition.lexpr, condition.rexpr)]
                if len(sides[0]) == len(sides[1]) == 1:
                    yield sides[0][0], sides[1][0]
            case _:
                pass

    def _places(self, node: Node, scope: Scope) -> list[Place]:
        """Give the column that a node is; unqualified, of all relations that may have it."""
        column = _without_cast(node)
        if kind(column) != "ColumnRef":
            return []
        match texts(column.fields):
            case [str(name)]:
                return [(relation, name) for relation in _relations(scope.items)]
            case [str(table), str(name)]:
                found = scope.by_name(table)
            case [*_, str(schema), str(table), str(name)]:
                found = scope.by_schema(schema, table, self._search_path)
            case _:
                return []
        return [(found, name)] if found and not found.renames else []


def _relations(items: Sequence[Item]) -> list[Relation]:
    return [each.relation for each in items if each.relation and not each.relation.renames]


def _single(found: set[tuple[Atom, ...]]) -> set[tuple[Atom, ...]]:
    """Give what says that a column equals one constant or placeholder."""
    single = (each for each in found if len(each) == 1)
    return {(atom,) for (atom,) in single if not (isinstance(atom, Bound) and atom.many)}


def _add(constants: Constants, more: Constants) -> bool:
    """Add to what is known, and tell whether it was new."""
    changed = False
    for place, found in more.items():
        known = constants.setdefault(place, set())
        changed |= not found <= known
        known |= found
    return changed


def _without_cast(node: Node, *, array: bool = False) -> Node:
    """Give what is cast to text or varchar, where that changes nothing."""
    while kind(node) == "TypeCast":
        name = node.typeName
        known = texts(name.names)[-1] in ("text", "varchar") and not name.typmods
        if not known or bool(name.arrayBounds) != array:
            break
        node = node.arg
    return node


def _atom(node: Node, many: bool) -> Atom | None:
    """Give the constant or placeholder that a node is."""
    node = _without_cast(node)
    if kind(node) == "ParamRef":
        return Bound(node.number, many)
    if kind(node) == "A_Const" and kind(node.val) == "String":
        return node.val.sval
    return None
