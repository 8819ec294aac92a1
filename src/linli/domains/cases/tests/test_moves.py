"""Every move: it works and is on record; where it is refused, with which reason."""

from __future__ import annotations

from typing import Any

import pytest
from tests.city import City

from linli.domains.cases import actions, queries
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseResult, CaseState, Report, Task, TaskState
from linli.domains.cases.presentation import public_steps
from linli.domains.cases.tests.steps import (
    CENTRE,
    COMMITTEE,
    DISTRICT_CENTRE,
    FAR_GRID,
    FIRE,
    GRID,
    POLICE,
    URBAN,
    closed,
    dispatched,
    filed,
    go,
    handled,
    new_report,
    told,
    verified,
)
from linli.domains.matters.errors import NotAdmitted
from linli.domains.matters.models import RefusedDemand
from linli.kernel.access.actor import PUBLIC, SYSTEM, holder_of
from linli.kernel.clocks.models import Clock
from linli.kernel.flow.perform import parse
from linli.kernel.journal import queries as journal
from linli.kernel.journal.verify import verify
from linli.lib.errors import Invalid, NotAllowed, NotFound, WrongState


def last_entry(case: Case) -> Any:
    return journal.chain(case.pk)[-1][0]


# The usual way ---------------------------------------------------------------------------------------------


def test_accepting_starts_the_time_for_dispatching(city: City) -> None:
    case = go(city.actor("dispatcher"), filed(), "accept")
    assert (case.state, last_entry(case).move) == ("accepted", "accept")
    running = set(Clock.objects.filter(record_id=case.pk, stopped_at=None).values_list("name", flat=True))
    assert running == {"overall", "dispatch"}


def test_dispatching_gives_everybody_a_task_a_clock_and_a_notice(city: City) -> None:
    case = dispatched(city, assist=(URBAN, POLICE))
    fire, urban, police = (city.unit(name) for name in (FIRE, URBAN, POLICE))
    tasks = set(Task.objects.filter(case=case).values_list("unit_id", "kind", "state"))
    assert tasks == {(fire, "lead", "open"), (urban, "assist", "open"), (police, "assist", "open")}
    assert (case.holder_id, case.lead_id, case.matter_confirmed) == (fire, fire, True)
    assert {fire, urban, police} <= set(case.units)
    assert {("case.task", fire), ("case.task", urban), ("case.task", police)} <= told(case)
    assert last_entry(case).facts["lead"] == fire
    assert Task.objects.filter(case=case, due_at=None).count() == 0


def test_an_assisting_unit_finishes_or_hands_back_and_the_case_goes_on(city: City) -> None:
    case = dispatched(city, assist=(URBAN, POLICE))
    case = go(city.actor("urban"), case, "finish", opinion="已拖车")
    case = go(city.actor("police"), case, "hand_back", reason="无警情")
    assert (case.state, case.hand_backs) == ("handling", 0)
    assert {("case.assist_done", city.unit(FIRE)), ("case.handed_back", city.unit(CENTRE))} <= told(case)
    assert handled(city, case).state == "handled"


def test_the_centre_asks_more_units_to_help_while_a_unit_handles(city: City) -> None:
    case = dispatched(city)
    case = go(city.actor("dispatcher"), case, "assist", units=[city.unit(URBAN)])
    assert Task.objects.filter(case=case, kind="assist", state="open").count() == 1
    with pytest.raises(Invalid, match="已在办理此件"):
        go(city.actor("dispatcher"), case, "assist", units=[city.unit(URBAN)])


def test_the_lead_waits_for_those_who_assist_or_says_that_it_does_not(city: City) -> None:
    case = dispatched(city, assist=(URBAN,))
    with pytest.raises(Invalid) as refusal:
        go(city.actor("fire"), case, "handle", opinion="完成了")
    assert list(refusal.value.fields) == ["without_assists"]
    assert "城市管理局" in refusal.value.message
    case = go(city.actor("fire"), case, "handle", opinion="完成了", without_assists=True)
    assert set(Task.objects.filter(case=case).values_list("kind", "state")) == {
        ("lead", "done"),
        ("assist", "cancelled"),
    }
    assert ("case.handled", city.unit(CENTRE)) in told(case)


def test_nobody_verifies_what_they_handled_themselves(city: City) -> None:
    case = handled(city, dispatched(city))
    with pytest.raises(NotAllowed):
        go(city.actor("fire"), case, "verify")
    case = go(city.actor("worker"), case, "send_back", reason="仍有车辆")
    assert (case.state, case.lead_id, case.handled_at) == ("handling", city.unit(FIRE), None)
    assert ("case.sent_back", city.unit(FIRE)) in told(case)
    assert verified(city, handled(city, case)).state == "verified"


