"""What readers and writers of a federation may do: the grants on what applications see.

All that exclave makes belongs to the owner role. Applications get rights on views of the owner's
alone, never on a foreign table, a server or a function.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from exclave.catalog import Connection
from exclave.errors import PrerequisiteError
from exclave.federation.naming import joined_table, last_known, names_of, private_schema
from exclave.federation.shape import Federation
from exclave.federation.tables import JoinedTable
from exclave.objects import PUBLIC, QualifiedName
from exclave.objects.names import quote_role
from exclave.objects.quoting import quote_identifier

READ = "SELECT"
WRITE = "INSERT, UPDATE, DELETE"


def check_roles(connection: Connection, federation: Federation) -> None:
    """Refuse a federation whose readers or writers are no roles.

    Raises
    ------
    PrerequisiteError
        Naming those that are not there, with the statements that make them.
    """
    roles = (federation.readers | federation.writers) - {PUBLIC}
    text = "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname = ANY ($1::text[])"
    found = {name for (name,) in connection.fetch(text, [sorted(roles)])} if roles else set[str]()
    if missing := sorted(roles - found):
        raise PrerequisiteError(
            f"{federation} names readers or writers that are no roles here: {', '.join(missing)}.",
            [f"CREATE ROLE {quote_role(role)};" for role in missing],
        )


def federation_grants(
    federation: Federation, gone: Iterable[str] = (), slugs: Iterable[str] = ()
) -> list[str]:
    """Give the statements that let readers and writers into a federation's schema.

    What they may see of the registry follows from that.

    Parameters
    ----------
    federation
        The federation; its schema is there.
    gone
        Roles that were readers or writers and are no longer: all is taken from them.
    slugs
        The members whose own tables are there, for what is taken from roles.
    """
    schemas = [federation.name, private_schema(federation.name)]
    schemas += [names_of(federation, slug).insertable for slug in slugs]
    names = ", ".join(map(quote_identifier, schemas))
    left = ", ".join(quote_role(role) for role in sorted(gone))
    statements = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {names} FROM {left}",
        f"REVOKE ALL ON SCHEMA {names} FROM {left}",
    ]
    return [*(statements if left else ()), *_usage(federation, federation.name)]


def joined_grants(federation: Federation, table: JoinedTable) -> list[str]:
    """Give the statements that let readers and writers use a joined table."""
    return list(_on_table(federation, joined_table(federation.name, table.name)))


def kept_grants(federation: Federation, table: str) -> list[str]:
    """Give the statements that let readers and writers read a joined table's last known rows.

    The view of these stands in the private schema, of whose other relations they get no right.
    """
    roles = _list(federation.readers | federation.writers)
    if not roles:
        return []
    return [
        f"GRANT USAGE ON SCHEMA {quote_identifier(private_schema(federation.name))} TO {roles}",
        f"GRANT {READ} ON {last_known(federation.name, table)} TO {roles}",
    ]


def member_grants(federation: Federation, slug: str, tables: Iterable[str]) -> list[str]:
    """Give the statements that let readers and writers use a member's own tables.

    Parameters
    ----------
    federation, slug
        The member.
    tables
        The names of its tables, which are there.
    """
    names = names_of(federation, slug)
    statements = list(_usage(federation, names.insertable))
    for table in tables:
        statements += _on_table(federation, names.own_table(table))
    return statements


def _usage(federation: Federation, schema: str) -> Iterator[str]:
    if roles := _list(federation.readers | federation.writers):
        yield f"GRANT USAGE ON SCHEMA {quote_identifier(schema)} TO {roles}"


def _on_table(federation: Federation, view: QualifiedName) -> Iterator[str]:
    """Grant on a view; a role that was a writer and is but a reader loses the right to write."""
    if readers := _list(federation.readers | federation.writers):
        yield f"GRANT {READ} ON {view} TO {readers}"
    if demoted := _list(federation.readers - federation.writers):
        yield f"REVOKE {WRITE} ON {view} FROM {demoted}"
    if writers := _list(federation.writers):
        yield f"GRANT {WRITE} ON {view} TO {writers}"


def _list(roles: Collection[str]) -> str:
    return ", ".join(quote_role(role) for role in sorted(roles))
