"""Second factors and recovery codes. Nothing here tells when they were used."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from linli.kernel.units.models import Account
from linli.lib.time import now

NAME_LENGTH = 30


class Factor(models.Model):
    """Something that an account's holder has besides the password.

    A passkey's counter of signatures is not kept: it would count sign-ins, and passkeys that live on several
    devices do not count at all (WebAuthn level 2, 6.1.1 leaves it to the site).
    """

    class Kind(models.TextChoices):
        APP = "app", "身份验证器应用"
        PASSKEY = "passkey", "通行密钥"

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="factors", verbose_name="账号"
    )
    kind = models.CharField("类别", max_length=8, choices=Kind.choices, db_collation="C")
    name = models.CharField("名称", max_length=NAME_LENGTH)
    sealed = models.TextField("密文", blank=True, help_text="身份验证器应用的密钥，以个人信息库的密钥加密")
    key = models.CharField("密钥版本", max_length=12, blank=True, db_collation="C")
    credential_id = models.BinaryField("凭证编号", null=True, unique=True)
    credential = models.BinaryField("凭证公钥", null=True)
    created_at = models.DateTimeField("添加时间", default=now)

    class Meta:
        verbose_name = verbose_name_plural = "第二因素"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(kind="app"), name="identity_one_app_per_account"
            ),
            models.CheckConstraint(
                name="identity_factor_is_whole",
                condition=Q(kind="app", credential__isnull=True, credential_id__isnull=True) & ~Q(sealed="")
                | Q(kind="passkey", sealed="", credential__isnull=False, credential_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code for the day on which every factor is lost; it works once, and only its digest is stored."""

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="recovery_codes", verbose_name="账号"
    )
    digest = models.CharField(max_length=64, unique=True, db_collation="C")

    class Meta:
        verbose_name = verbose_name_plural = "恢复码"

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
