"""Case, report, task, and what else belongs to a case."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Left

from linli.domains.cases import tags as case_tags
from linli.kernel.clocks.models import Clock, Urgency
from linli.kernel.flow.declaration import state_constraint
from linli.kernel.records.belonging import Belongs, BelongsAlone
from linli.kernel.records.ids import next_id
from linli.kernel.records.models import Placed, Record, days_index, record_id
from linli.kernel.records.quick import Quick
from linli.kernel.units.models import Unit
from linli.lib.time import LOCAL, now


class CaseState(models.TextChoices):
    """Where a case is."""

    REPORTED = "reported", "待受理"
    ACCEPTED = "accepted", "待分办"
    HANDLING = "handling", "处置中"
    SUSPENDED = "suspended", "已挂起"
    HANDLED = "handled", "待核查"
    VERIFIED = "verified", "待上报人反馈"
    CLOSED = "closed", "已结案"


class CaseResult(models.TextChoices):
    """How a case ended."""

    SOLVED = "solved", "已解决"
    EXPLAINED = "explained", "已解释说明"
    NOT_IN_COMPETENCE = "not_in_competence", "不属受理范围"
    UNFOUNDED = "unfounded", "经核实不存在"
    DUPLICATE = "duplicate", "重复（已并案）"
    WITHDRAWN = "withdrawn", "上报人撤回"


class Channel(models.TextChoices):
    """How a report came in."""

    PORTAL = "portal", "居民端"
    PATROL = "patrol", "网格巡查"
    DESK = "desk", "窗口代录"
    HOTLINE = "hotline", "12345热线"
    API = "api", "系统接入"
    DEPARTMENT = "department", "部门推送"


GRID_LENGTH = 15
"""So much of a case's area code tells its grid, also where the micro-grid is known."""

OPEN = tuple(s for s in CaseState.values if s != CaseState.CLOSED)

IN_HAND = ~Q(state=CaseState.CLOSED) | Q(supervised=True)
"""Open, or closed while a supervision is still to be answered: whatever stands on a list of work. The indexes
of these also find what is only open, since that is always in hand."""


def case_id() -> int:
    """A case's id is also the body of its number, so it comes from a sequence of its own."""
    return next_id("case_numbers")


