"""The working calendar as it is kept, and clocks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from linli.kernel.clocks import calendar, sources
from linli.kernel.clocks.calendar import Limit, Measure
from linli.kernel.records.models import C, Placed, days_index, record_id
from linli.kernel.units.models import UnitKind
from linli.lib.time import now

MEASURES = [(measure.value, measure.label) for measure in Measure]


class CalendarYear(models.Model):
    """A year whose official notice has been loaded. Years without a row are provisional."""

    year = models.IntegerField("年份", primary_key=True)
    is_official = models.BooleanField("已有正式通知", default=True)
    papers = ArrayField(models.CharField(max_length=500), default=list, verbose_name="通知出处")
    loaded_at = models.DateTimeField("载入时间", default=now)

    class Meta:
        verbose_name = verbose_name_plural = "放假安排年度"

    def __str__(self) -> str:
        return f"{self.year}年"


class CalendarDay(models.Model):
    """A day that is a rest day or a working day by decision, whatever its weekday."""

    date = models.DateField("日期", primary_key=True)
    is_off = models.BooleanField("休息")
    name = models.CharField("名称", max_length=40)
    source = models.CharField("依据", max_length=500)
    notice_year = models.IntegerField(
        "所属通知年度", null=True, help_text="由哪一年的放假通知给出；为空表示由本地另行设定"
    )

    class Meta:
        verbose_name = verbose_name_plural = "日历日"

    def __str__(self) -> str:
        return f"{self.date} {self.name}{'休' if self.is_off else '班'}"


class CalendarRevision(models.Model):
    """One change of the calendar: who, why, which days, and how many clocks it moved."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    at = models.DateTimeField("时间", default=now)
    post_id = models.BigIntegerField("岗位", null=True)
    reason = models.CharField("事由", max_length=200)
    source = models.CharField("依据", max_length=500)
    days = models.JSONField("改动的日期", default=list, help_text="日期、原值、新值；空值即按周一至周五")
    years = ArrayField(models.IntegerField(), default=list, verbose_name="由暂定转为正式的年份")
    moved = models.IntegerField("重算的时限数", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "日历变更"


class ClockShift(models.Model):
    """A clock whose due time a revision of the calendar moved, before and after."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    district = models.CharField(max_length=6, db_collation=C)
    revision_id = models.BigIntegerField("日历变更", db_index=True)
    clock_id = models.BigIntegerField("时限", db_index=True)
    due_was = models.DateTimeField("原到期时间")
    due_at = models.DateTimeField("新到期时间")

    class Meta:
        verbose_name = verbose_name_plural = "时限重算"


def _check_periods(value: Any) -> None:
    try:
        calendar.check_periods(periods_of(value))
    except (TypeError, ValueError) as error:
        raise ValidationError("工作时段须为一日之内、先后不重叠的“时:分”起止，如 09:00 至 12:00") from error


def _check_seasons(value: Any) -> None:
    try:
        seasons = seasons_of(value)
    except (TypeError, ValueError, KeyError) as error:
        raise ValidationError("季节时段须写明起止月日（如 05-01）和工作时段") from error
    for season in seasons:
        try:
            calendar.check_periods(season.periods)
        except ValueError as error:
            raise ValidationError("季节时段的工作时段有误") from error


def periods_of(value: list[list[str]]) -> tuple[calendar.Period, ...]:
    """``[["09:00", "12:00"], …]`` in seconds of the day; ValueError or TypeError where it is not that."""
    return tuple((calendar.clock_time(begin), calendar.clock_time(end)) for begin, end in value)


def seasons_of(value: list[dict[str, Any]]) -> tuple[calendar.Season, ...]:
    """``[{"from": "05-01", "to": "09-30", "periods": […]}, …]``; the first that covers a day holds."""
    return tuple(
        calendar.Season(_month_day(s["from"]), _month_day(s["to"]), periods_of(s["periods"])) for s in value
    )


def _month_day(text: str) -> tuple[int, int]:
    day = dt.date.fromisoformat(f"2000-{text}")  # a leap year, so that 02-29 may be named
    return day.month, day.day


class Schedule(models.Model):
    """The working hours of a kind of unit, or the default."""

    key = models.CharField("标识", max_length=20, primary_key=True, db_collation=C)
    name = models.CharField("名称", max_length=40)
    unit_kind = models.CharField(
        "适用单位类别", max_length=12, choices=UnitKind.choices, null=True, blank=True, unique=True
    )
    periods = models.JSONField("工作时段", validators=[_check_periods])
    seasons = models.JSONField("季节时段", default=list, blank=True, validators=[_check_seasons])
    everyday = models.BooleanField("休息日照常", default=False)
    ends_at_close = models.BooleanField("按日期限止于下班时间", default=True, help_text="民法典第二百零三条")
    rolls = models.BooleanField("末日为休息日时顺延", default=True, help_text="民法典第二百零三条")
    source = models.CharField("依据", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "作息时间"

    def __str__(self) -> str:
        return self.name

    @property
    def hours(self) -> calendar.Schedule:
        """The schedule as the arithmetic takes it."""
        return calendar.Schedule(
            periods=periods_of(self.periods),
            everyday=self.everyday,
            seasons=seasons_of(self.seasons),
            ends_at_close=self.ends_at_close,
            rolls=self.rolls,
        )


class Urgency(models.TextChoices):
    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"
    VERY_URGENT = "very_urgent", "特急"


class Outcome(models.TextChoices):
    MET = "met", "按期"
    MISSED = "missed", "超期"
    CANCELLED = "cancelled", "取消"


class Source(models.Model):
    """What somebody laid a limit down in: told once for all the clocks that rest on it (see ``sources``)."""

    id = models.BigIntegerField(primary_key=True, editable=False)
    text = models.CharField("时限依据", max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = "时限依据"

    def __str__(self) -> str:
        return self.text


class Clock(Placed):
    """One deadline of one record, or of one task of it.

    Counted in seconds of its measure (see the package): ``budget_seconds`` were left at ``counted_from``,
    the instant of its start or latest resumption. While paused, ``remaining_seconds`` are left; below zero
    it is over. Only ``actions`` and a revision of the calendar change a clock.
    """

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    family = models.CharField("业务类别", max_length=30, db_collation=C)
    record_id = models.BigIntegerField("记录")
    task_id = models.BigIntegerField("任务", null=True)
    unit_id = models.BigIntegerField("责任单位", null=True)
    name = models.CharField("时限名称", max_length=20, db_collation=C)
    urgency = models.CharField("紧急程度", max_length=12, choices=Urgency.choices, default=Urgency.NORMAL)

    limit_amount = models.IntegerField("时限")
    limit_measure = models.CharField("计时方式", max_length=10, choices=MEASURES, db_collation=C)
    schedule = models.CharField("作息时间", max_length=20, db_collation=C)
    cumulative = models.BooleanField("累计计时", default=False)
    used_before_seconds = models.IntegerField("此前已用", default=0)
    extended_seconds = models.IntegerField("延长", default=0)
    soon_share = models.SmallIntegerField("临期提醒点（%）")

    started_at = models.DateTimeField("开始时间")
    counted_from = models.DateTimeField("起算时间")
    budget_seconds = models.IntegerField("起算时剩余")
    due_at = models.DateTimeField("到期时间")
    soon_at = models.DateTimeField("临期时间")
    provisional = models.BooleanField("暂定", default=False)
    paused_at = models.DateTimeField("暂停时间", null=True)
    remaining_seconds = models.IntegerField("暂停时剩余", null=True)
    paused_seconds = models.IntegerField("累计暂停（秒）", default=0)
    stopped_at = models.DateTimeField("停止时间", null=True)
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, null=True)
    soon_fired_at = models.DateTimeField("临期提醒发出时间", null=True)
    overdue_fired_at = models.DateTimeField("超期提醒发出时间", null=True)
    source_id = models.BigIntegerField("时限依据", default=sources.NONE, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "时限"
        indexes = [
            models.Index(fields=["family", "record_id"], name="clock_record"),
            models.Index(
                fields=["due_at", "family"],
                name="clock_due",
                condition=Q(stopped_at=None, paused_at=None, overdue_fired_at=None),
            ),
            models.Index(
                fields=["soon_at", "family"],
                name="clock_soon",
                condition=Q(stopped_at=None, paused_at=None, soon_fired_at=None),
            ),
            days_index("due_at", name="clock_days"),
        ]
        constraints = [
            models.CheckConstraint(
                name="clock_limit",
                condition=Q(limit_amount__gt=0, extended_seconds__gte=0, used_before_seconds__gte=0)
                & Q(limit_measure__in=[measure.value for measure in Measure])
                & Q(soon_share__range=(1, 100)),
            ),
            models.CheckConstraint(
                name="clock_paused_has_remaining",
                condition=Q(paused_at=None, remaining_seconds=None)
                | Q(paused_at__isnull=False, remaining_seconds__isnull=False, stopped_at=None),
            ),
            models.CheckConstraint(
                name="clock_stopped_has_outcome",
                condition=Q(stopped_at=None, outcome=None)
                | Q(stopped_at__isnull=False, outcome__isnull=False, outcome__in=Outcome.values),
            ),
            models.CheckConstraint(
                name="clock_times",
                condition=Q(soon_at__lte=F("due_at"), counted_from__gte=F("started_at"))
                & Q(paused_seconds__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.record_id} {self.name}"

    @property
    def source(self) -> str:
        """What the limit was laid down in."""
        return sources.text_of(self.source_id)

    @property
    def limit(self) -> Limit:
        return Limit(self.limit_amount, Measure(self.limit_measure), self.source)

    @property
    def measure(self) -> Measure:
        return Measure(self.limit_measure)

    @property
    def is_running(self) -> bool:
        return self.stopped_at is None and self.paused_at is None

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    def is_overdue(self, at: dt.datetime) -> bool:
        """Whether the clock ran out before ``at``, or before it was paused or stopped."""
        if self.stopped_at is not None:
            return self.outcome == Outcome.MISSED
        return (self.paused_at or at) > self.due_at
