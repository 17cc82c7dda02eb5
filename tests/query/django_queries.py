"""Runs queries of Django over joined tables, restricted and not, and prints what came."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.query.hub import JOINED, replacements

from exclave.query import restrict

_place = conninfo_to_dict(sys.argv[1])
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _place["dbname"],
            "USER": _place.get("user", ""),
            "PASSWORD": _place.get("password", ""),
            "HOST": _place.get("host", ""),
            "PORT": _place.get("port", ""),
        }
    },
    INSTALLED_APPS=["tests.query.shop"],
)
django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery, Window  # noqa: E402
from django.db.models.functions import RowNumber  # noqa: E402
from tests.query.shop.models import Order, User  # noqa: E402


def _last() -> Subquery:
    mine = Order.objects.filter(member=OuterRef("member"), user_id=OuterRef("id"))
    return Subquery(mine.order_by("-amount").values("amount")[:1])


def _raw(sql: str, params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


QUERIES: list[Callable[[], Any]] = [
    lambda: User.objects.values_list(),
    lambda: [User.objects.count()],
    lambda: User.objects.filter(age__gt=20, name__contains="e").values_list("member", "name"),
    lambda: User.objects.filter(Q(member__in=["m2", "m3"]) | Q(name="50%")).values_list("id"),
    lambda: User.objects.values("member").annotate(n=Count("*")).values_list("member", "n"),
    lambda: User.objects.filter(age__lt=60).aggregate(most=Max("age"), n=Count("age")).items(),
    lambda: Order.objects.filter(user__age__gte=30).values_list("amount", "user__name"),
    lambda: Order.objects.select_related("user").values_list("id", "user__member", "user__name"),
    lambda: User.objects.filter(orders__amount__gt=5).distinct().values_list("member", "id"),
    lambda: User.objects.exclude(orders__amount__gt=15).values_list("member", "id"),
    lambda: User.objects.annotate(last=_last()).values_list("name", "last"),
    lambda: User.objects.filter(
        Exists(Order.objects.filter(member=OuterRef("member"), user_id=OuterRef("id")))
    ).values_list("name"),
    lambda: User.objects.filter(id__in=Order.objects.values("user_id")).values_list("pk"),
    lambda: User.objects.annotate(
        n=Window(RowNumber(), partition_by="member", order_by=["age", "id"])
    ).values_list("member", "n"),
    lambda: User.objects.annotate(n=Count("orders")).filter(n__gte=F("id") - 1).values_list("n"),
    lambda: User.objects.values_list("id").union(Order.objects.values_list("user_id"), all=True),
    lambda: User.objects.order_by("member", "-id").values_list("pk")[2:5],
    lambda: _raw("SELECT * FROM fed.users WHERE name LIKE '%%e' OR fed.users.id = %s", [4]),
    lambda: _raw("SELECT name, id %% 2 FROM fed.users", []),
    lambda: _raw("SELECT name, id % 2 FROM fed.users", None),
    lambda: User.objects.values_list("member", "id").iterator(chunk_size=2),
]  # fmt: skip


def _rows(query: Callable[[], Any]) -> list[str]:
    found = list(query())
    return sorted(repr(each.pk if isinstance(each, models.Model) else each) for each in found)


def _check(query: Callable[[], Any]) -> dict[str, Any]:
    sent: list[str] = []

    def restricting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        style = "native" if params is None else "pyformat"
        sent.append(restrict(sql, JOINED, without=["m2"], style=style))
        return execute(sent[-1], params, many, context)

    with transaction.atomic():
        everything = _rows(query)
        with connection.execute_wrapper(restricting):
            restricted = _rows(query)
        with connection.cursor() as cursor:
            for replacement in replacements(["m2"]):
                cursor.execute(replacement)
        expected = _rows(query)
        transaction.set_rollback(True)
    return {
        "sent": sent[0] if sent else "",
        "everything": everything,
        "restricted": restricted,
        "expected": expected,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps([_check(query) for query in QUERIES]))