def test_closing_states_a_result(city: City) -> None:
    case = go(city.actor("dispatcher"), verified(city), "close", result="solved", opinion="已解决")
    assert (case.state, case.result, case.statement) == ("closed", "solved", "已解决")
    assert case.closed_at is not None
    assert not Clock.objects.filter(record_id=case.pk, stopped_at=None).exists()


def test_what_was_never_handled_is_not_closed_as_solved(city: City) -> None:
    case = go(city.actor("dispatcher"), filed(), "accept")
    with pytest.raises(Invalid) as refusal:
        go(city.actor("dispatcher"), case, "close", result="solved", opinion="好了")
    assert list(refusal.value.fields) == ["result"]
    assert (
        go(city.actor("dispatcher"), case, "close", result="explained", opinion="已解释").result
        == "explained"
    )


def test_the_reporter_is_told_where_to_go_instead(city: City) -> None:
    case = go(city.actor("dispatcher"), filed(), "return", reason="属于铁路部门", go_to="铁路热线 12306")
    assert (case.state, case.result) == ("closed", CaseResult.NOT_IN_COMPETENCE)
    assert "12306" in case.statement


def test_a_reporter_takes_back_what_nobody_has_begun(city: City) -> None:
    case = filed()
    case = go(holder_of(case.pk, "reporter"), case, "withdraw")
    assert (case.state, case.result) == ("closed", "withdrawn")
    assert not Clock.objects.filter(record_id=case.pk, outcome="missed").exists()
    begun = dispatched(city)
    with pytest.raises(WrongState):
        go(holder_of(begun.pk, "reporter"), begun, "withdraw")


def test_words_to_colleagues_and_to_the_reporter(city: City) -> None:
    case = go(city.actor("worker"), filed(), "comment", opinion="内部看法")
    case = go(city.actor("worker"), case, "note", opinion="我们到现场了")
    words = [step.words for step in public_steps(case, Report.objects.get(case=case))]
    assert "我们到现场了" in words
    assert "内部看法" not in words
    assert [remark.public for _, remark in journal.chain(case.pk) if remark] == [False, True]


def test_what_one_reporter_answers_is_not_read_by_the_others(city: City) -> None:
    case = filed()
    other = actions.join(PUBLIC, number=case.number, given=new_report(), channel="portal").report
    case = verified(city, handled(city, dispatched(city, case)))
    mine = Report.objects.get(first_case=case.pk, pk__lt=other.pk)
    reason = "住在三号楼的老李家门口还堵着"
    case = go(holder_of(case.pk, "reporter"), case, "answer", solved=False, reason=reason, report=mine.pk)
    words = {report.pk: [step.words for step in public_steps(case, report)] for report in (mine, other)}
    assert reason in words[mine.pk]
    assert not any("老李" in said for said in (*words[other.pk], case.statement))


# Handing back, escalating ----------------------------------------------------------------------------------


def test_after_two_hand_backs_the_centres_choice_is_final(city: City) -> None:
    case = filed()
    for count in (1, 2):
        case = go(city.actor("fire"), dispatched(city, case), "hand_back", reason="不属本单位职责")
        assert (case.state, case.hand_backs, case.lead_id) == ("accepted", count, None)
        assert case.holder_id == city.unit(CENTRE)
    case = dispatched(city, case)
    assert last_entry(case).facts["final"] is True
    with pytest.raises(WrongState, match="已退回 2 次，由综治中心裁定主办单位，不能再退回"):
        go(city.actor("fire"), case, "hand_back", reason="还是不想办")
    (offer,) = [
        o
        for o in queries.may_do(city.actor("fire"), queries.detail(city.actor("fire"), case.number))
        if o.move.name == "hand_back"
    ]
    assert offer.refused is not None
    case = go(city.actor("worker"), handled(city, case), "send_back", reason="没办好")
    with pytest.raises(WrongState, match="不能再退回"):
        go(city.actor("fire"), case, "hand_back", reason="还是不想办")


def test_the_street_calls_the_district_which_dispatches_or_gives_it_back(city: City) -> None:
    case = go(city.actor("dispatcher"), filed(), "escalate", reason="需要区里协调")
    assert (case.state, case.holder_id) == ("accepted", city.unit(DISTRICT_CENTRE))
    assert ("case.centre", city.unit(DISTRICT_CENTRE)) in told(case)
    with pytest.raises(NotAllowed):
        go(city.actor("dispatcher"), case, "dispatch", lead=city.unit(FIRE))
    district = city.actor("district_dispatcher")
    with pytest.raises(Invalid) as refusal:
        go(district, case, "pass_down", unit=city.unit("石桥街道综治中心"))
    assert list(refusal.value.fields) == ["unit"]
    case = go(district, case, "pass_down", unit=city.unit(CENTRE))
    assert case.holder_id == city.unit(CENTRE)
    case = go(city.actor("dispatcher"), case, "escalate", reason="还是需要")
    assert go(district, case, "dispatch", lead=city.unit(FIRE)).state == "handling"


