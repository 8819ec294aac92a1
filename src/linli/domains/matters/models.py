"""Lists, matters by version, their limits, and the demands that were refused."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from linli.domains.matters.kinds import Evidence, ListKind, Performer, Stage, Verifier, WorkerAction
from linli.kernel.clocks.models import MEASURES, Urgency
from linli.kernel.records.models import Listed, record_id
from linli.kernel.units.models import Unit
from linli.lib.time import now

C = "C"

EDITION = "matters"
"""Under this name ``records.editions`` tells processes that the lists have changed."""


class Function(models.Model):
    """A function (职能) that units carry and lists name, so that a list holds wherever departments differ."""

    code = models.CharField("代码", max_length=30, primary_key=True, db_collation=C)
    name = models.CharField("名称", max_length=40)
    department = models.CharField("通常承担单位", max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "职能"

    def __str__(self) -> str:
        return self.name


class MatterList(models.Model):
    """One list of one kind, in force for an area and everything below it."""

    kind = models.CharField("清单种类", max_length=14, choices=ListKind.choices)
    area = models.CharField("适用区域", max_length=18, db_collation=C)
    title = models.CharField("清单名称", max_length=120)
    published_on = models.DateField("公布日期")
    source = models.CharField("依据", max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = "事项清单"
        constraints = [models.UniqueConstraint(fields=["kind", "area"], name="list_once_per_area")]

    def __str__(self) -> str:
        return self.title


class Matter(models.Model):
    """One version of an entry in a list. Only ``valid_to`` ever changes (held by a trigger)."""

    area = models.CharField("适用区域", max_length=18, db_collation=C)
    code = models.CharField("事项代码", max_length=30, db_collation=C)
    version = models.PositiveIntegerField("版本")
    valid_from = models.DateField("生效日期")
    valid_to = models.DateField("失效日期", null=True, blank=True)

    name = models.CharField("事项名称", max_length=80)
    category = models.CharField("类别", max_length=120, help_text="以 / 分级，如 安全隐患/消防/消防通道堵塞")
    legal_basis = models.CharField("法律依据", max_length=200, blank=True)
    article = models.CharField("条款", max_length=80, blank=True)
    source = models.CharField("出处", max_length=500)
    lead_function = models.CharField("主办职能", max_length=30, blank=True, db_collation=C)
    assist_functions = ArrayField(models.CharField(max_length=30), default=list, verbose_name="协办职能")
    performers = ArrayField(
        models.CharField(max_length=12, choices=Performer.choices), default=list, verbose_name="可交办对象"
    )
    committee_matters = ArrayField(
        models.CharField(max_length=30),
        default=list,
        verbose_name="居（村）委会参与依据",
        help_text="居（村）委会自治、协助清单中的事项代码；没有就不得交居（村）委会办理",
    )
    action = models.CharField("要求的工作", max_length=8, choices=WorkerAction.choices)
    action_detail = models.CharField("工作内容", max_length=300)
    evidence = models.CharField("照片等佐证", max_length=8, choices=Evidence.choices)
    evidence_reason = models.CharField("佐证规则的理由", max_length=200)
    evidence_approver = models.CharField("必需佐证的批准人", max_length=60, blank=True)
    urgency = models.CharField("默认紧急程度", max_length=12, choices=Urgency.choices)
    verifier = models.CharField("核查人", max_length=11, choices=Verifier.choices)
    public = models.BooleanField("居民端可选")
    sensitive = models.BooleanField("不公开", help_text="不进入公开查询和公开列表")
    duplicate_metres = models.PositiveIntegerField("疑似重复距离（米）")
    duplicate_hours = models.PositiveIntegerField("疑似重复时间（小时）")
    keywords = models.JSONField("关键词", default=dict, help_text="词语 → 权重")
    words_against = ArrayField(models.CharField(max_length=20), default=list, verbose_name="排除词")
    icon = models.CharField("图标", max_length=40)
    active = models.BooleanField("启用", default=True)
    note = models.TextField("说明", blank=True)
    # last, since the name hides the built-in that the fields above take as default
    list = models.ForeignKey(
        MatterList, on_delete=models.PROTECT, related_name="matters", verbose_name="清单"
    )

    class Meta:
        verbose_name = verbose_name_plural = "事项"
        constraints = [
            models.UniqueConstraint(fields=["area", "code", "version"], name="matter_version_once"),
            models.UniqueConstraint(
                fields=["area", "code"], condition=Q(valid_to__isnull=True), name="matter_one_current_version"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="matter_period"
            ),
            models.CheckConstraint(
                condition=~Q(evidence=Evidence.REQUIRED)
                | (~Q(evidence_reason="") & ~Q(evidence_approver="")),
                name="matter_required_evidence_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(performers__contained_by=[p.value for p in Performer]), name="matter_performers"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MatterLimit(models.Model):
    """How long a stage may take for one version of a matter at one urgency."""

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="limits", verbose_name="事项")
    stage = models.CharField("环节", max_length=8, choices=Stage.choices)
    urgency = models.CharField("紧急程度", max_length=12, choices=Urgency.choices)
    amount = models.PositiveIntegerField("时限")
    measure = models.CharField("计时方式", max_length=10, choices=MEASURES)
    cumulative = models.BooleanField("累计计时", default=False)
    source = models.CharField("出处", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "事项时限"
        constraints = [
            models.UniqueConstraint(fields=["matter", "stage", "urgency"], name="limit_once_per_stage"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="limit_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.get_measure_display()}"


class Revision(models.Model):
    """One publication that changed the lists of an area: how they came to be as they are."""

    at = models.DateTimeField("时间", default=now)
    area = models.CharField("适用区域", max_length=18, db_collation=C)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, verbose_name="修订单位")
    reason = models.CharField("事由", max_length=200)
    added = ArrayField(models.CharField(max_length=30), default=list, verbose_name="新增")
    changed = ArrayField(models.CharField(max_length=30), default=list, verbose_name="修改")
    ended = ArrayField(models.CharField(max_length=30), default=list, verbose_name="退出")

    class Meta:
        verbose_name = verbose_name_plural = "清单修订"
        indexes = [models.Index(fields=["area", "-at"], name="revision_area")]

    def __str__(self) -> str:
        return self.reason


class UrgencyWord(models.Model):
    """A word in a report that suggests that it cannot wait."""

    word = models.CharField("词语", max_length=20, primary_key=True, db_collation=C)
    urgency = models.CharField("紧急程度", max_length=12, choices=Urgency.choices)

    class Meta:
        verbose_name = verbose_name_plural = "紧急用语"

    def __str__(self) -> str:
        return self.word


class RefusedDemand(Listed):
    """A demand outside the lists that was refused: counted against the unit that made it.

    It names units only. Who in the unit pressed the button is nobody's figure.
    """

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    sender = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="交办单位")
    target = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name="被交办单位")
    units = ArrayField(models.BigIntegerField(), default=list, verbose_name="有关单位")
    performer = models.CharField("交办对象", max_length=12, choices=Performer.choices)
    matter = models.ForeignKey(
        Matter, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="事项"
    )
    demand = models.CharField("要求的内容", max_length=200)
    rule = models.CharField("依据", max_length=60)
    at = models.DateTimeField("时间", default=now)

    class Meta:
        verbose_name = verbose_name_plural = "被拒绝的清单外要求"
        indexes = [
            models.Index(fields=["sender", "-at"], name="refused_sender"),
            models.Index(fields=["district", "-at"], name="refused_district"),
            GinIndex(fields=["units"], name="refused_units"),
        ]

    def __str__(self) -> str:
        return self.demand
