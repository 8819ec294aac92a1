"""Stored facts of the vault: the entries, and the log of every use."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from linli.kernel.records.models import C, Listed, record_id
from linli.kernel.vault.purposes import LegalBasis
from linli.lib.time import now


class Person(Listed):
    """What is known of one person in connection with one record.

    All fields of an entry are sealed separately but lie in one row: they are collected, corrected, kept
    and erased together, an intake writes one row, and each seal still names its own field.
    """

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    kind = models.CharField("身份", max_length=20, db_collation=C)
    family = models.CharField(max_length=20, db_collation=C, editable=False)
    record_id = models.BigIntegerField(editable=False)
    purpose = models.CharField("收集目的", max_length=40, db_collation=C)
    legal_basis = models.CharField("处理依据", max_length=10, choices=LegalBasis.choices, db_collation=C)
    notice_version = models.CharField("告知书版本", max_length=20, blank=True)
    hidden_from = ArrayField(
        models.BigIntegerField(), default=list, blank=True, verbose_name="对其保密的单位"
    )
    sealed = models.JSONField(default=dict, editable=False)
    """{field: base64 of nonce, ciphertext, tag}"""
    key = models.CharField(max_length=12, db_collation=C, editable=False)
    """Suite and version of the key that sealed all fields of the row."""
    masks = models.JSONField("脱敏内容", default=dict)
    phone_index = models.BinaryField(null=True, editable=False)
    collected_at = models.DateTimeField("收集时间", default=now)
    retain_until = models.DateField("保存至")
    erased_at = models.DateTimeField("删除时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "个人信息"
        indexes = [
            models.Index(fields=["family", "record_id"], name="person_record"),
            models.Index(fields=["phone_index"], name="person_phone", condition=Q(phone_index__isnull=False)),
            models.Index(
                fields=["retain_until"], name="person_retention", condition=Q(erased_at__isnull=True)
            ),
            models.Index(fields=["key"], name="person_key", condition=Q(erased_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(sealed={}, masks={}, phone_index__isnull=True),
                name="person_erased_holds_nothing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Deed(models.TextChoices):
    READ = "read", "查看"
    SEARCH = "search", "按电话查找"
    CORRECT = "correct", "更正"
    ERASE = "erase", "删除"


class Reading(Listed):
    """One use of the vault, or one that was refused. Holds no personal data. Never changed."""

    person_id = models.BigIntegerField(null=True)
    deed = models.CharField("操作", max_length=8, choices=Deed.choices, db_collation=C)
    outcome = models.CharField("结果", max_length=30, db_collation=C)
    """``allowed``, or the code of the refusal."""
    account = models.BigIntegerField(null=True)
    post = models.BigIntegerField(null=True)
    unit = models.BigIntegerField(null=True)
    role = models.CharField("角色", max_length=30, db_collation=C)
    purpose = models.CharField("使用目的", max_length=40, db_collation=C)
    reason = models.CharField("理由", max_length=200)
    fields = ArrayField(models.CharField(max_length=20), verbose_name="信息项")
    family = models.CharField(max_length=20, db_collation=C)
    record_id = models.BigIntegerField(null=True)
    at = models.DateTimeField("时间", default=now)

    class Meta:
        verbose_name = verbose_name_plural = "个人信息使用记录"
        indexes = [
            models.Index(fields=["person_id", "-id"], name="reading_person"),
            models.Index(fields=["district", "-id"], name="reading_district"),
            BrinIndex(fields=["at"], name="reading_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_deed_display()} {self.outcome}"