def test_what_the_district_dispatched_comes_back_to_the_district(city: City) -> None:
    district = city.actor("district_dispatcher")
    case = go(city.actor("fire"), dispatched(city), "hand_back", reason="不属本单位职责")
    assert case.holder_id == city.unit(CENTRE)
    case = go(city.actor("dispatcher"), case, "escalate", reason="需要区里协调")
    case = go(district, case, "dispatch", lead=city.unit(FIRE), assist=[city.unit(URBAN)])
    case = go(city.actor("urban"), case, "hand_back", reason="无法协助")
    assert ("case.handed_back", city.unit(DISTRICT_CENTRE)) in told(case)
    case = go(city.actor("worker"), handled(city, case), "send_back", reason="没办好")
    case = go(city.actor("fire"), case, "ask_suspension", reason="等待鉴定")
    assert ("case.request", city.unit(DISTRICT_CENTRE)) in told(case)
    case = go(city.actor("fire"), case, "hand_back", reason="不属本单位职责")
    assert (case.state, case.holder_id, case.hand_backs) == ("accepted", city.unit(DISTRICT_CENTRE), 2)
    with pytest.raises(NotAllowed):
        go(city.actor("dispatcher"), case, "dispatch", lead=city.unit(FIRE))
    case = go(district, case, "dispatch", lead=city.unit(FIRE))
    with pytest.raises(WrongState, match="不能再退回"):
        go(city.actor("fire"), case, "hand_back", reason="还是不想办")


def test_a_task_from_a_centre_that_is_no_more_comes_back_to_the_places_own(city: City) -> None:
    case = go(city.actor("dispatcher"), filed(), "escalate", reason="需要区里协调")
    case = go(city.actor("district_dispatcher"), case, "dispatch", lead=city.unit(FIRE))
    Task.objects.filter(case=case).update(from_unit=None)
    case = go(city.actor("fire"), case, "hand_back", reason="不属本单位职责")
    assert case.holder_id == city.unit(CENTRE)


def test_above_the_city_there_is_nobody(city: City) -> None:
    case = go(city.actor("dispatcher"), filed(), "escalate", reason="需要区里")
    case = go(city.actor("district_dispatcher"), case, "escalate", reason="需要市里")
    assert case.holder_id == city.unit("市综治中心")
    with pytest.raises(WrongState, match="没有更高一级"):
        go(city.actor("city_dispatcher"), case, "escalate", reason="还要更高")


# What is on no list ----------------------------------------------------------------------------------------


def test_what_is_on_no_list_is_not_asked_of_a_committee_and_counts_against_who_asked(city: City) -> None:
    case = filed()
    asked = {"lead": str(city.unit(COMMITTEE)), "matter": "WG-SR-01"}
    with pytest.raises(NotAdmitted) as refusal:
        go(city.actor("dispatcher"), case, "dispatch", **asked)
    assert refusal.value.details["rule"] == "《条例》第二十四条"
    assert Case.objects.get(pk=case.pk).state == "reported"
    demand = RefusedDemand.objects.get()
    assert (demand.sender_id, demand.target_id, demand.area) == (
        city.unit(CENTRE),
        city.unit(COMMITTEE),
        GRID,
    )
    outcomes = actions.move_many(
        city.actor("dispatcher"), move="dispatch", cases=[(case.pk, None)], given=asked
    )
    assert isinstance(outcomes[0].refusal, NotAdmitted)
    assert RefusedDemand.objects.count() == 2


def test_what_is_on_the_list_may_be_asked(city: City) -> None:
    case = go(city.actor("dispatcher"), filed(), "dispatch", lead=city.unit(COMMITTEE), matter="WG-AQ-01")
    assert case.lead_id == city.unit(COMMITTEE)


def test_without_a_matter_nothing_is_dispatched(city: City) -> None:
    case = filed(text="这里有一件说不清楚的怪事情")
    assert case.matter_id is None
    with pytest.raises(WrongState, match="尚未认定事项"):
        go(city.actor("dispatcher"), case, "dispatch", lead=city.unit(FIRE))


def test_classifying_moves_the_case_and_its_parts_within_the_district(city: City) -> None:
    case = go(
        city.actor("dispatcher"),
        filed(),
        "classify",
        matter="WG-SR-01",
        area="990101002001001",
        urgency="urgent",
    )
    assert (case.area, case.township, case.urgency) == ("990101002001001", "990101002", "urgent")
    assert case.holder_id == city.unit("石桥街道综治中心")
    assert set(Clock.objects.filter(record_id=case.pk, stopped_at=None).values_list("area", flat=True)) == {
        case.area
    }
    assert verify().sound
    with pytest.raises(Invalid) as refusal:
        go(city.actor("other_dispatcher"), case, "classify", matter="WG-SR-01", area=FAR_GRID)
    assert list(refusal.value.fields) == ["area"]


