"""How a case stands, as its reporter is told: in plain words, with honest times, units but no persons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.domains.cases import presentation, stages
from linli.domains.cases.models import Case, CaseResult, CaseState, Report
from linli.faces.portal.queries import first_number
from linli.kernel.clocks import actions as clocks
from linli.kernel.clocks.models import Clock
from linli.kernel.files import links
from linli.kernel.files import queries as files
from linli.kernel.files.models import Attachment, Stage
from linli.kernel.units.queries import book
from linli.lib.time import now
from linli.web.components import Entry, Photo, Tone, in_chinese

STEPS = (
    gettext_lazy("上报"),
    gettext_lazy("受理"),
    gettext_lazy("办理"),
    gettext_lazy("核查"),
    gettext_lazy("办结"),
)
_AT: dict[str, int] = {
    CaseState.REPORTED: 1,
    CaseState.ACCEPTED: 2,
    CaseState.HANDLING: 2,
    CaseState.SUSPENDED: 2,
    CaseState.HANDLED: 3,
    CaseState.VERIFIED: 4,
    CaseState.CLOSED: 5,
}
_SAID: dict[str, Promise] = {
    CaseState.REPORTED: gettext_lazy("已收到，等待受理"),
    CaseState.ACCEPTED: gettext_lazy("已受理，正在确定由哪个单位办理"),
    CaseState.HANDLING: gettext_lazy("正在办理"),
    CaseState.SUSPENDED: gettext_lazy("暂停办理，等待条件具备后继续"),
    CaseState.HANDLED: gettext_lazy("办理单位说已处理，正在核查"),
    CaseState.VERIFIED: gettext_lazy("核查已通过，请您看看是否解决"),
}


@dataclass(frozen=True)
class Step:
    """One step of the way. ``mark``: done, now or next."""

    title: str | Promise
    mark: Literal["done", "now", "next"]


@dataclass(frozen=True)
class Standing:
    """A case as its reporter sees it."""

    case: Case
    report: Report
    number: str
    """of the slip, which stays the reporter's own when the case is merged into another"""
    said: str | Promise
    tone: Tone
    steps: Sequence[Step]
    unit: str
    since: dt.datetime
    due: Clock | None
    due_state: str
    due_words: str
    timeline: Sequence[Entry]
    photos_before: Sequence[Photo]
    photos_after: Sequence[Photo]
    may_answer: bool
    may_supplement: bool

    @property
    def is_late(self) -> bool:
        return self.due is not None and self.due.is_overdue(now())

    @property
    def is_merged(self) -> bool:
        return self.number != self.case.number

    @property
    def waits_for_reporter(self) -> bool:
        return self.case.state == CaseState.VERIFIED


def standing(case: Case, report: Report) -> Standing:
    """How the case behind ``report`` stands. The case's parts must be loaded; four queries at most."""
    due = next(iter(stages.running(case, stages.STAGES.get(CaseState(case.state)))), None)
    if not case.is_open:
        due = None
    kept = files.of(Case.family, [case.pk]).get(case.pk, [])
    told = presentation.public_steps(case, report)
    added = {pk for step in told for pk in step.files}
    first = [one for one in kept if one.stage == Stage.REPORT and one.file_id not in added]
    alone = len(case.report_list) == 1  # with several reports nobody can say whose photo it is
    return Standing(
        case=case,
        report=report,
        number=case.number if report.first_case == case.pk else first_number(report),
        said=_said(case),
        tone=_tone(case, due),
        steps=_steps(case),
        unit=book().name(case.holder_id) if case.is_open else book().name(case.lead_id),
        since=_since(case, due),
        due=due,
        due_state="paused" if due is not None and due.is_paused else "running",
        due_words=clocks.explanation(due) if due is not None else "",
        timeline=[_entry(step, kept) for step in told],
        photos_before=_photos(first, _("上报时的照片")) if alone else [],
        photos_after=_photos([one for one in kept if one.stage == Stage.AFTER], _("处理后的照片")),
        may_answer=presentation.may_answer(case),
        may_supplement=presentation.may_supplement(case),
    )


def _said(case: Case) -> str | Promise:
    """What one reads first; of an ended case also how it ended."""
    if case.result is None:
        return _SAID[case.state]
    return _("已办结：%(result)s") % {"result": _(str(CaseResult(case.result).label))}


def _steps(case: Case) -> list[Step]:
    if not case.is_open and case.handled_at is None:  # it ended without being handled: say no more than that
        return [Step(STEPS[0], "done"), Step(STEPS[-1], "done")]
    at = _AT[case.state]
    marks: list[Literal["done", "now", "next"]] = [
        "done" if place < at else "now" if place == at else "next" for place in range(len(STEPS))
    ]
    return [Step(title, mark) for title, mark in zip(STEPS, marks, strict=True)]


def _tone(case: Case, due: Clock | None) -> Tone:
    if not case.is_open:
        return Tone.SUCCESS if case.result == CaseResult.SOLVED else Tone.NEUTRAL
    if due is not None and due.is_overdue(now()):
        return Tone.WARNING
    return Tone.INFO if case.state == CaseState.REPORTED else Tone.PROGRESS


def _since(case: Case, due: Clock | None) -> dt.datetime:
    """Since when it is where it is: a stage begins with its clock."""
    if case.closed_at is not None:
        return case.closed_at
    if due is not None:
        return due.paused_at or due.started_at
    return case.opened_at


def _entry(step: presentation.PublicStep, kept: Sequence[Attachment]) -> Entry:
    title = _(step.title)
    own = _photos([one for one in kept if one.file_id in step.files], title)
    return Entry(title, step.at, text=in_chinese(step.words), icon="done", tone=Tone.INFO, photos=own)


def _photos(kept: Sequence[Attachment], caption: str) -> list[Photo]:
    """Display copies alone: an original tells where and by what device it was taken."""
    return [
        Photo(links.url(one.file, "display"), links.url(one.file, "thumb"), caption)
        for one in kept
        if one.file.is_public
    ]
