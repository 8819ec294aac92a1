"""What happens when a clock of a case runs low or out."""

from __future__ import annotations

from collections.abc import Sequence

from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseResult, CaseState
from linli.domains.cases.stages import TITLES
from linli.kernel.access.actor import SYSTEM
from linli.kernel.clocks.firing import Due, on_due_soon, on_overdue
from linli.kernel.clocks.models import CalendarRevision
from linli.kernel.clocks.revising import Shift, on_shifted
from linli.kernel.flow.perform import perform_many
from linli.kernel.notices import actions as notices
from linli.kernel.records.changes import Changes
from linli.lib.time import now


@on_due_soon(Case.family)
def warn(clocks: Sequence[Due]) -> None:
    """Tell the unit that must act while there is still time; its head is not told, nobody is ranked."""
    _tell(clocks, "case.soon", "即将到期")


@on_overdue(Case.family)
def overdue(clocks: Sequence[Due]) -> None:
    """Tell the handling unit first; close what its reporter has not answered in time."""
    _tell([c for c in clocks if c.name != "answer"], "case.overdue", "已超期")
    unanswered = [c.record_id for c in clocks if c.name == "answer"]
    if unanswered:
        perform_many(
            SYSTEM,
            flow=flow,
            move="close",
            records=[(pk, None) for pk in unanswered],
            given={
                "result": CaseResult.SOLVED,
                "opinion": "经核查已解决；上报人未在期限内反馈，按核查结果结案",
            },
        )


@on_shifted(Case.family)
def follow_calendar(revision: CalendarRevision, shifts: Sequence[Shift]) -> None:
    """Due times that lists show and sort by go with the clocks that a revision moved; each case tells why."""
    moved = dict.fromkeys(shift.clock.record_id for shift in shifts)
    perform_many(
        SYSTEM,
        flow=flow,
        move="follow_calendar",
        records=[(pk, None) for pk in moved],
        given={"reason": f"工作日历改动：{revision.reason}"},
    )


def _tell(clocks: Sequence[Due], kind: str, words: str) -> None:
    open_ = Case.objects.filter(pk__in=[clock.record_id for clock in clocks]).exclude(state=CaseState.CLOSED)
    columns = ("pk", "title", "number", "district", "holder_id")
    cases = {case.pk: case for case in open_.values_list(*columns, named=True)}
    changes, at = Changes(), now()
    for clock in clocks:
        case = cases.get(clock.record_id)
        unit = clock.unit_id or (case.holder_id if case else None)
        if case is not None and unit is not None:
            notices.tell(
                changes,
                kind=kind,
                title=f"{TITLES[clock.name]}{words}：{case.title}",
                record=(Case.family, clock.record_id),
                district=case.district,
                units=[unit],
                number=case.number,
                at=at,
            )
    changes.write()
