"""What leads to a hub: a DSN, connections of drivers and of Django, and functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django import setup
from django.conf import settings
from django.db.utils import ConnectionHandler

from exclave.errors import CatalogError
from exclave.federation import Federation, Hub
from exclave.federation.connectable import connectable_of

from .conftest import Group

FEDERATION = Federation("everything", ["orders"])
TABLE = "CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)"


@pytest.fixture
def group(new_group: Callable[..., Group]) -> Group:
    """A hub with one company that is not yet a member."""
    return new_group({"a": TABLE})


@pytest.fixture
def django(group: Group) -> Iterator[Any]:
    """Django's connection to the hub."""
    if not settings.configured:
        settings.configure(USE_TZ=True, LOGGING_CONFIG=None)
        setup()
    cluster = group.database.cluster
    handler = ConnectionHandler(
        {
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": "127.0.0.1",
                "PORT": str(cluster.port),
                "NAME": group.database.name,
                "USER": "postgres",
                "PASSWORD": cluster.password,
            }
        }
    )
    connection = handler["default"]
    yield connection
    connection.close()


def members(group: Group) -> list[str]:
    """Name the members that other sessions see."""
    return [member.slug for member in group.hub.members(FEDERATION)]


def join(hub: Hub, group: Group) -> None:
    """Join the company."""
    hub.add_member(FEDERATION, group.companies["a"].member)
    hub.apply(FEDERATION)


def test_djangos_connection_is_used_and_opened_first_where_needed(
    group: Group, django: Any
) -> None:
    join(Hub(django, owner=group.hub.owner), group)
    assert members(group) == ["a"]
    with django.cursor() as cursor:
        cursor.execute("SELECT member, id FROM everything.orders")
        assert cursor.fetchall() == [("a", 1)]


def test_what_is_done_over_djangos_connection_is_part_of_its_transaction(
    group: Group, django: Any
) -> None:
    hub = Hub(django, owner=group.hub.owner)
    django.ensure_connection()
    django.set_autocommit(False)
    join(hub, group)
    with django.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM everything.orders")
        assert cursor.fetchone() == (1,)
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("postgres",)
    django.rollback()
    assert members(group) == []


def test_a_function_gives_the_connection_each_time(group: Group) -> None:
    given: list[object] = []
    with group.connect() as connection:

        def give() -> object:
            given.append(connection)
            return connection

        join(Hub(give, owner=group.hub.owner), group)
    assert given
    assert members(group) == ["a"]


def test_a_dsn_is_not_shown() -> None:
    assert "swordfish" not in repr(connectable_of("host=db password=swordfish"))


@pytest.mark.parametrize("value", [7, None, object(), {"host": "db"}])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(CatalogError, match="no connection that exclave can use"):
        Hub(value)
