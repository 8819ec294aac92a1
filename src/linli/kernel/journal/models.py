"""Entries, remarks and daily roots. The tables are made by hand in the migration (partitions, triggers)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.expressions import RawSQL

from linli.kernel.records.quick import Quick


class XidField(models.Field):  # type: ignore[type-arg]
    """``xid8``: the transaction that wrote the row; lets readers follow without missing late commits."""

    def db_type(self, connection: object) -> str:
        return "xid8"


class Entry(Quick):
    """One move of one record. ``seq`` counts from 1 without gaps and equals the record's version."""

    pk = models.CompositePrimaryKey("record_id", "seq")
    record_id = models.BigIntegerField()
    seq = models.IntegerField()
    family = models.CharField(max_length=20, db_collation="C")
    district = models.CharField(max_length=6, db_collation="C")
    area = models.CharField(max_length=18, db_collation="C")
    at = models.DateTimeField()
    move = models.CharField(max_length=30, db_collation="C")
    state = models.CharField(max_length=20, db_collation="C", help_text="state after the move")
    post = models.BigIntegerField(null=True)
    unit = models.BigIntegerField(null=True)
    client_id = models.UUIDField(null=True)
    facts = models.JSONField(default=dict)
    remark = models.BinaryField(null=True, help_text="salted SHA-256 of the remark, if there is one")
    hash = models.BinaryField()
    tx = XidField(db_default=RawSQL("pg_current_xact_id()", []))

    class Meta:
        verbose_name = verbose_name_plural = "留痕"

    def __str__(self) -> str:
        return f"{self.family} {self.record_id} #{self.seq} {self.move}"


class Remark(Quick):
    """What somebody wrote with a move."""

    pk = models.CompositePrimaryKey("record_id", "seq")
    record_id = models.BigIntegerField()
    seq = models.IntegerField()
    district = models.CharField(max_length=6, db_collation="C")
    text = models.TextField(blank=True)
    public = models.BooleanField(default=False, help_text="meant for the reporter")
    salt = models.BinaryField()
    erased_at = models.DateTimeField(null=True)
    erased_why = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "意见"

    def __str__(self) -> str:
        return self.text[:40]


class Root(models.Model):
    """The seal of one day: a hash over the last entry of every chain that moved that day."""

    day = models.DateField(primary_key=True)
    hash = models.BinaryField()
    prev = models.BinaryField()
    entries = models.IntegerField()
    chains = models.IntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "日封存"
        ordering: ClassVar[list[str]] = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {bytes(self.hash).hex()[:16]}"
