"""Loading what belongs to cases: five queries for any number of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from linli.domains.cases.models import Case, Report, Request, RequestState, Supervision, Task
from linli.kernel.clocks.models import Clock


def load_parts(cases: list[Case]) -> None:
    """Hang tasks, clocks, reports, the pending request and supervisions on the cases."""
    ids = [case.pk for case in cases]
    tasks = _by_case(Task.objects.filter(case_id__in=ids).order_by("id"), "case_id")
    clocks = _by_case(Clock.objects.filter(family=Case.family, record_id__in=ids).order_by("id"), "record_id")
    reports = _by_case(Report.objects.filter(case_id__in=ids).order_by("id"), "case_id")
    requests = _by_case(
        Request.objects.filter(case_id__in=ids, state=RequestState.PENDING).order_by("id"), "case_id"
    )
    notices = _by_case(Supervision.objects.filter(case_id__in=ids).order_by("id"), "case_id")
    for case in cases:
        case.tasks = tasks[case.pk]
        case.clocks = clocks[case.pk]
        case.report_list = reports[case.pk]
        case.pending_request = next(iter(requests[case.pk]), None)
        case.supervision_list = notices[case.pk]


def _by_case(rows: Iterable[Any], key: str) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found
