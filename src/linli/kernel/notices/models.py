"""Stored facts of notices."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from linli.kernel.records.models import C, record_id
from linli.kernel.records.quick import Quick
from linli.lib.time import now


class Notice(Quick):
    """One thing that one unit or one post should know about one record."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    district = models.CharField(max_length=6, db_collation=C)
    to_unit = models.BigIntegerField(null=True)
    to_post = models.BigIntegerField(null=True)
    family = models.CharField(max_length=20, db_collation=C)
    record_id = models.BigIntegerField()
    number = models.CharField("编号", max_length=20, blank=True, db_collation=C)
    kind = models.CharField(max_length=40, db_collation=C)
    title = models.CharField("标题", max_length=80)
    body = models.CharField("内容", max_length=300, blank=True)
    at = models.DateTimeField("时间", default=now)
    deliver_after = models.DateTimeField("提醒时间", default=now)
    is_read = models.BooleanField("已读", default=False)
    """For a unit: somebody there has taken note. A mark and not a time, so that nobody's hours can be told
    from it (政务移动互联网应用程序规范化管理办法, 国办函〔2026〕12号: no statistics of time online)."""

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        indexes = [
            models.Index(
                fields=["to_unit", "-at", "-id"], name="notice_unit", condition=Q(to_unit__isnull=False)
            ),
            models.Index(
                fields=["to_post", "-at", "-id"], name="notice_post", condition=Q(to_post__isnull=False)
            ),
            models.Index(
                fields=["to_unit", "record_id", "kind"],
                name="notice_unit_unread",
                condition=Q(to_unit__isnull=False, is_read=False),
            ),
            models.Index(
                fields=["to_post", "record_id", "kind"],
                name="notice_post_unread",
                condition=Q(to_post__isnull=False, is_read=False),
            ),
            # how many may nudge by now: what quiet hours hold back is not gone through
            models.Index(
                fields=["to_unit", "deliver_after"],
                name="notice_unit_due",
                condition=Q(to_unit__isnull=False, is_read=False),
            ),
            models.Index(
                fields=["to_post", "deliver_after"],
                name="notice_post_due",
                condition=Q(to_post__isnull=False, is_read=False),
            ),
            models.Index(fields=["at"], name="notice_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_unit__isnull=False, to_post__isnull=True)
                | Q(to_unit__isnull=True, to_post__isnull=False),
                name="notice_has_one_recipient",
            )
        ]

    def __str__(self) -> str:
        return self.title


class QuietHours(models.Model):
    """From when to when nobody is nudged, in the city's time. The newest row counts, older ones remain."""

    starts = models.TimeField("开始")
    ends = models.TimeField("结束")
    source = models.CharField("依据", max_length=200)
    post_id = models.BigIntegerField("设置岗位", null=True)
    set_at = models.DateTimeField("设置时间", default=now)

    class Meta:
        verbose_name = verbose_name_plural = "免打扰时段"

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}–{self.ends:%H:%M}"


class Message(models.Model):
    """One text to one resident, who is known here by an id of the vault only."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    district = models.CharField(max_length=6, db_collation=C)
    person_id = models.BigIntegerField()
    family = models.CharField(max_length=20, db_collation=C)
    record_id = models.BigIntegerField()
    number = models.CharField("编号", max_length=20, blank=True, db_collation=C)
    text = models.CharField("内容", max_length=300)
    at = models.DateTimeField("时间", default=now)
    deliver_after = models.DateTimeField("发送时间", default=now)
    attempts = models.SmallIntegerField("已尝试次数", default=0)
    failure = models.CharField("失败原因", max_length=200, blank=True)
    sent_at = models.DateTimeField("送出时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "对外消息"
        indexes = [
            models.Index(fields=["deliver_after"], name="message_waiting", condition=Q(sent_at__isnull=True)),
            models.Index(fields=["at"], name="message_at"),
        ]

    def __str__(self) -> str:
        return self.text