# Answering -------------------------------------------------------------------------------------------------


def test_a_closed_case_is_taken_up_again_by_who_may(city: City) -> None:
    case = closed(city)
    with pytest.raises(NotAllowed):
        go(city.actor("worker"), case, "reopen", reason="又坏了")
    case = go(city.actor("dispatcher"), case, "reopen", reason="又坏了")
    assert (case.state, case.result, case.reopened, case.lead_id) == ("accepted", None, 1, None)
    assert verify().sound


# Refusals common to all ------------------------------------------------------------------------------------


def build(city: City, state: str) -> Case:
    """A case in any state."""
    makers = {
        "reported": filed,
        "accepted": lambda: go(city.actor("dispatcher"), filed(), "accept"),
        "handling": lambda: dispatched(city),
        "handled": lambda: handled(city),
        "verified": lambda: verified(city),
        "closed": lambda: closed(city),
    }
    if state == "suspended":
        case = go(city.actor("fire"), dispatched(city), "ask_suspension", reason="等待鉴定")
        return go(city.actor("dispatcher"), case, "approve")
    return makers[state]()


@pytest.mark.parametrize("state", CaseState.values)
def test_a_move_is_refused_where_it_does_not_start_and_writes_nothing(city: City, state: str) -> None:
    case = build(city, state)
    assert case.state == state
    before = (Case.objects.values().get(pk=case.pk), len(journal.chain(case.pk)))
    for name, move in flow.moves.items():
        if state in move.start:
            continue
        with pytest.raises((WrongState, NotFound)):
            go(city.actor("dispatcher"), case, name)
        with pytest.raises(WrongState) as refusal:
            go(SYSTEM, case, name)
        assert refusal.value.details["state"] == state
    assert (Case.objects.values().get(pk=case.pk), len(journal.chain(case.pk))) == before


@pytest.mark.parametrize("name", flow.moves)
def test_the_public_makes_no_move(city: City, name: str) -> None:
    case = build(city, sorted(flow.moves[name].start)[0])
    with pytest.raises(NotFound):
        go(PUBLIC, case, name)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "return": ({"reason": "不", "go_to": ""}, "reason"),
    "classify": ({}, "matter"),
    "dispatch": ({"lead": "某局"}, "lead"),
    "assist": ({"units": []}, "units"),
    "escalate": ({"reason": " "}, "reason"),
    "pass_down": ({}, "unit"),
    "hand_back": ({"reason": ""}, "reason"),
    "handle": ({"opinion": ""}, "opinion"),
    "finish": ({}, "opinion"),
    "ask_suspension": ({"reason": 3}, "reason"),
    "ask_extension": ({"amount": 0, "reason": "等一等"}, "amount"),
    "close": ({"result": "withdrawn", "opinion": "好的"}, "result"),
    "send_back": ({}, "reason"),
    "answer": ({"solved": "也许"}, "solved"),
    "reopen": ({}, "reason"),
    "merge": ({"into": "123"}, "into"),
    "unmerge": ({"reason": ""}, "reason"),
    "split": ({"parts": [], "reason": "多件事"}, "parts"),
    "comment": ({"opinion": "长" * 2001}, "opinion"),
    "note": ({"opinion": ""}, "opinion"),
    "supplement": ({"text": "又堵了"}, "report"),
    "supervise": ({"unit": 1, "opinion": "快办", "reply_within": 241}, "reply_within"),
    "reply": ({}, "opinion"),
    "join": ({"text": "短", "lng": 110, "lat": 30}, "text"),
    "accept": ({"colour": "red"}, "colour"),
}


def take(city: City, name: str, given: dict[str, Any]) -> None:
    """Let the declaration look at the input, and what passes it, the move itself."""
    parse(flow.moves[name], given)
    go(city.actor("dispatcher"), filed(), name, **given)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_refused_in_chinese_by_field(city: City, name: str) -> None:
    given, field = WRONG[name]
    with pytest.raises(Invalid) as refusal:
        take(city, name, given)
    assert field in refusal.value.fields
    assert any("\u4e00" <= letter <= "\u9fff" for letter in refusal.value.fields[field])


def test_every_open_task_ends_with_its_case(city: City) -> None:
    case = closed(city, verified(city, handled(city, dispatched(city))))
    assert not Task.objects.filter(case=case, state=TaskState.OPEN).exists()
