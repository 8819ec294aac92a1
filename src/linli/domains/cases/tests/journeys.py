"""Cases that live through random journeys: every move by somebody who may make it, at a clock of its own."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from tests.city import City, centre_of, grids

from linli.domains.cases import actions
from linli.domains.cases.actions import NewReport, SolvedOnTheSpot
from linli.domains.cases.models import Case, CaseState
from linli.kernel.access.actor import PUBLIC, Actor, holder_of
from linli.lib.errors import Refusal
from linli.lib.time import at

END = dt.datetime(2026, 6, 30, 4, 0, tzinfo=dt.UTC)
"""When the journeys end and figures are taken, where nobody signs in: posts are in force from today."""
DAYS = 45
TEXTS = ["柳湾花园北门消防通道被私家车堵塞", "路口路灯不亮，晚上看不清路", "小区门口垃圾堆放多日无人清运"]

Choice = tuple[str, str, dict[str, Any]]
"""Who, the move, and what is given with it."""


def live(city: City, number: int, seed: int, end: dt.datetime = END) -> None:
    """``number`` cases, reported and moved at random over ``DAYS`` days before ``end``."""
    chance = random.Random(seed)
    begun = end - dt.timedelta(days=DAYS)
    for _ in range(number):
        moment = begun + dt.timedelta(minutes=chance.randrange(DAYS * 24 * 60))
        pk = _report(city, chance, moment)
        for _ in range(chance.randrange(14)):
            moment += dt.timedelta(hours=chance.choice([0.2, 1, 5, 30, 120]))
            if moment >= end:
                break
            _step(city, chance, pk, moment)


def _report(city: City, chance: random.Random, moment: dt.datetime) -> int:
    lng, lat = centre_of(chance.choice(grids()))
    given = {"text": chance.choice(TEXTS), "lng": lng, "lat": lat}
    with at(moment):
        if chance.random() < 0.1:
            lng, lat = centre_of("990101001001001")
            solved = SolvedOnTheSpot.model_validate(
                given | {"lng": lng, "lat": lat, "statement": "当场清理", "matter": None}
            )
            return actions.solve_on_the_spot(city.actor("worker"), given=solved).case.pk
        return actions.report(PUBLIC, given=NewReport.model_validate(given), channel="portal").case.pk


def _step(city: City, chance: random.Random, pk: int, moment: dt.datetime) -> None:
    case = Case.objects.get(pk=pk)
    who, move, given = chance.choice(_choices(city, chance, case))
    actor: Actor = holder_of(pk, "reporter") if who == "reporter" else city.actor(who)
    with at(moment):
        try:
            actions.move(actor, case_id=pk, move=move, given=given)
        except Refusal:  # not everything that is tried may be done; the journal has only what was
            return


def _choices(city: City, chance: random.Random, case: Case) -> list[Choice]:
    centre = {"990101001": "dispatcher", "990101002": "other_dispatcher"}.get(case.township, "far_dispatcher")
    lead = "far_urban" if case.district == "990102" else "urban"
    unit = city.unit("西山区城市管理局" if lead == "far_urban" else "东湖区城市管理局")
    dispatch: Choice = (centre, "dispatch", {"lead": unit})
    into = Case.objects.filter(district=case.district).exclude(pk=case.pk).exclude(state="closed").first()
    merge: list[Choice] = [(centre, "merge", {"into": into.number, "reason": "同一问题"})] if into else []
    by_state: dict[str, list[Choice]] = {
        CaseState.REPORTED: [
            (centre, "accept", {}),
            (centre, "accept", {}),
            dispatch,
            dispatch,
            (centre, "return", {"reason": "不在职责内", "go_to": "供电公司95598"}),
            ("reporter", "withdraw", {}),
            *merge,
        ],
        CaseState.ACCEPTED: [
            dispatch,
            dispatch,
            (centre, "close", {"result": "explained", "opinion": "已说明"}),
        ],
        CaseState.HANDLING: [
            (lead, "handle", {"opinion": "已办理完毕"}),
            (lead, "handle", {"opinion": "已办理完毕"}),
            (lead, "hand_back", {"reason": "不属本单位职责"}),
            (lead, "ask_extension", {"reason": "等待施工", "amount": 2, "measure": "work_days"}),
            (lead, "ask_suspension", {"reason": "等待材料"}),
            (centre, "approve", {}),
        ],
        CaseState.SUSPENDED: [(centre, "resume", {}), (centre, "comment", {"opinion": "等待中"})],
        CaseState.HANDLED: [(centre, "verify", {}), (centre, "send_back", {"reason": "未见效果"})],
        CaseState.VERIFIED: [
            ("reporter", "answer", {"solved": chance.random() < 0.7, "reason": "见现场"}),
            (centre, "close", {"result": "solved", "opinion": "核查已解决"}),
        ],
        CaseState.CLOSED: [
            ("reporter", "answer", {"solved": False, "reason": "又出现了"}),
            ("reporter", "answer", {"solved": True}),
            (centre, "reopen", {"reason": "复查发现反复"}),
            (centre, "comment", {"opinion": "归档"}),
            (centre, "unmerge", {"reason": "不是同一问题"}),
        ],
    }
    return by_state[case.state]
