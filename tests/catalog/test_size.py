"""The number of statements does not depend on how much there is to read."""

from __future__ import annotations

from exclave.catalog import read
from exclave.cluster import Database


def statements_for(database: Database, counting: type, tables: int) -> list[str]:
    with database.connect() as connection:
        connection.execute("CREATE FOREIGN DATA WRAPPER any_fdw")
        with connection.transaction(), connection.pipeline():
            for number in range(tables // 10):
                connection.execute(f"CREATE SERVER s{number} FOREIGN DATA WRAPPER any_fdw".encode())
                connection.execute(f"CREATE SCHEMA m{number}".encode())
                connection.execute(f"CREATE USER MAPPING FOR PUBLIC SERVER s{number}".encode())
            for number in range(tables):
                columns = ", ".join(f"c{column} int" for column in range(20))
                member = number % (tables // 10)
                name = f"m{member}.t{number}"
                connection.execute(
                    f"CREATE FOREIGN TABLE {name} ({columns}) SERVER s{member}".encode()
                )
        session = counting(connection)
        found = read(session).catalog
        assert len(found.foreign_tables) == tables
        assert len(found.servers) == len(found.user_mappings) == tables // 10
        assert all(len(table.columns) == 20 for table in found.foreign_tables.values())
        return session.statements


def test_ten_tables_and_five_thousand_take_the_same_four_statements(
    database: Database, remote_database: Database, counting: type
) -> None:
    few = statements_for(database, counting, 10)
    many = statements_for(remote_database, counting, 5_000)
    assert few == many
    assert len(few) == 4
