"""What a database holds at one moment, and who asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from exclave.objects import Catalog
from exclave.objects.grant import Grants

NO_GRANTS: Grants = frozenset()


@dataclass(frozen=True)
class DefaultGrants:
    """What a role has decided that others may do with what it creates.

    Parameters
    ----------
    everywhere
        Grants in the whole database.
    in_schemas
        Further grants, by schema.

    Notes
    -----
    PostgreSQL documentation, "ALTER DEFAULT PRIVILEGES".
    """

    everywhere: Grants = NO_GRANTS
    in_schemas: Mapping[str, Grants] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, schema: str) -> Grants:
        """Give what a new object in a schema is granted at once."""
        inside = self.in_schemas.get(schema, NO_GRANTS)
        grantable = {(g.role, g.privilege) for g in self.everywhere | inside if g.grantable}
        return frozenset(
            grant
            for grant in self.everywhere | inside
            if grant.grantable or (grant.role, grant.privilege) not in grantable
        )


@dataclass(frozen=True)
class Snapshot:
    """The foreign objects of a database, as one role saw them at one moment.

    Parameters
    ----------
    catalog
        The objects. Each has an owner and grants, and what the role may not see is `HIDDEN`.
    version
        PostgreSQL's `server_version_num`, such as 180001.
    role
        The current role.
    superuser
        Whether it is a superuser.
    database
        The database's name.
    default_grants
        What a foreign table is granted when the current role creates it.
    default_schema_grants
        What a schema is granted when the current role creates it.
    """

    catalog: Catalog
    version: int
    role: str
    superuser: bool
    database: str
    default_grants: DefaultGrants = DefaultGrants()
    default_schema_grants: DefaultGrants = DefaultGrants()

    @property
    def major(self) -> int:
        """PostgreSQL's major version, such as 18."""
        return self.version // 10000
