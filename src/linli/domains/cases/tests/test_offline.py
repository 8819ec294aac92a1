"""A batch of what a worker did without a connection."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.city import City, centre_of

from linli.domains.cases import offline
from linli.domains.cases.actions import Filed
from linli.domains.cases.models import Case, CaseState, Report
from linli.domains.cases.offline import Act
from linli.domains.cases.tests.steps import COMMITTEE, FAR_GRID, GRID, filed
from linli.domains.matters.models import RefusedDemand
from linli.kernel.access.actor import Actor
from linli.kernel.clocks.models import Clock
from linli.kernel.journal.models import Entry
from linli.kernel.journal.verify import verify
from linli.lib.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal, WrongState
from linli.lib.time import now

CLAIMED = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


def found(grid: str = GRID, **more: Any) -> dict[str, Any]:
    lng, lat = centre_of(grid)
    return {"text": "路灯不亮，晚上看不清路", "lng": lng, "lat": lat, **more}


def reported(**more: Any) -> Act:
    return Act("report", uuid4(), CLAIMED, found(**more))


def solved(grid: str = GRID) -> Act:
    return Act("solved", uuid4(), CLAIMED, found(grid, statement="当场处理好了"))


def moved(number: str = "", *, move: str = "comment", report: UUID | None = None, **given: Any) -> Act:
    given = given or {"opinion": "已到现场看过"}
    return Act("move", uuid4(), CLAIMED, given, move, number, report)


def done(outcome: Filed | Case | Refusal) -> Case:
    assert not isinstance(outcome, Refusal), outcome
    return outcome.case if isinstance(outcome, Filed) else outcome


def told(outcomes: Sequence[Filed | Case | Refusal]) -> list[str]:
    """What each act came to, in a form that can be compared."""
    return [o.code if isinstance(o, Refusal) else done(o).number for o in outcomes]


def test_each_act_is_done_and_answered_in_its_place(city: City) -> None:
    known, worker = filed(), city.actor("worker")
    first = reported()
    acts = [moved(known.number), first, solved(), moved(report=first.client_id), moved("26-0000 0010")]
    outcomes = offline.carry_out(worker, acts=acts)
    assert isinstance(outcomes[4], NotFound)
    cases = [done(outcome) for outcome in outcomes[:4]]
    assert cases[0].pk == known.pk
    assert cases[3].pk == cases[1].pk
    assert [case.state for case in cases] == [
        CaseState.REPORTED,
        CaseState.REPORTED,
        CaseState.CLOSED,
        CaseState.REPORTED,
    ]
    moves = Entry.objects.filter(record_id=cases[1].pk).order_by("seq").values_list("move", flat=True)
    assert list(moves) == ["report", "comment"]
    assert verify().problems == []


def test_the_devices_time_stands_beside_the_servers_and_moves_no_deadline(city: City) -> None:
    begun = now()
    outcomes = offline.carry_out(
        city.actor("worker"), acts=[reported(), replace(reported(), claimed_at=begun)]
    )
    entries = [Entry.objects.get(record_id=done(outcome).pk) for outcome in outcomes]
    assert entries[0].facts["claimed_at"] == "2026-03-02T17:30:00+08:00"
    assert all(entry.at >= begun for entry in entries)
    dues = [
        set(Clock.objects.filter(record_id=e.record_id).values_list("due_at", flat=True)) for e in entries
    ]
    assert dues[0] == dues[1]


@pytest.mark.parametrize("seed", range(6))
def test_a_batch_sent_again_whole_or_in_part_does_nothing_twice(city: City, seed: int) -> None:
    rng, worker, known = random.Random(seed), city.actor("worker"), filed()
    acts = [reported(), solved(), moved(known.number), reported()]
    acts += [moved(report=acts[0].client_id), moved(known.number), moved("2600000010"), reported(text="短")]
    sent = [acts[: rng.randrange(len(acts) + 1)], acts, acts[rng.randrange(len(acts)) :], [*acts, *acts]]
    answers: dict[UUID, set[str]] = {act.client_id: set() for act in acts}
    for batch in sent:
        for act, answer in zip(batch, told(offline.carry_out(worker, acts=batch)), strict=True):
            answers[act.client_id].add(answer)
    assert all(len(answer) == 1 for answer in answers.values()), answers
    assert Report.objects.filter(channel="patrol").count() == 3
    assert Entry.objects.filter(client_id__in=answers).count() == 6
    assert verify().problems == []


def test_a_repeated_report_gives_its_tracking_link_again_to_the_same_post_only(city: City) -> None:
    act = reported()
    (first,) = offline.carry_out(city.actor("worker"), acts=[act])
    (again,) = offline.carry_out(city.actor("worker"), acts=[act])
    assert isinstance(first, Filed)
    assert isinstance(again, Filed)
    assert (again.secret, again.repeated) == (first.secret, True)
    (other,) = offline.carry_out(city.actor("committee"), acts=[act])
    assert isinstance(other, Conflict)


def test_moves_on_one_case_are_made_in_the_order_given(city: City) -> None:
    cases, dispatcher = [filed(), filed()], city.actor("dispatcher")
    acts = []
    for words in ("第一条", "第二条", "第三条"):
        acts += [moved(case.number, opinion=words) for case in cases]
    acts.insert(2, moved(cases[0].number, move="accept", opinion="受理"))
    outcomes = [done(outcome) for outcome in offline.carry_out(dispatcher, acts=acts)]
    entries = Entry.objects.filter(record_id=cases[0].pk, seq__gt=1).order_by("seq")
    sent = [act.client_id for act in acts if act.number == cases[0].number]
    assert [entry.client_id for entry in entries] == sent
    assert [case.pk for case in outcomes] == [next(c.pk for c in cases if c.number == a.number) for a in acts]
    assert verify().problems == []


def test_a_wrong_act_is_answered_with_its_problem_and_hinders_no_other(city: City) -> None:
    known, far = filed(), filed(FAR_GRID)
    acts = [
        reported(text="短"),
        Act("report", uuid4(), CLAIMED, found() | {"lng": 1.0}),
        Act("report", uuid4(), CLAIMED, found() | {"lng": 111.0}),
        solved(FAR_GRID),
        moved(far.number),
        moved(known.number, move="accept"),
        moved(known.number, move="no_such_move"),
        moved(known.number, opinion=""),
        moved(report=uuid4()),
        reported(),
    ]
    outcomes = offline.carry_out(city.actor("worker"), acts=acts)
    kinds = [Invalid, Invalid, Invalid, NotAllowed, NotFound, NotAllowed, Invalid, Invalid, NotFound, Filed]
    assert [isinstance(o, kind) for o, kind in zip(outcomes, kinds, strict=True)] == [True] * 10, outcomes
    assert isinstance(outcomes[0], Invalid)
    assert set(outcomes[0].fields) == {"text"}
    assert Report.objects.filter(channel="patrol").count() == 1


def test_who_saw_an_older_version_is_told_how_the_case_stands(city: City) -> None:
    case = filed()
    acts = [
        replace(moved(case.number, move="accept", opinion="受理"), version=case.version),
        replace(moved(case.number, move="classify", matter="x"), version=case.version),
    ]
    first, second = offline.carry_out(city.actor("dispatcher"), acts=acts)
    assert done(first).state == CaseState.ACCEPTED
    assert isinstance(second, WrongState)
    assert second.details["version"] == case.version + 1


def test_a_demand_outside_the_lists_is_counted(city: City) -> None:
    case = filed()
    act = moved(case.number, move="dispatch", lead=city.unit(COMMITTEE), matter="WG-SR-01")
    (refusal,) = offline.carry_out(city.actor("dispatcher"), acts=[act])
    assert isinstance(refusal, Refusal)
    assert RefusedDemand.objects.count() == 1


def test_queries_do_not_grow_with_the_number_of_acts(city: City) -> None:
    worker, cases = city.actor("worker"), [filed() for _ in range(12)]

    def queries(many: int) -> int:
        acts = [act for case in cases[:many] for act in (reported(), solved(), moved(case.number))]
        with CaptureQueriesContext(connection) as captured:
            assert not any(isinstance(o, Refusal) for o in offline.carry_out(worker, acts=acts))
        return len(captured)

    queries(2)
    assert queries(12) <= queries(2) + 1  # ids may have to be fetched


def test_a_batch_has_a_limit(city: City) -> None:
    with pytest.raises(Invalid):
        offline.carry_out(city.actor("worker"), acts=[reported()] * (offline.MOST + 1))


def test_whoever_may_do_nothing_does_nothing(city: City) -> None:
    nobody: Actor = city.actor("audit_admin")
    case = filed()
    outcomes = offline.carry_out(nobody, acts=[reported(), solved(), moved(case.number)])
    assert [type(o) for o in outcomes[:2]] == [NotAllowed, NotAllowed]
    assert isinstance(outcomes[2], NotFound)
    assert Report.objects.count() == 1
