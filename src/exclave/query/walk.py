"""Walking through statements: all relations that they name, and what is done with them."""

from __future__ import annotations

from collections.abc import Sequence

from exclave.query.conditions import Facts
from exclave.query.grammar import Node, Tokens, children, kind, texts
from exclave.query.scope import Item, Relation, Scope, Span, Use

_WRITES: dict[str, Use] = {
    "InsertStmt": "insert",
    "UpdateStmt": "update",
    "DeleteStmt": "delete",
    "MergeStmt": "merge",
}
_QUERIES = {"SelectStmt", *_WRITES}

_SELECTED = (
    "distinctClause", "targetList", "whereClause", "groupClause", "havingClause", "windowClause",
    "valuesLists", "sortClause", "limitOffset", "limitCount",
)  # fmt: skip
"""What of a SELECT is evaluated with its FROM in scope."""

_BEFORE_TARGET = {
    "relation", "withClause", "selectStmt", "sourceRelation", "fromClause", "usingClause",
}  # fmt: skip
"""What of a statement that writes is evaluated before its target comes into scope."""


class Walk:
    """A walk through the statements of one text.

    Parameters
    ----------
    tokens
        The tokens of the text.
    search_path
        Where relations without a schema are found.
    """

    def __init__(self, tokens: Tokens, search_path: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._search_path = search_path
        self.relations: list[Relation] = []

    def statement(self, node: Node) -> None:
        """Walk through a statement, whatever it is."""
        match kind(node):
            case name if name in _QUERIES:
                self._query(node, Scope())
            case "ExplainStmt" | "DeclareCursorStmt":
                self.statement(node.query)
            case "CreateTableAsStmt" if node.objtype.name == "OBJECT_TABLE":
                self._named(node.into.rel, "other")
                self.statement(node.query)
            case "CopyStmt" if node.query is not None:
                self.statement(node.query)
            case "CopyStmt" if node.is_from:
                self._named(node.relation, "copy")
                self._expression(node.whereClause, Scope())
            case "CallStmt" | "ExecuteStmt":
                self._expression(node, Scope())
            case _:
                self._others(node)

    def _others(self, node: Node) -> None:
        """Walk through what is no query; a query within it is kept for later."""
        waiting = [node]
        while waiting:
            each = waiting.pop()
            if isinstance(each, tuple):
                waiting += each
            elif kind(each) in _QUERIES:
                before = len(self.relations)
                self._query(each, Scope())
                for relation in self.relations[before:]:
                    relation.use = "define"
            elif kind(each) == "RangeVar":
                self._named(each, "other")
            else:
                waiting += children(each)

    def _query(self, node: Node, outer: Scope) -> tuple[Relation, ...]:
        """Walk through a query, and give the relations that FOR UPDATE around it would lock."""
        scope = self._with(node.withClause, outer)
        if kind(node) == "SelectStmt":
            return self._select(node, scope)
        target = self._named(node.relation, _WRITES[kind(node)])
        item = Item(target.alias or target.name, target)
        facts = Facts(self._search_path)
        match kind(node):
            case "InsertStmt":
                target.upserted = node.onConflictClause is not None
                self._expression(node.selectStmt, scope)
                items = [item, Item("excluded")]
            case "MergeStmt":
                items = [item, *self._from_item(node.sourceRelation, scope, [], facts)]
            case _:
                clause = node.fromClause if kind(node) == "UpdateStmt" else node.usingClause
                items = [item, *self._from(clause, scope, facts)]
                facts.where(node.whereClause, items)
                facts.settle()
        self._mark_namesakes(items)
        inside = scope.inner(tuple(items))
        for part in children(node, but=_BEFORE_TARGET):
            self._expression(part, inside)
        return ()

    def _with(self, clause: Node | None, scope: Scope) -> Scope:
        """Walk through WITH, and give the scope of what follows it."""
        if clause is None:
            return scope
        if clause.recursive:
            scope = scope.knowing(*(query.ctename for query in clause.ctes))
        for query in clause.ctes:
            self._query(query.ctequery, scope)
            scope = scope.knowing(query.ctename)
        return scope

    def _select(self, node: Node, scope: Scope) -> tuple[Relation, ...]:
        within: tuple[Relation, ...] = ()
        waiting = [(node, scope)]
        while waiting:  # UNION and its kin may be nested deeply
            node, scope = waiting.pop()
            if node.op.name == "SETOP_NONE":
                within += self._simple_select(node, scope)
                continue
            for part in (node.sortClause, node.limitOffset, node.limitCount):
                self._expression(part, scope)
            arms = (node.rarg, node.larg)
            waiting += [(arm, self._with(arm.withClause, scope)) for arm in arms]
        return within

    def _simple_select(self, node: Node, outer: Scope) -> tuple[Relation, ...]:
        facts = Facts(self._search_path)
        items = self._from(node.fromClause, outer, facts)
        scope = outer.inner(tuple(items))
        for name in _SELECTED:
            self._expression(getattr(node, name), scope)
        if node.intoClause is not None:
            self._named(node.intoClause.rel, "other")
        facts.where(node.whereClause, items)
        facts.settle()
        for clause in node.lockingClause or ():
            names = {relation.relname for relation in clause.lockedRels or ()}
            for item in items:
                if not names or item.name in names:
                    for relation in item.within:
                        relation.locked = True
        return tuple(relation for item in items for relation in item.within)

    def _from(self, nodes: Sequence[Node] | None, outer: Scope, facts: Facts) -> list[Item]:
        items: list[Item] = []
        for node in nodes or ():
            items += self._from_item(node, outer, items, facts)
        self._mark_namesakes(items)
        return items

    def _from_item(self, node: Node, outer: Scope, before: list[Item], facts: Facts) -> list[Item]:
        """Walk through something in FROM, and give what it brings into scope.

        Parameters
        ----------
        node
            What stands in FROM.
        outer
            The scope of the query's surroundings.
        before
            What stands before it, which it sees if it is LATERAL.
        facts
            What holds in the query.
        """
        alias = getattr(node, "alias", None)
        name = alias.aliasname if alias else ""
        match kind(node):
            case "RangeVar":
                if node.schemaname is None and node.relname in outer.queries:
                    return [Item(name or node.relname)]
                relation = self._named(node, "read")
                return [Item(name or node.relname, relation, (relation,))]
            case "RangeSubselect":
                scope = outer.inner(tuple(before)) if node.lateral else outer
                return [Item(name, None, self._query(node.subquery, scope))]
            case "RangeTableSample":
                items = self._from_item(node.relation, outer, before, facts)
                for relation in items[0].within:
                    relation.sampled = True
                return items
            case "JoinExpr":
                left = self._from_item(node.larg, outer, before, facts)
                right = self._from_item(node.rarg, outer, [*before, *left], facts)
                both = [*left, *right]
                self._mark_namesakes(both)
                self._expression(node.quals, outer.inner(tuple(both)))
                facts.join(node, left, right)
                if alias:
                    within = tuple(relation for item in both for relation in item.within)
                    return [Item(name, None, within)]
                merged = node.join_using_alias
                return [*both, Item(merged.aliasname)] if merged else both
            case _:  # functions see what is before them, as if LATERAL
                self._expression(node, outer.inner(tuple(before)))
                return [Item(name or _function(node))]

    def _named(self, node: Node, use: Use) -> Relation:
        alias = node.alias
        relation = Relation(
            node.schemaname,
            node.relname,
            use,
            alias=alias.aliasname if alias else None,
            renames=bool(alias and alias.colnames),
        )
        relation.span = self._span(node)
        word = self._tokens[self._tokens.at(relation.span[0]) - 1]
        if use == "read" and word.name == "TABLE":
            relation.command = word.start
        self.relations.append(relation)
        return relation

    def _span(self, node: Node) -> Span:
        """Give where a relation stands, with ONLY and ``*``."""
        first = self._tokens.at(node.location)
        count = sum(each is not None for each in (node.catalogname, node.schemaname, node.relname))
        end = self._tokens.parts(node.location, count)[-1].end
        after = self._tokens.at(end)
        start = node.location
        if not node.inh:
            in_parentheses = self._tokens[first - 1].name == "ASCII_40"
            start = self._tokens[first - (2 if in_parentheses else 1)].start
            if in_parentheses:
                end = self._tokens[after].end
        elif self._tokens[after].name == "ASCII_42":
            end = self._tokens[after].end
        return start, end

    def _mark_namesakes(self, items: Sequence[Item]) -> None:
        """Mark relations of one name in two schemas: as aliases their names would clash."""
        names = [item.name for item in items]
        for item in items:
            if item.bare and names.count(item.name) > 1:
                item.bare.taken = True

    def _expression(self, node: Node, scope: Scope) -> None:
        """Walk through an expression, or a list of them, with the names of a scope."""
        waiting = [node]
        while waiting:  # a chain of operators may be nested deeply
            each = waiting.pop()
            if isinstance(each, tuple):
                waiting += each
            elif kind(each) in _QUERIES:
                self._query(each, scope)
            elif kind(each) == "ColumnRef":
                self._column(each, scope)
            else:
                waiting += children(each)

    def _column(self, node: Node, scope: Scope) -> None:
        match texts(node.fields):
            case [str(name)]:
                if found := scope.by_name(name):
                    found.whole = True
            case [str(name), _]:
                found = scope.by_name(name)
                if found and found.alias is None:
                    [token] = self._tokens.parts(node.location, 1)
                    found.calls.append((token.start, token.end))
            case [*catalog, str(schema), str(name), _]:
                if found := scope.by_schema(schema, name, self._search_path):
                    parts = self._tokens.parts(node.location, len(catalog) + 2)
                    found.qualifiers.append((node.location, (parts[-1].start, parts[-1].end)))
            case _:
                pass


def _function(node: Node) -> str:
    """Give the name under which the columns of a function in FROM are known."""
    if kind(node) != "RangeFunction" or node.is_rowsfrom:
        return ""
    call = node.functions[0][0]
    return (texts(call.funcname)[-1] or "") if kind(call) == "FuncCall" else ""
