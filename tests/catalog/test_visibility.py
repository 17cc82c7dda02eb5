"""What a role may not see of a user mapping is hidden, and never looks like nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from exclave.catalog import read
from exclave.cluster import Database
from exclave.objects import HIDDEN, PUBLIC, Hidden, Options, Secret, Server

NewRole = Callable[..., str]

FULL = Options({"user": "remote", "password": "pw"})
NAMES = Options({"user": HIDDEN, "password": HIDDEN})
EMPTY = Options()


class Hub:
    """A server with mappings for three roles and for PUBLIC, and roles that look at them."""

    def __init__(self, database: Database, new_role: NewRole) -> None:
        self.database = database
        self.owner = new_role("owner")
        self.user = new_role("user")  # USAGE on the server
        self.outsider = new_role("outsider")  # a mapping, but no USAGE
        self.bare = new_role("bare")  # a mapping without options
        self.stranger = new_role("stranger")
        options = "OPTIONS (user 'remote', password 'pw')"
        with database.connect() as connection:
            for statement in (
                "CREATE FOREIGN DATA WRAPPER any_fdw",
                "CREATE SERVER s FOREIGN DATA WRAPPER any_fdw OPTIONS (host 'h')",
                f"GRANT USAGE ON FOREIGN DATA WRAPPER any_fdw TO {self.owner}",
                f"ALTER SERVER s OWNER TO {self.owner}",
                f"GRANT USAGE ON FOREIGN SERVER s TO {self.user}, {self.bare}",
                f"CREATE USER MAPPING FOR {self.user} SERVER s {options}",
                f"CREATE USER MAPPING FOR {self.outsider} SERVER s {options}",
                f"CREATE USER MAPPING FOR {self.bare} SERVER s",
                f"CREATE USER MAPPING FOR {self.owner} SERVER s {options}",
                f"CREATE USER MAPPING FOR PUBLIC SERVER s {options}",
            ):
                connection.execute(statement.encode())

    def seen_by(self, role: str) -> dict[str, Options | Hidden]:
        """Give the options of each role's mapping as `role` sees them."""
        with self.database.connect(user=role) as connection:
            mappings = read(connection).catalog.user_mappings
        assert all(server == "s" for server, _ in mappings)
        return {role: mapping.options for (_, role), mapping in mappings.items()}

    def expect(
        self,
        *,
        user: Options | Hidden,
        outsider: Options | Hidden,
        bare: Options | Hidden,
        owner: Options | Hidden,
        public: Options | Hidden,
    ) -> dict[str, Options | Hidden]:
        """Name what is expected of each mapping."""
        return {
            self.user: user,
            self.outsider: outsider,
            self.bare: bare,
            self.owner: owner,
            PUBLIC: public,
        }


@pytest.fixture
def hub(database: Database, new_role: NewRole) -> Hub:
    """A server, its mappings and their roles."""
    return Hub(database, new_role)


def sealed(options: Options) -> Options:
    return options.sealed(frozenset({"user"}))


def test_a_superuser_sees_all(hub: Hub) -> None:
    full = sealed(FULL)
    assert hub.seen_by(hub.database.cluster.superuser) == hub.expect(
        user=full, outsider=full, bare=EMPTY, owner=full, public=full
    )


def test_the_owner_sees_his_own_the_public_one_and_the_names_of_the_others(hub: Hub) -> None:
    full = sealed(FULL)
    assert hub.seen_by(hub.owner) == hub.expect(
        user=NAMES, outsider=NAMES, bare=EMPTY, owner=full, public=full
    )


def test_a_mapped_role_with_usage_sees_its_own_and_the_names_of_the_others(hub: Hub) -> None:
    assert hub.seen_by(hub.user) == hub.expect(
        user=sealed(FULL), outsider=NAMES, bare=EMPTY, owner=NAMES, public=NAMES
    )


def test_a_mapped_role_without_usage_sees_not_even_its_own(hub: Hub) -> None:
    assert hub.seen_by(hub.outsider) == hub.expect(
        user=HIDDEN, outsider=HIDDEN, bare=HIDDEN, owner=HIDDEN, public=HIDDEN
    )