class Case(Record):
    """One problem at one place."""

    family: ClassVar[str] = "case"
    tagged: ClassVar[frozenset[str]] = frozenset(
        {
            *("area", "units", "matter", "matter_id", "urgency", "result"),
            *("closed_at", "hand_backs", "supervised"),
        }
    )

    id = models.BigIntegerField(primary_key=True, default=case_id, editable=False)
    number = models.CharField("编号", max_length=14, db_collation="C")
    title = models.CharField("标题", max_length=80)
    matter = models.ForeignKey(
        "matters.Matter", null=True, on_delete=models.PROTECT, related_name="+", verbose_name="事项"
    )
    matter_why = models.CharField("认定理由", max_length=200, blank=True)
    matter_confirmed = models.BooleanField("事项已认定", default=False)
    urgency = models.CharField(
        "紧急程度", max_length=12, choices=Urgency.choices, default=Urgency.NORMAL, db_collation="C"
    )
    channel = models.CharField("来源", max_length=12, choices=Channel.choices, db_collation="C")
    lng = models.FloatField("经度")
    lat = models.FloatField("纬度")
    address = models.CharField("地址", max_length=120, blank=True)
    # units are never deleted, so that what points to them needs no index for it, here and below
    holder = models.ForeignKey(
        Unit,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="当前办理单位",
        db_index=False,
    )
    lead = models.ForeignKey(
        Unit, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="主办单位", db_index=False
    )
    result = models.CharField("结果", max_length=20, choices=CaseResult.choices, null=True, db_collation="C")
    statement = models.TextField("结果说明", blank=True)
    due_at = models.DateTimeField("总时限", null=True)
    stage_due_at = models.DateTimeField("本环节时限", null=True)
    reports_count = models.IntegerField("上报数", default=1)
    hand_backs = models.IntegerField("退回次数", default=0)
    reopened = models.IntegerField("重新办理次数", default=0)
    answer = models.CharField(
        "上报人反馈", max_length=10, choices=[("solved", "已解决"), ("unsolved", "未解决")], null=True
    )
    on_the_spot = models.BooleanField("发现即处置", default=False)
    supervised = models.BooleanField("督办中", default=False)
    merged_into = Belongs(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="merged",
        verbose_name="并入",
        db_index=False,
    )
    split_from = Belongs(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="splits",
        verbose_name="分自",
        db_index=False,
    )
    before_merge = models.CharField(max_length=20, blank=True, editable=False)
    handled_at = models.DateTimeField("处置完成时间", null=True)
    closed_at = models.DateTimeField("结案时间", null=True)

    class Meta(Record.Meta):
        verbose_name = verbose_name_plural = "事件"
        constraints = [
            # not ``unique=True``, which makes a second index, for LIKE
            models.UniqueConstraint(fields=["number"], name="case_number"),
            state_constraint("case", CaseState),
            models.CheckConstraint(
                condition=Q(state=CaseState.CLOSED, result__isnull=False, closed_at__isnull=False)
                | (~Q(state=CaseState.CLOSED) & Q(result__isnull=True, closed_at__isnull=True)),
                name="case_closed_with_a_result",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(result=CaseResult.DUPLICATE),
                name="case_merged_is_a_duplicate",
            ),
        ]
        indexes = [
            # over all cases there is none by unit, district or township: lists of theirs are found by tags
            models.Index(fields=["area", "-id"], name="case_area"),
            models.Index(Left("area", GRID_LENGTH), F("id").desc(), name="case_grid"),
            # all of the same condition: the planner would put one of another beside those that suffice
            models.Index(
                fields=["holder", "stage_due_at", "id"], name="case_in_hand_holder", condition=IN_HAND
            ),
            models.Index(fields=["stage_due_at", "id"], name="case_in_hand_city", condition=IN_HAND),
            models.Index(
                fields=["district", "stage_due_at", "id"], name="case_in_hand_district", condition=IN_HAND
            ),
            models.Index(
                fields=["township", "stage_due_at", "id"], name="case_in_hand_township", condition=IN_HAND
            ),
            models.Index(fields=["area", "stage_due_at", "id"], name="case_in_hand_area", condition=IN_HAND),
            models.Index(
                fields=["urgency", "stage_due_at", "id"],
                name="case_open_urgent",
                condition=~Q(state=CaseState.CLOSED) & Q(urgency__in=["urgent", "very_urgent"]),
            ),
            GinIndex(
                fields=["units"], name="case_in_hand_units", condition=IN_HAND, gin_pending_list_limit=64
            ),
            models.Index(fields=["lat", "lng"], name="case_in_hand_near", condition=IN_HAND),
            # few of very many: whoever oversees a city would have all that is in hand looked through
            models.Index(fields=["stage_due_at", "id"], name="case_supervised", condition=Q(supervised=True)),
            days_index("opened_at", "closed_at", name="case_days"),
            models.Index(fields=["merged_into"], name="case_merged", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["split_from"], name="case_split", condition=Q(split_from__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def tags(self) -> list[str]:
        return [*super().tags(), *case_tags.of(self)]

    def tag_row(self) -> CaseText:
        return CaseText(case_id=self.pk, district=self.district)

    # Parts, hung on by ``parts.load_parts``; a new case has none yet.
    tasks: list[Task]
    clocks: list[Clock]
    report_list: list[Report]
    supervision_list: list[Supervision]
    pending_request: Request | None

    @property
    def opened_on(self) -> dt.date:
        """The day in the city on which the case was opened: which versions of lists hold for it."""
        return self.opened_at.astimezone(LOCAL).date()

    @property
    def state_title(self) -> str:
        return str(CaseState(self.state).label)

    @property
    def is_open(self) -> bool:
        return self.state != CaseState.CLOSED

    def open_task(self, unit: int | None, kind: str | None = None) -> Task | None:
        """The open task of ``unit`` in this case, if it has one (parts must be loaded)."""
        for task in self.tasks:
            if task.state == TaskState.OPEN and task.unit_id == unit and kind in (None, task.kind):
                return task
        return None

    @property
    def lead_task(self) -> Task | None:
        for task in self.tasks:
            if task.state == TaskState.OPEN and task.kind == TaskKind.LEAD:
                return task
        return None


class Report(Placed):
    """One incoming statement of a problem. The reporter's name and phone are in the vault (``contact``)."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    case = Belongs(
        Case, on_delete=models.PROTECT, related_name="reports", db_index=False, verbose_name="事件"
    )
    first_case = models.BigIntegerField("原事件", editable=False)
    channel = models.CharField("来源", max_length=12, choices=Channel.choices, db_collation="C")
    text = models.TextField("问题描述")
    at = models.DateTimeField("上报时间", default=now)
    lng = models.FloatField("经度")
    lat = models.FloatField("纬度")
    address = models.CharField("地址", max_length=120, blank=True)
    token = models.BinaryField("查询凭证摘要", unique=True, editable=False)
    client_id = models.UUIDField(null=True, editable=False)
    source_number = models.CharField("来源编号", max_length=40, blank=True, db_collation="C")
    contact = models.BigIntegerField("联系人（个人信息库编号）", null=True)
    about = models.ForeignKey(
        Unit,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="被反映单位",
        db_index=False,
    )
    post = models.BigIntegerField("录入岗位", null=True)
    unit = models.BigIntegerField("录入单位", null=True)
    answer = models.CharField("反馈", max_length=10, blank=True)
    answered_at = models.DateTimeField("反馈时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "上报"
        constraints = [
            models.UniqueConstraint(
                fields=["client_id"], name="report_once_per_client_id", condition=Q(client_id__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["channel", "source_number"],
                name="report_once_per_source_number",
                condition=~Q(source_number=""),
            ),
        ]
        indexes = [models.Index(fields=["case"], name="report_case")]

    def __str__(self) -> str:
        return self.text[:30]

    @staticmethod
    def digest_of(secret: str) -> bytes:
        return hashlib.sha256(secret.encode()).digest()

    @property
    def secret(self) -> str:
        """The private part of the tracking link, 96 bits made from the report's id and the site's key.

        Made, not stored: a repeated submission gets the same link, and the database holds only a digest.
        """
        key = settings.SECRET_KEY.encode()
        return hmac.digest(key, f"report:{self.pk}".encode(), "sha256").hex()[:24]


class TaskKind(models.TextChoices):
    LEAD = "lead", "主办"
    ASSIST = "assist", "协办"


class TaskState(models.TextChoices):
    OPEN = "open", "办理中"
    DONE = "done", "已办结"
    HANDED_BACK = "handed_back", "已退回"
    CANCELLED = "cancelled", "已取消"


class Task(Placed):
    """One unit's share in a case."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    case = Belongs(
        Case, on_delete=models.PROTECT, related_name="task_rows", db_index=False, verbose_name="事件"
    )
    kind = models.CharField("类型", max_length=6, choices=TaskKind.choices, db_collation="C")
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="+", verbose_name="单位", db_index=False
    )
    from_unit = models.ForeignKey(
        Unit,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="派发单位",
        db_index=False,
    )
    state = models.CharField(
        "状态", max_length=12, choices=TaskState.choices, default=TaskState.OPEN, db_collation="C"
    )
    is_final = models.BooleanField("中心裁定", default=False)
    opened_at = models.DateTimeField("派发时间")
    due_at = models.DateTimeField("时限", null=True)
    ended_at = models.DateTimeField("办结时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        constraints = [
            models.CheckConstraint(
                condition=Q(state=TaskState.OPEN, ended_at__isnull=True)
                | (~Q(state=TaskState.OPEN) & Q(ended_at__isnull=False)),
                name="task_ended_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["case", "district"],
                name="one_open_lead_task",
                condition=Q(kind=TaskKind.LEAD, state=TaskState.OPEN),
            ),
            models.UniqueConstraint(
                fields=["case", "unit", "district"],
                name="one_open_task_per_unit",
                condition=Q(state=TaskState.OPEN),
            ),
        ]
        indexes = [
            models.Index(fields=["case"], name="task_case"),
            models.Index(fields=["unit", "due_at", "case"], name="task_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.unit}"


class RequestKind(models.TextChoices):
    SUSPEND = "suspend", "挂起"
    EXTEND = "extend", "延期"


class RequestState(models.TextChoices):
    PENDING = "pending", "待审批"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "未批准"
    LAPSED = "lapsed", "已失效"


class Request(Placed):
    """A lead unit's request to suspend the case or extend its time, decided by the holder's centre."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    case = Belongs(Case, on_delete=models.PROTECT, related_name="request_rows", db_index=False)
    kind = models.CharField("申请", max_length=8, choices=RequestKind.choices, db_collation="C")
    state = models.CharField(
        "状态", max_length=8, choices=RequestState.choices, default=RequestState.PENDING, db_collation="C"
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="申请单位")
    reason = models.TextField("理由")
    amount = models.IntegerField("延长", null=True)
    measure = models.CharField("单位", max_length=10, blank=True)
    asked_at = models.DateTimeField("申请时间")
    decided_at = models.DateTimeField("审批时间", null=True)
    decided_by = models.BigIntegerField("审批岗位", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "申请"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "district"],
                name="one_pending_request",
                condition=Q(state=RequestState.PENDING),
            )
        ]
        indexes = [models.Index(fields=["case"], name="request_case")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}申请"


class Supervision(Placed):
    """A notice to a unit that is late or wrong, with its own reply deadline (督办, arts. 12, 22)."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    case = Belongs(Case, on_delete=models.PROTECT, related_name="supervisions", db_index=False)
    from_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="督办单位")
    to_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="被督办单位")
    text = models.TextField("督办要求")
    at = models.DateTimeField("督办时间")
    reply_due_at = models.DateTimeField("答复时限")
    reply = models.TextField("答复", blank=True)
    replied_at = models.DateTimeField("答复时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "督办"
        indexes = [
            models.Index(fields=["case"], name="supervision_case"),
            models.Index(
                fields=["to_unit", "reply_due_at"],
                name="supervision_unanswered",
                condition=Q(replied_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"督办 {self.to_unit}"


class CaseText(Quick):
    """What a case can be found by: bigrams of its number, title, address and reports, and its tags.

    Beside the case, not in it: a case's row is rewritten with every move, its words never are, and its tags
    only where it passes to another unit, is classified anew or closed.
    """

    case = BelongsAlone(Case, primary_key=True, on_delete=models.CASCADE, related_name="text")
    district = models.CharField(max_length=6, db_collation="C")
    words = SearchVectorField()
    tags = SearchVectorField(default="")

    class Meta:
        verbose_name = verbose_name_plural = "检索词"
        indexes = [
            # New entries wait unsorted in a list that every search reads through, at most so many kB of it:
            # 300 cases, a quarter of a millisecond. PostgreSQL's own limit of 4 MB costs 4 ms.
            GinIndex(fields=["words", "tags"], name="case_found_by", gin_pending_list_limit=512)
        ]

    def __str__(self) -> str:
        return str(self.pk)


class PublishedMonth(models.Model):
    """The figures of a month as they were made public (art. 44): counted once, and never altered."""

    pk = models.CompositePrimaryKey("month", "level")
    month = models.DateField("月份", help_text="its first day")
    level = models.CharField("层级", max_length=10, db_collation="C")
    counted_at = models.DateTimeField("统计时间")
    areas = models.JSONField("各区域指标", help_text="as ``publishing`` writes them")

    class Meta:
        verbose_name = verbose_name_plural = "已公布的指标"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.level}"
