"""Models of joined tables."""

from __future__ import annotations

from django.db import models


class User(models.Model):
    """A user of any member."""

    pk = models.CompositePrimaryKey("member", "id")
    member = models.TextField()
    id = models.IntegerField()
    name = models.TextField(null=True)
    age = models.IntegerField(null=True)

    class Meta:
        """Its joined table."""

        managed = False
        db_table = '"fed"."users"'


class Order(models.Model):
    """An order at any member."""

    pk = models.CompositePrimaryKey("member", "id")
    member = models.TextField()
    id = models.IntegerField()
    user_id = models.IntegerField()
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    user = models.ForeignObject(
        User,
        models.DO_NOTHING,
        from_fields=["member", "user_id"],
        to_fields=["member", "id"],
        related_name="orders",
    )

    class Meta:
        """Its joined table."""

        managed = False
        db_table = '"fed"."orders"'
