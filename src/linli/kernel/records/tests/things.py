"""Two families of test rows, outside the platform's own registry so that no migration ever sees them."""

from __future__ import annotations

from typing import ClassVar

from django.apps.registry import Apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models.functions import Now

from linli.kernel.records.belonging import Belongs
from linli.kernel.records.models import Listed, Record, record_id

REGISTRY = Apps()


class Thing(Record):
    """A record with a column of every kind that deeds write."""

    family: ClassVar[str] = "thing"

    note = models.TextField(default="")
    amount = models.IntegerField(null=True)
    big = models.BigIntegerField(null=True)
    share = models.FloatField(null=True)
    is_good = models.BooleanField(null=True)
    words = ArrayField(models.CharField(max_length=30), default=list)
    facts = models.JSONField(null=True)
    seal = models.BinaryField(null=True)
    mark = models.UUIDField(null=True)
    seen_at = models.DateTimeField(null=True)
    seen_on = models.DateField(null=True)
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        apps = REGISTRY
        app_label = "records"


class Piece(models.Model):
    """A part of a thing."""

    id = models.BigIntegerField(primary_key=True, default=record_id)
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE)
    note = models.CharField(max_length=20)

    class Meta:
        apps = REGISTRY
        app_label = "records"


class Share(Listed):
    """A part that carries the thing's district."""

    id = models.BigIntegerField(primary_key=True, default=record_id)
    thing = Belongs(Thing, on_delete=models.CASCADE)
    note = models.CharField(max_length=20)

    class Meta:
        apps = REGISTRY
        app_label = "records"


def make_tables() -> None:
    """Their tables, for as long as the test's transaction lasts."""
    with connection.schema_editor() as editor:
        editor.create_model(Thing)
        editor.create_model(Piece)
        editor.create_model(Share)
