"""Tables of the standing figures. They hold nothing of their own: all of it can be made again at any time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

C = "C"


class Tally(models.Model):
    """What one record adds to the standing figures at present."""

    record_id = models.BigIntegerField(primary_key=True)
    family = models.CharField(max_length=20, db_collation=C)
    district = models.CharField(max_length=6, db_collation=C, help_text="the record's own")
    area = models.CharField(max_length=18, db_collation=C, help_text="as the tree stands today")
    version = models.IntegerField(default=0, help_text="of the record when it was looked at")
    day = models.DateField(help_text="for which it was looked at")
    adds = models.JSONField(help_text="{name of a sum: what the record adds to it on that day}")
    then = models.JSONField(
        null=True, help_text="what it adds from the next day on, where that is not the same"
    )
    turns_on = models.DateField(null=True, help_text="when a later day changes what it adds")
    middle = models.FloatField(null=True, help_text="seconds, where the record counts for a median")
    bucket = models.SmallIntegerField(null=True, help_text="of the seconds")
    middle_until = models.DateField(null=True, help_text="the last day on which it counts for a median")
    next_at = models.DateTimeField(null=True, help_text="when time alone may change what it adds")

    class Meta:
        verbose_name = verbose_name_plural = "常备指标的计入"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["family", "next_at"], name="tally_next", condition=Q(next_at__isnull=False)),
            models.Index(
                fields=["family", "turns_on"], name="tally_turns", condition=Q(turns_on__isnull=False)
            ),
            models.Index(
                fields=["family", "bucket", "area"], name="tally_bucket", condition=Q(middle__isnull=False)
            ),
            models.Index(fields=["family", "area"], name="tally_area", condition=Q(middle__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.record_id}"


class Sum(models.Model):
    """One number of one area: the sum over the tallies of the records in it."""

    pk = models.CompositePrimaryKey("family", "area", "name")
    family = models.CharField(max_length=20, db_collation=C)
    area = models.CharField(max_length=18, db_collation=C, help_text="empty: everywhere")
    name = models.CharField(max_length=80, db_collation=C)
    number = models.BigIntegerField(help_text="on the day")
    day = models.DateField()
    ahead = models.BigIntegerField(default=0, help_text="what is to be added from the next day on")

    class Meta:
        verbose_name = verbose_name_plural = "常备指标的合计"
        indexes: ClassVar[list[models.Index]] = [
            # one number of all areas of a level: without it all numbers of all of them would be read
            models.Index("family", "name", Length("area"), "area", name="sum_level")
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.name} = {self.number}"


class Watermark(models.Model):
    """Up to where the standing figures of a family follow the journal."""

    family = models.CharField(max_length=20, primary_key=True, db_collation=C)
    settled = models.CharField(max_length=20, help_text="xid8: every transaction before it is in the figures")
    at = models.DateTimeField()
    rests_on = models.CharField(max_length=64, help_text="digest of the declaration and what it rests on")
    made = models.CharField(max_length=32, default="", help_text="which making of all figures anew this was")

    class Meta:
        verbose_name = verbose_name_plural = "常备指标的进度"

    def __str__(self) -> str:
        return f"{self.family} {self.at}"
