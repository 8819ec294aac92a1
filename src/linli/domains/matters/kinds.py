"""The closed vocabularies of a list. Urgency and the measures of time are those of the kernel's clocks."""

from __future__ import annotations

from django.db import models

from linli.kernel.clocks.models import Urgency


class ListKind(models.TextChoices):
    """What a list is for. ``CITY`` is ours: residents report more than any protective list admits; such
    matters are departments' own duty, are taken in like all others, and may never reach a grid worker or
    a committee."""

    GRID = "grid", "网格化服务管理事项清单"
    AUTONOMOUS = "autonomous", "居（村）民委员会依法自治工作事项清单"
    ASSIST = "assist", "居（村）民委员会依法协助工作事项清单"
    CERTIFICATE = "certificate", "证明事项清单"
    TOWNSHIP_DUTY = "township_duty", "乡镇（街道）履行职责事项清单"
    NEGATIVE = "negative", "负面清单"
    CITY = "city", "部门办理事项清单"


class Performer(models.TextChoices):
    GRID_WORKER = "grid_worker", "网格员"
    COMMITTEE = "committee", "居（村）民委员会"
    DEPARTMENT = "department", "部门（单位）"


class WorkerAction(models.TextChoices):
    """What a performer named by the list is asked to do; the entry says what exactly."""

    REPORT = "report", "发现上报"
    ADVISE = "advise", "现场劝导"
    INSPECT = "inspect", "现场核查"
    VISIT = "visit", "走访关爱"
    ASSIST = "assist", "协助办理"
    HANDLE = "handle", "自行办理"
    CERTIFY = "certify", "出具证明"
    NONE = "none", "不承担"


class Evidence(models.TextChoices):
    NONE = "none", "不采集"
    OPTIONAL = "optional", "可选"
    REQUIRED = "required", "必需"


class Verifier(models.TextChoices):
    GRID_WORKER = "grid_worker", "网格员"
    REPORTER = "reporter", "上报人"
    CENTRE = "centre", "综治中心"


class Stage(models.TextChoices):
    OVERALL = "overall", "全程"
    ACCEPT = "accept", "受理"
    DISPATCH = "dispatch", "分办"
    HANDLE = "handle", "处置"
    VERIFY = "verify", "核查"


FALLBACK: dict[str, tuple[str, ...]] = {
    Urgency.NORMAL: (Urgency.NORMAL,),
    Urgency.URGENT: (Urgency.URGENT, Urgency.NORMAL),
    Urgency.VERY_URGENT: (Urgency.VERY_URGENT, Urgency.URGENT, Urgency.NORMAL),
}
"""Where a list sets no limit for an urgency, the next calmer one holds."""
