"""Writes to columns of types that are the members' own: enums, arrays of them, domains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest
from psycopg import errors

from exclave.federation import FederatedTable, Federation

from ..conftest import Group

PETS = """
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN age AS int CHECK (VALUE >= 0) DEFAULT 1;
CREATE TABLE pets (
    name text, mood mood NOT NULL DEFAULT 'glad', moods mood[], age age, tags text[] DEFAULT '{}',
    PRIMARY KEY (name, mood)
)
"""


@pytest.mark.parametrize("enums", ["text", "type"])
def test_values_of_the_members_own_types_are_written(
    new_group: Callable[..., Group], enums: Literal["text", "type"]
) -> None:
    group = new_group({"a": PETS, "b": PETS.replace("mood[]", "text[]")})
    federation = Federation("zoo", [FederatedTable("pets", enums=enums, exclude=["moods"])])
    if enums == "text":
        federation = Federation("zoo", ["pets"])
    for company in group.companies.values():
        group.hub.add_member(federation, company.member)
    group.hub.apply(federation)
    with group.connect() as hub:
        rows = hub.execute(
            "INSERT INTO zoo.pets (member, name) VALUES ('a', 'Rex') "
            "RETURNING mood::text, age, tags"
        ).fetchall()
        assert rows == [("glad", 1, [])]
        if enums == "text":
            hub.execute(
                "INSERT INTO zoo.pets (member, name, moods) VALUES ('a', 'Tom', '{sad,glad}')"
            )
        changed = hub.execute(
            "UPDATE zoo.pets SET mood = 'sad', age = 3, tags = '{x}' "
            "WHERE member = 'a' AND name = 'Rex' RETURNING mood::text, age, tags"
        ).fetchall()
        assert changed == [("sad", 3, ["x"])]
        with pytest.raises(errors.CheckViolation):
            hub.execute("UPDATE zoo.pets SET age = -1 WHERE member = 'a' AND name = 'Rex'")
        assert hub.execute("DELETE FROM zoo.pets WHERE mood = 'sad'").rowcount == 1
    done = group.hub.insert(
        federation,
        "pets",
        [
            {"member": "a", "name": "Kim", "mood": "sad", "tags": ["y"]},
            {"member": "b", "name": "K"},
        ],
        members="many",
    )
    assert done.count == 2
    with group.companies["a"].connect() as member:
        found = member.execute("SELECT name, mood::text, age, tags FROM pets ORDER BY 1").fetchall()
    tom = [("Tom", "glad", 1, [])] if enums == "text" else []
    assert found == [("Kim", "sad", 1, ["y"]), *tom]
