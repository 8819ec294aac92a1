"""The slip that whoever takes a report down hands to its reporter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext

from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, Report
from linli.domains.cases.presentation import title_for
from linli.kernel.access.actor import Actor
from linli.kernel.flow.perform import visible
from linli.lib.errors import NotFound


@dataclass(frozen=True)
class Slip:
    """One report and its case, as far as its reporter is told of it."""

    report: Report
    case: Case
    title: str
    is_joined: bool
    """The report was added to a case that others had reported."""
    may_open: bool
    """Whether who took it down sees the case, too."""


def slip_of(actor: Actor, *, number: str, reports: Collection[int]) -> Slip:
    """The slip of the newest of ``reports`` that the actor's post took down for the case ``number``.

    Not cut by sight of the case: a grid worker reports what lies across the border of the grid, a clerk adds
    to a case that is another unit's, and both owe the reporter a slip. Refuses NotFound.
    """
    own = Report.objects.select_related("case").filter(pk__in=reports, case__number=number)
    report = own.filter(post=actor.post, post__isnull=False).order_by("-at", "-pk").first()
    if report is None:
        raise NotFound(gettext("只有录入人在本次登录中可以打印查询凭条"))
    case = report.case
    return Slip(
        report,
        case,
        title_for(case, report),
        is_joined=report.at != case.opened_at,
        may_open=visible(actor, flow).filter(pk=case.pk).exists(),
    )