def test_a_stranger_sees_that_mappings_exist_and_no_more(hub: Hub) -> None:
    assert hub.seen_by(hub.stranger) == hub.expect(
        user=HIDDEN, outsider=HIDDEN, bare=HIDDEN, owner=HIDDEN, public=HIDDEN
    )


def test_a_mapping_without_options_is_empty_to_its_role_and_not_hidden(hub: Hub) -> None:
    assert hub.seen_by(hub.bare)[hub.bare] == EMPTY


def test_a_member_of_the_owner_sees_the_public_mapping(hub: Hub, new_role: NewRole) -> None:
    member = new_role("member")
    with hub.database.connect() as connection:
        connection.execute(f"GRANT {hub.owner} TO {member}".encode())
    assert hub.seen_by(member)[PUBLIC] == sealed(FULL)
    assert hub.seen_by(member)[hub.owner] == NAMES


def test_a_role_that_does_not_inherit_from_the_owner_sees_nothing(
    hub: Hub, new_role: NewRole
) -> None:
    member = new_role("member", "LOGIN NOINHERIT")
    with hub.database.connect() as connection:
        connection.execute(f"GRANT {hub.owner} TO {member}".encode())
    assert hub.seen_by(member)[PUBLIC] == HIDDEN


def test_a_stranger_reads_everything_else_as_a_superuser_does(hub: Hub) -> None:
    with hub.database.connect() as connection:
        connection.execute(
            "CREATE FOREIGN TABLE t (a int NOT NULL DEFAULT 1 CHECK (a > 0)) SERVER s "
            "OPTIONS (table_name 'x')"
        )
        expected = read(connection).catalog
    with hub.database.connect(user=hub.stranger) as connection:
        found = read(connection).catalog
    assert found.foreign_tables == expected.foreign_tables
    assert found.servers == expected.servers
    assert isinstance(found.servers["s"], Server)
    assert found.wrappers == expected.wrappers
    assert found.schemas == expected.schemas


def test_a_role_that_may_not_use_the_schema_reads_the_tables_in_it(hub: Hub) -> None:
    with hub.database.connect() as connection:
        connection.execute("CREATE SCHEMA closed")
        connection.execute("CREATE TYPE closed.mood AS ENUM ('ok')")
        connection.execute("CREATE FOREIGN TABLE closed.t (a closed.mood) SERVER s")
    with hub.database.connect(user=hub.stranger) as connection:
        found = read(connection).catalog.foreign_tables["closed", "t"]
    assert found.columns[0].type == "closed.mood"


def test_shown_values_that_are_not_known_to_be_open_are_secrets(hub: Hub) -> None:
    options = hub.seen_by(hub.user)[hub.user]
    assert isinstance(options, Options)
    assert options["password"] == Secret.literal("pw")
    assert options["user"] == "remote"


@pytest.mark.parametrize("role", ["CURRENT_USER", "public", "PUBLIC "])
def test_a_server_called_like_a_keyword_keeps_its_mappings_apart(
    database: Database, new_role: NewRole, role: str
) -> None:
    owner = new_role()
    with database.connect() as connection:
        connection.execute("CREATE FOREIGN DATA WRAPPER any_fdw")
        for server in (role, "other"):
            connection.execute(f'CREATE SERVER "{server}" FOREIGN DATA WRAPPER any_fdw'.encode())
        connection.execute(f'ALTER SERVER "{role}" OWNER TO {database.cluster.superuser}'.encode())
        connection.execute(f'GRANT USAGE ON FOREIGN SERVER "{role}" TO {owner}'.encode())
        connection.execute(
            f"CREATE USER MAPPING FOR PUBLIC SERVER \"{role}\" OPTIONS (a 'b')".encode()
        )
    with database.connect(user=owner) as connection:
        mappings = read(connection).catalog.user_mappings
    assert {key: mapping.options for key, mapping in mappings.items()} == {
        (role, PUBLIC): Options({"a": HIDDEN})
    }
