"""The chain from a report to its published result."""

from __future__ import annotations

import pytest
from tests.city import City, centre_of

from linli.domains.cases import actions, queries
from linli.domains.cases.actions import NewReport
from linli.domains.cases.models import Case, CaseResult, CaseState, Task, TaskState
from linli.kernel.access.actor import PUBLIC, holder_of
from linli.kernel.clocks.models import Clock
from linli.kernel.journal.verify import verify
from linli.lib import numbers

GRID = "990101001001001"


def fire_lane(**more: object) -> NewReport:
    lng, lat = centre_of(GRID)
    return NewReport.model_validate(
        {"text": "柳湾花园北门消防通道被私家车堵塞，救护车进不来", "lng": lng, "lat": lat} | more
    )


def filed(**more: object) -> actions.Filed:
    return actions.report(PUBLIC, given=fire_lane(**more), channel="portal")


def test_a_report_becomes_a_case_with_grid_matter_clock_and_number(city: City) -> None:
    done = filed()
    case = Case.objects.get(pk=done.case.pk)
    assert case.area == GRID
    assert case.matter is not None
    assert "消防通道" in case.matter.name
    assert "消防通道" in case.matter_why
    assert case.holder_id == city.unit("柳湾街道综治中心")
    assert case.due_at is not None
    assert case.stage_due_at is not None
    assert numbers.checks(case.number)
    assert queries.tracked(done.secret)[0].pk == case.pk
    assert verify().problems == []


def test_the_whole_chain_ends_in_a_result_and_a_sound_journal(city: City) -> None:
    done = filed()
    pk = done.case.pk
    fire, urban = city.unit("东湖区消防救援大队"), city.unit("东湖区城市管理局")
    actions.move(
        city.actor("dispatcher"), case_id=pk, move="dispatch", given={"lead": fire, "assist": [urban]}
    )
    actions.move(city.actor("urban"), case_id=pk, move="finish", given={"opinion": "已拖离三辆车"})
    actions.move(city.actor("fire"), case_id=pk, move="handle", given={"opinion": "通道已畅通，已划线"})
    actions.move(city.actor("worker"), case_id=pk, move="verify", given={"opinion": "现场畅通"})
    case = actions.move(
        holder_of(pk, "reporter"), case_id=pk, move="answer", given={"solved": False, "reason": "又堵了"}
    )
    assert case.state == CaseState.HANDLING
    assert case.lead_task is not None
    actions.move(city.actor("fire"), case_id=pk, move="handle", given={"opinion": "加装隔离桩"})
    actions.move(city.actor("worker"), case_id=pk, move="verify")
    case = actions.move(holder_of(pk, "reporter"), case_id=pk, move="answer", given={"solved": True})
    assert (case.state, case.result) == (CaseState.CLOSED, CaseResult.SOLVED)
    assert not Clock.objects.filter(family="case", record_id=pk, stopped_at=None).exists()
    assert not Task.objects.filter(case_id=pk, state=TaskState.OPEN).exists()
    assert verify().problems == []


@pytest.mark.parametrize("text", ["12", "", "   "])
def test_refuses_a_report_that_says_nothing(city: City, text: str) -> None:
    with pytest.raises(ValueError, match="text"):
        fire_lane(text=text)
