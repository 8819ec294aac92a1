"""Units, accounts, posts, and the tokens by which programs act as a post."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from linli.lib.time import now, today


class UnitKind(models.TextChoices):
    GOVERNMENT = "government", "人民政府（街道办事处）"
    DEPARTMENT = "department", "部门"
    CENTRE = "centre", "综治中心"
    COMMITTEE = "committee", "居（村）民委员会"
    MASS = "mass", "群团组织"
    ENTERPRISE = "enterprise", "企业"
    SOCIAL = "social", "社会组织"
    PROPERTY = "property", "物业服务企业"


class Unit(models.Model):
    """An organisation that can be responsible for something in an area."""

    name = models.CharField("名称", max_length=80)
    short_name = models.CharField("简称", max_length=30, blank=True)
    kind = models.CharField("类别", max_length=12, choices=UnitKind.choices)
    area = models.CharField("所在区域", max_length=18, db_collation="C")
    functions = ArrayField(
        models.CharField(max_length=30),
        default=list,
        blank=True,
        verbose_name="职能",
        help_text="事项清单以职能（如 fire、housing）指定主办、协办单位",
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name="上级单位",
    )
    valid_from = models.DateField("启用日期", default=today)
    valid_to = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        constraints = [models.UniqueConstraint(fields=["name", "area"], name="unit_name_once_per_area")]
        indexes = [
            models.Index(fields=["area", "kind"], name="unit_area_kind"),
            GinIndex(fields=["functions"], name="unit_functions"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class AccountManager(BaseUserManager["Account"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Account:
        account = self.model(username=username, **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """Who signs in. A staff member's name is duty information; everything personal is in the vault."""

    username = models.CharField("用户名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=30, blank=True)
    unit = models.ForeignKey(
        Unit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="accounts",
        verbose_name="所属单位",
        help_text="账号由哪个单位管理；在哪些单位办事由岗位决定",
    )
    is_active = models.BooleanField("启用", default=True)
    one_time_until = models.DateTimeField(
        "一次性密码有效期至",
        null=True,
        blank=True,
        help_text="非空表示密码由管理员设置，本人登录后必须先修改，过期不能再用",
    )
    session_round = models.PositiveIntegerField(
        "登录轮次", default=0, help_text="改变后，此前在各设备上的登录全部失效"
    )
    created_at = models.DateTimeField("建立时间", default=now)
    last_login = None  # no record of who signs in when is kept for people to look at

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[AccountManager] = AccountManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"

    def __str__(self) -> str:
        return self.name or self.username

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must match: another password or another round ends all that began before."""
        salt = "linli.kernel.units.Account.session"
        value = f"{self.password}|{self.session_round}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def has_one_time_password(self) -> bool:
        """Whether somebody else has set the password: nothing can be done before it is changed."""
        return self.one_time_until is not None


class PostQuerySet(models.QuerySet["Post"]):
    def valid(self, on: dt.date | None = None) -> PostQuerySet:
        """Posts in force on a day: a post that has ended gives nothing from that day on."""
        day = on or today()
        return self.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day, account__is_active=True
        )


class Post(models.Model):
    """Account x unit x role x area, for a period. People act through a post."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="posts", verbose_name="账号")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts", verbose_name="单位")
    role = models.CharField("角色", max_length=30)
    area = models.CharField("负责区域", max_length=18, db_collation="C")
    title = models.CharField("岗位名称", max_length=40, blank=True)
    valid_from = models.DateField("任职起", default=today)
    valid_to = models.DateField("任职止", null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "岗位"
        indexes = [models.Index(fields=["area", "role"], name="post_area_role")]

    def __str__(self) -> str:
        return f"{self.unit}·{self.title or self.role}"


class Token(models.Model):
    """A bearer token of the API. Only its digest is stored; it acts as one post until it ends."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="tokens", verbose_name="岗位")
    digest = models.CharField(max_length=64, unique=True, db_collation="C")
    label = models.CharField("用途", max_length=60)
    created_at = models.DateTimeField("签发时间", default=now)
    expires_at = models.DateTimeField("到期时间", null=True, blank=True)
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "接口令牌"

    def __str__(self) -> str:
        return self.label

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, post: Post, label: str, *, expires_at: dt.datetime | None = None) -> tuple[Token, str]:
        """Create a token for ``post``; the secret is returned this once and cannot be read again."""
        secret = "ll_" + secrets.token_urlsafe(24)
        token = cls.objects.create(
            post=post, digest=cls.digest_of(secret), label=label, expires_at=expires_at
        )
        return token, secret


class RegisterEntry(models.Model):
    """One change of a register: who changed which unit, account, post or token, when, and how.

    Append-only (a trigger refuses anything else) and chained by hash, so that ``linli verify`` finds any
    change made past the platform. ``number`` counts from 1 without gaps.
    """

    class Subject(models.TextChoices):
        UNIT = "unit", "单位"
        ACCOUNT = "account", "账号"
        POST = "post", "岗位"
        TOKEN = "token", "接口令牌"

    number = models.BigIntegerField("序号", primary_key=True)
    deed = models.CharField("操作", max_length=20, db_collation="C")
    subject = models.CharField("对象", max_length=8, choices=Subject.choices, db_collation="C")
    subject_id = models.BigIntegerField("对象编号")
    area = models.CharField("区域", max_length=18, blank=True, db_collation="C")
    label = models.CharField("名称", max_length=160)
    facts = models.JSONField("内容", default=dict)
    account = models.BigIntegerField("操作账号", null=True)
    post = models.BigIntegerField("操作岗位", null=True)
    at = models.DateTimeField("时间")
    prev = models.BinaryField(editable=False)
    hash = models.BinaryField(editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "登记变更"
        indexes = [
            models.Index(fields=["area", "-number"], name="units_entry_area"),
            models.Index(fields=["subject", "subject_id", "-number"], name="units_entry_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.deed} {self.label}"
