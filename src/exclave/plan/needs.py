"""What each change needs: roles, types, extensions, privileges, and how to get them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from exclave.catalog import Snapshot
from exclave.objects import (
    Extension,
    ForeignObject,
    ForeignTable,
    Hidden,
    ImportForeignSchema,
    MaterializedView,
    Options,
    QualifiedName,
    Schema,
    Server,
    UserMapping,
    Wrapper,
)
from exclave.objects.data_type import is_built_in, schema_of_type, split_type
from exclave.objects.names import PUBLIC
from exclave.objects.quoting import quote_identifier
from exclave.objects.registry import Level, rules_of
from exclave.plan.change import Change
from exclave.plan.extension_needs import to_alter_extension, to_create_extension
from exclave.plan.foreign_table import is_reshaped, parents_of, typed_columns
from exclave.plan.names import roles_of
from exclave.plan.need import Need
from exclave.plan.relation_names import RelationNames
from exclave.plan.state import Key, key_of


class Needs:
    """Collects what changes need that no earlier one of them makes.

    Parameters
    ----------
    snapshot
        What is there, and who asks.
    changes
        The changes, in order.
    """

    def __init__(self, snapshot: Snapshot, changes: list[Change]) -> None:
        self._snapshot = snapshot
        self._changes = changes
        self._role = quote_identifier(snapshot.role)
        self._made: set[Key] = set()
        self._wrapper_of = {
            server.name: server.wrapper
            for server in (
                *snapshot.catalog.servers.values(),
                *(change.after for change in changes if isinstance(change.after, Server)),
            )
        }
        self._extends = any(isinstance(change.after, Extension) for change in changes)

    def all(self) -> Iterator[Need]:
        """Give what the changes need."""
        names = RelationNames()
        for change in self._changes:
            value = change.after
            # in a schema that the plan makes or renames, names are its own
            yield from (n for n in names.needed(change) if (Schema, n.schema) not in self._made)
            if value is not None:
                yield from self._roles(value)
            if change.before is None and value is not None:
                yield from self._to_create(value)
            elif isinstance(change.before, Extension) and isinstance(value, Extension):
                yield from to_alter_extension(change.before, value, self._snapshot.role, self._made)
            elif not self._is_made(change.before):
                yield from self._to_own(change.before or change.subject)
            if value is not None:
                yield from self._to_give(change.before, value)
                yield from self._options(value)
            if isinstance(value, ForeignTable):
                yield from self._table_parts(cast("ForeignTable | None", change.before), value)
            if value is not None and (change.before is None or change.before.key != value.key):
                self._made.add(key_of(value))

    def to_import(self, spec: ImportForeignSchema) -> Iterator[Need]:
        """Give what IMPORT FOREIGN SCHEMA needs of the hub."""
        yield from self._schema(spec, spec.local_schema)
        yield from self._server(spec, spec.server)

    def _is_made(self, value: ForeignObject | None) -> bool:
        return value is not None and key_of(value) in self._made

    def _roles(self, value: ForeignObject) -> Iterator[Need]:
        for role in sorted(roles_of(value) - {PUBLIC}):
            yield Need(
                "role exists",
                role,
                f'{value}: the role "{role}" does not exist.',
                f"CREATE ROLE {quote_identifier(role)};",
            )

    def _to_create(self, value: ForeignObject) -> Iterator[Need]:
        match value:
            case Extension():
                yield from to_create_extension(value, self._snapshot.role, self._made)
            case Wrapper():
                if value.extension is None:
                    yield self._superuser(value, "creates foreign-data wrappers")
                    for function in (value.handler, value.validator):
                        if function is not None:
                            message = f"{value}: the function {function} does not exist."
                            yield from self._in_schema(
                                value, function.schema, "function exists", str(function), message
                            )
            case Schema():
                yield Need(
                    "database creatable",
                    "",
                    f'{value}: the role "{self._snapshot.role}" may not create schemas.',
                    f"GRANT CREATE ON DATABASE {quote_identifier(self._snapshot.database)} "
                    f"TO {self._role};",
                )
            case Server():
                yield from self._wrapper(value)
            case UserMapping():
                yield from self._mapping(value)
            case ForeignTable():
                yield from self._schema(value, value.schema)
                yield from self._server(value, value.server)
            case MaterializedView():
                yield from self._schema(value, value.schema)
                yield from self._used(value)

    def _superuser(self, value: ForeignObject, what: str) -> Need:
        message = f"{value}: only a superuser {what}, and {self._snapshot.role!r} is none."
        return Need("superuser", "", message)

    def _wrapper(self, server: Server) -> Iterator[Need]:
        name = server.wrapper
        if (Wrapper, name) in self._made:
            return
        rules = rules_of(name)
        extension = rules.extension if rules else None
        grant = f"GRANT USAGE ON FOREIGN DATA WRAPPER {quote_identifier(name)} TO {self._role};"
        message = (
            f'{server}: the role "{self._snapshot.role}" may not use the foreign-data wrapper '
            f'"{name}".'
        )
        if extension is not None and (Extension, extension) in self._made:
            # the remedy for a role that may not create the extension goes on with this
            yield Need(
                "wrapper usable or extension creatable", name, message, grant, schema=extension
            )
            return
        if name not in self._snapshot.catalog.wrappers:
            create = f"CREATE EXTENSION {quote_identifier(extension)};" if extension else ""
            yield Need(
                "wrapper exists",
                name,
                f'{server}: the foreign-data wrapper "{name}" does not exist'
                + (f'; the extension "{extension}" brings it.' if extension else "."),
                create,
            )
        if not self._snapshot.superuser:
            yield Need("wrapper usable", name, message, grant)

    def _mapping(self, mapping: UserMapping) -> Iterator[Need]:
        if (Server, mapping.server) in self._made:
            return
        name = quote_identifier(mapping.server)
        if mapping.role == self._snapshot.role:
            yield Need(
                "server usable",
                mapping.server,
                f'{mapping}: the role "{self._snapshot.role}" may not use the server.',
                f"GRANT USAGE ON FOREIGN SERVER {name} TO {self._role};",
            )
        else:
            yield self._owned_server(mapping, mapping.server)

    def _owned_server(self, value: ForeignObject, server: str) -> Need:
        return Need(
            "server owned",
            server,
            f'{value}: the server "{server}" belongs to a role that "{self._snapshot.role}" is '
            "no member of.",
            f"ALTER SERVER {quote_identifier(server)} OWNER TO {self._role};",
        )

    def _server(self, value: ForeignTable | ImportForeignSchema, server: str) -> Iterator[Need]:
        if (Server, server) not in self._made:
            yield Need(
                "server usable",
                server,
                f'{value}: the role "{self._snapshot.role}" may not use the server "{server}".',
                f"GRANT USAGE ON FOREIGN SERVER {quote_identifier(server)} TO {self._role};",
            )

    def _makes(self, name: QualifiedName) -> bool:
        """Tell whether a relation is made; one without a schema is any of that name."""
        kinds = (ForeignTable, MaterializedView)
        if name.schema is not None:
            return any((kind, (name.schema, name.name)) in self._made for kind in kinds)
        made = (cast("tuple[str, str]", key) for kind, key in self._made if kind in kinds)
        return any(bare == name.name for _, bare in made)

    def _used(self, view: MaterializedView) -> Iterator[Need]:
        """What the query reads must be there; to get data from it one must be allowed to."""
        for name, columns in sorted(view.uses.items(), key=lambda used: str(used[0])):
            if columns is None or self._makes(name):
                continue
            message = f"{view}: its query reads {name}, which is not there."
            yield from self._in_schema(view, name.schema, "table exists", str(name), message)
            if view.with_data:
                yield Need(
                    "table readable",
                    str(name),
                    f'{view}: the role "{self._snapshot.role}" may not read {name}.',
                    f"GRANT SELECT ON {name} TO {self._role};",
                    name.schema or "",
                )

    def _schema(
        self, value: ForeignTable | MaterializedView | ImportForeignSchema, schema: str
    ) -> Iterator[Need]:
        if (Schema, schema) in self._made:
            return
        name = quote_identifier(schema)
        if schema not in self._snapshot.catalog.schemas:
            yield Need(
                "schema exists",
                schema,
                f'{value}: the schema "{schema}" does not exist; declare a Schema, or create it.',
                f"CREATE SCHEMA {name};",
            )
        if not self._snapshot.superuser:
            yield Need(
                "schema creatable",
                schema,
                f'{value}: the role "{self._snapshot.role}" may not create in the schema '
                f'"{schema}".',
                f"GRANT CREATE ON SCHEMA {name} TO {self._role};",
            )

    def _to_give(self, before: ForeignObject | None, value: ForeignObject) -> Iterator[Need]:
        """What PostgreSQL asks for when an object gets an owner other than who creates it."""
        owner = getattr(value, "owner", None)
        had = self._snapshot.role if before is None else getattr(before, "owner", None)
        if owner is None or owner == had:
            return
        if isinstance(value, Wrapper):
            yield Need(
                "role is superuser",
                owner,
                f'{value}: its owner must be a superuser, and "{owner}" is none.',
                f"ALTER ROLE {quote_identifier(owner)} SUPERUSER;",
            )
        if self._snapshot.superuser:
            return
        me, name = self._snapshot.role, quote_identifier(owner)
        yield Need(
            "role settable",
            owner,
            f'{value}: the role "{me}" may not give it to "{owner}", of which it is no member.',
            f"GRANT {name} TO {self._role};",
        )
        match value:
            case Wrapper():
                yield self._superuser(value, "gives foreign-data wrappers away")
            case Server():
                wrapper = value.wrapper
                yield Need(
                    "wrapper usable by",
                    wrapper,
                    f'{value}: its owner "{owner}" may not use the foreign-data wrapper '
                    f'"{wrapper}".',
                    f"GRANT USAGE ON FOREIGN DATA WRAPPER {quote_identifier(wrapper)} TO {name};",
                    schema=owner,
                )
            case ForeignTable() | MaterializedView() if (Schema, value.schema) not in self._made:
                yield Need(
                    "schema creatable by",
                    value.schema,
                    f'{value}: its owner "{owner}" may not create in the schema "{value.schema}".',
                    f"GRANT CREATE ON SCHEMA {quote_identifier(value.schema)} TO {name};",
                    schema=owner,
                )
            case _:
                pass

    def _to_own(self, value: ForeignObject) -> Iterator[Need]:
        me = self._snapshot.role
        match value:
            case Wrapper():
                yield Need(
                    "wrapper owned",
                    value.name,
                    f'{value} belongs to a role that "{me}" is no member of.',
                )
            case Server():
                yield self._owned_server(value, value.name)
            case UserMapping():
                yield from self._mapping(value)
            case Schema():
                yield Need(
                    "schema owned",
                    value.name,
                    f'{value} belongs to a role that "{me}" is no member of.',
                    f"ALTER SCHEMA {quote_identifier(value.name)} OWNER TO {self._role};",
                )
            case ForeignTable():
                yield Need(
                    "relation owned",
                    value.name,
                    f'{value} belongs to a role that "{me}" is no member of.',
                    f"ALTER FOREIGN TABLE {value.qualified_name} OWNER TO {self._role};",
                    value.schema,
                )
            case MaterializedView():
                yield Need(
                    "relation owned",
                    value.name,
                    f'{value} belongs to a role that "{me}" is no member of.',
                    f"ALTER MATERIALIZED VIEW {value.qualified_name} OWNER TO {self._role};",
                    value.schema,
                )
            case _:
                pass

    def _options(self, value: ForeignObject) -> Iterator[Need]:
        level: Level
        match value:
            case UserMapping():
                wrapper, level = self._wrapper_of.get(value.server), "user_mapping"
            case ForeignTable():
                wrapper, level = self._wrapper_of.get(value.server), "table"
            case Server():
                wrapper, level = value.wrapper, "server"
            case _:
                return
        options: Options | Hidden = value.options
        rules = rules_of(wrapper) if wrapper else None
        if rules is None or isinstance(options, Hidden):
            return
        for name, set_to in options.items():
            rule = rules.options[level].get(name)
            if rule is not None and rule.needs_superuser(set_to):
                yield self._superuser(value, f"may set the option {name!r} to that")
            if rule is not None and rule.privilege is not None:
                yield Need(
                    "member",
                    rule.privilege,
                    f'{value}: the option {name!r} needs the role "{rule.privilege}".',
                    f"GRANT {rule.privilege} TO {self._role};",
                )

    def _table_parts(self, before: ForeignTable | None, table: ForeignTable) -> Iterator[Need]:
        for column in typed_columns(before, table):
            name = split_type(column.type)[0]
            if not is_built_in(column.type) and not self._extends:
                yield from self._in_schema(
                    table,
                    schema_of_type(name),
                    "type exists",
                    name,
                    f'{table}: the type {name} of column "{column.name}" does not exist on the '
                    "hub; create it, bring it by an extension, or declare another type.",
                )
            if column.collation is not None:
                yield from self._in_schema(
                    table,
                    column.collation.schema,
                    "collation exists",
                    str(column.collation),
                    f'{table}: the collation {column.collation} of column "{column.name}" does '
                    "not exist on the hub.",
                )
        for parent in self._parents(before, table):
            message = f"{table}: the parent table {parent} does not exist; create it first."
            yield from self._in_schema(table, parent.schema, "table exists", str(parent), message)

    def _in_schema(
        self, value: ForeignObject, schema: str | None, question: str, name: str, message: str
    ) -> Iterator[Need]:
        """Ask for what is named in a schema, and for the right to look names up there."""
        if schema is not None and (Schema, schema) not in self._made:
            yield Need(
                "schema usable",
                schema,
                f'{value}: the role "{self._snapshot.role}" may not use the schema "{schema}", in '
                f"which {name} is looked for.",
                f"GRANT USAGE ON SCHEMA {quote_identifier(schema)} TO {self._role};",
                schema,
            )
        yield Need(question, name, message, schema=schema or "")

    def _parents(self, before: ForeignTable | None, table: ForeignTable) -> Iterator[QualifiedName]:
        parents = parents_of(table)
        if before is not None and not is_reshaped(before, table):
            parents -= parents_of(before)
        for parent in sorted(parents, key=str):
            if (ForeignTable, (parent.schema, parent.name)) not in self._made:
                yield parent
