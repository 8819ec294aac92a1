"""Random walks over the flow: whoever does whatever, with right and wrong input, what must hold holds."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.city import City

from linli.domains.cases import actions, queries
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseState, Report, Request, Supervision, Task
from linli.domains.cases.parts import load_parts
from linli.domains.cases.stages import OVERALL, STAGES, SUPERVISION
from linli.domains.cases.tests.steps import COMMITTEE, FIRE, POLICE, URBAN, new_report
from linli.kernel.access.actor import PUBLIC, Actor, holder_of
from linli.kernel.clocks.firing import fire
from linli.kernel.clocks.models import Clock
from linli.kernel.clocks.queries import calendars
from linli.kernel.clocks.timing import remaining, timing_of, total, used
from linli.kernel.journal.models import Entry, Remark
from linli.kernel.journal.verify import verify
from linli.kernel.notices.models import Notice
from linli.lib import numbers
from linli.lib.errors import Refusal
from linli.lib.time import at

BEGIN = dt.datetime(2026, 2, 10, 1, 30, tzinfo=dt.UTC)
"""Before the Spring Festival, so that walks cross rest days and make-up days."""
GRIDS = ["990101001001001", "990101001001002", "990101002001001", "990102101001001"]
PEOPLE = [
    *("dispatcher", "other_dispatcher", "district_dispatcher", "city_dispatcher", "far_dispatcher", "head"),
    *("worker", "committee", "fire", "urban", "police", "supervisor", "leader", "system_admin"),
]
UNITS = [
    FIRE,
    URBAN,
    POLICE,
    COMMITTEE,
    "柳湾街道综治中心",
    "东湖区综治中心",
    "市综治中心",
    "西山区城市管理局",
]
MATTERS = ["WG-SR-01", "WG-AQ-01", "WG-BJ-01", "WG-JM-05", "LZ07", "NONE"]
WORDS = st.sampled_from(["已经处理完毕", "不属本单位职责", "请再看看", "", "长" * 2001, "含\x00空字符"])
EXAMPLES = int(os.environ.get("LINLI_WALKS", "25"))


class Walk(RuleBasedStateMachine):
    """People who know a few cases and act on them as time goes by."""

    def __init__(self, city: City) -> None:
        super().__init__()
        self.city, self.now = city, BEGIN
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.units = [city.unit(name) for name in UNITS]
        self.left: dict[int, tuple[int, int, dt.datetime | None]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.report(GRIDS[0])

    # Rules ---------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([0.01, 1, 3, 9, 26, 70, 200]))
    def time_goes_by(self, hours: float) -> None:
        self.now += dt.timedelta(hours=hours)

    @rule(grid=st.sampled_from(GRIDS))
    def report(self, grid: str) -> None:
        with at(self.now):
            actions.report(PUBLIC, given=new_report(grid), channel="portal")

    @rule(data=st.data(), name=st.sampled_from(list(flow.moves)), who=st.sampled_from([*PEOPLE, "reporter"]))
    def somebody_tries(self, data: st.DataObject, name: str, who: str) -> None:
        case = data.draw(st.sampled_from(self.cases()), label="case")
        self.attempt(data, self.actor(who, case), case, name)

    @precondition(lambda self: Case.objects.exists())
    @rule(data=st.data(), who=st.sampled_from([*PEOPLE, "reporter"]))
    def somebody_does_what_is_offered(self, data: st.DataObject, who: str) -> None:
        case = data.draw(st.sampled_from(self.cases()), label="case")
        actor = self.actor(who, case)
        load_parts([case])
        offered = [offer.move.name for offer in queries.may_do(actor, case) if offer.refused is None]
        if offered:
            self.attempt(data, actor, case, data.draw(st.sampled_from(offered), label="offered"))

    @rule(data=st.data())
    def the_case_goes_on(self, data: st.DataObject) -> None:
        """The platform itself may do everything: this gets walks far."""
        case = data.draw(st.sampled_from(self.cases()), label="case")
        who = {
            "reported": ("dispatcher", ["accept", "dispatch", "merge", "split", "classify"]),
            "accepted": ("dispatcher", ["dispatch", "escalate", "merge", "split"]),
            "handling": (self.lead(case), ["handle", "hand_back", "ask_suspension", "ask_extension"]),
            "handled": ("worker", ["verify", "send_back"]),
            "verified": ("reporter", ["answer"]),
            "suspended": ("dispatcher", ["resume"]),
            "closed": ("dispatcher", ["reopen", "unmerge"]),
        }
        word, names = who[case.state]
        self.attempt(data, self.actor(word, case), case, data.draw(st.sampled_from(names), label="move"))

    @rule(move=st.sampled_from(["approve", "refuse"]))
    def the_centre_decides(self, move: str) -> None:
        for case in self.cases():
            if Request.objects.filter(case=case, state="pending").exists():
                with at(self.now):
                    self.perform(self.city.actor("district_dispatcher"), case, move, {})

    @rule()
    def the_clocks_are_looked_at(self) -> None:
        with at(self.now):
            fire()
            assert fire() == type(fire())(0, 0), "nothing fires twice"
            before = Notice.objects.count()
            fire()
            assert Notice.objects.count() == before

    # Doing ---------------------------------------------------------------------------------------------

    def cases(self) -> list[Case]:
        return list(Case.objects.order_by("pk"))

    def lead(self, case: Case) -> str:
        by_unit = {
            self.city.unit(name): word
            for name, word in ((FIRE, "fire"), (URBAN, "urban"), (POLICE, "police"))
        }
        return by_unit.get(case.lead_id or 0, "committee")

    def actor(self, who: str, case: Case) -> Actor:
        return holder_of(case.pk, "reporter") if who == "reporter" else self.city.actor(who)

    def attempt(self, data: st.DataObject, actor: Actor, case: Case, name: str) -> None:
        with at(self.now):
            self.perform(actor, case, name, self.given(data, name), self.version(data, case))

    def version(self, data: st.DataObject, case: Case) -> int | None:
        return data.draw(st.sampled_from([None, None, case.version, case.version - 1]), label="version")

    def given(self, data: st.DataObject, name: str) -> dict[str, Any]:
        """What the move's declaration asks for: mostly plausible, sometimes not."""
        some = data.draw(
            st.fixed_dictionaries(
                {field: self.values(field) for field in flow.moves[name].given.model_fields}
            )
        )
        return {field: value for field, value in some.items() if value is not None}

    def values(self, field: str) -> st.SearchStrategy[Any]:
        units = st.sampled_from([*self.units[:4], *self.units, 0, -5])
        known: dict[str, st.SearchStrategy[Any]] = {
            "lead": units,
            "unit": units,
            "suggest": st.none() | units,
            "assist": st.none() | st.lists(units, max_size=3),
            "units": st.lists(units, max_size=2),
            "matter": st.sampled_from([*MATTERS, "WG-AQ-01", None]),
            "urgency": st.sampled_from([None, None, "urgent", "very_urgent", "normal", "soon"]),
            "area": st.sampled_from([None, None, *GRIDS, "990101001", "123"]),
            "result": st.sampled_from(["solved", "explained", "unfounded", "duplicate"]),
            "amount": st.integers(0, 5),
            "measure": st.sampled_from(["work_hours", "work_days", "hours", "days"]),
            "reply_within": st.sampled_from([None, 1, 8, 241]),
            "solved": st.booleans(),
            "without_assists": st.sampled_from([True, True, False]),
            "into": st.sampled_from([*Case.objects.values_list("number", flat=True), "123"]),
            "parts": st.lists(st.just({"text": "旁边还有一堆建筑垃圾"}), max_size=2),
            "go_to": st.sampled_from(["铁路热线", ""]),
            "lng": st.just(110.005),
            "lat": st.just(30.005),
            "text": st.sampled_from(["同样的问题我也看到了", "短"]),
        }
        if field == "report":
            return st.sampled_from([*Report.objects.values_list("pk", flat=True), 0])
        if field in ("files", "contact", "client_id", "source_number", "address", "channel"):
            return st.none()
        return known.get(field, WORDS | st.just("已经处理完毕"))

    def perform(
        self, actor: Actor, case: Case, name: str, given: dict[str, Any], version: int | None = None
    ) -> None:
        """A move, or a refusal that has written nothing."""
        before = self.picture()
        try:
            actions.move(actor, case_id=case.pk, move=name, given=given, version=version)
        except Refusal:
            assert self.picture() == before, "a refusal leaves nothing half-written"

    def picture(self) -> list[Any]:
        rows = [
            list(model.objects.order_by("pk").values())
            for model in (Case, Task, Report, Request, Supervision)
        ]
        clocks = list(Clock.objects.order_by("pk").values())
        return [rows, clocks, Entry.objects.count(), Remark.objects.count(), Notice.objects.count()]

    # What must hold ------------------------------------------------------------------------------------

    @invariant()
    def every_chain_is_sound(self) -> None:
        assert verify().problems == []

    @invariant()
    def every_case_is_in_order(self) -> None:
        cases = self.cases()
        load_parts(cases)
        assert len({case.number for case in cases}) == len(cases)
        for case in cases:
            self.check_case(case)
            self.check_clocks(case)

    def check_case(self, case: Case) -> None:
        open_tasks = [task for task in case.tasks if task.state == "open"]
        leads = [task for task in open_tasks if task.kind == "lead"]
        is_with_lead = case.state in (CaseState.HANDLING, CaseState.SUSPENDED)
        assert len(leads) == int(is_with_lead)
        assert is_with_lead or not open_tasks
        if leads:
            assert case.lead_id == leads[0].unit_id == case.holder_id
        assert numbers.checks(case.number)
        entries = list(Entry.objects.filter(record_id=case.pk).order_by("seq"))
        assert case.version == len(entries)
        assert entries[-1].state == case.state
        assert case.pending_request is None or case.state == CaseState.HANDLING
        assert case.supervised == any(notice.replied_at is None for notice in case.supervision_list)
        assert case.holder_id is not None
        assert {task.unit_id for task in case.tasks} | {case.holder_id} <= set(case.units)
        assert case.merged_into_id or case.reports_count == len(case.report_list)
        assert not case.merged_into_id or not case.report_list
        assert all(row.area == case.area for row in (*open_tasks, *case.report_list))

    def check_clocks(self, case: Case) -> None:
        on = [clock for clock in case.clocks if clock.stopped_at is None]
        of_stage = [clock for clock in on if clock.name in STAGES.values()]
        overall = [clock for clock in on if clock.name == OVERALL]
        if not case.is_open:
            assert not [clock for clock in on if clock.name != SUPERVISION]
            assert case.stage_due_at is None
        elif case.state == CaseState.SUSPENDED:
            assert [clock.name for clock in of_stage] == ["handle"]
            assert all(clock.is_paused for clock in (*of_stage, *overall))
            assert case.stage_due_at is None
        else:
            assert [clock.name for clock in of_stage] == [STAGES[CaseState(case.state)]]
            assert all(clock.is_running for clock in on)
            assert case.stage_due_at == of_stage[0].due_at
        assert len(overall) == int(case.is_open)
        assert not case.is_open or case.due_at == overall[0].due_at
        for task in case.tasks:
            clocks = [clock for clock in on if clock.task_id == task.pk]
            assert len(clocks) == int(task.state == "open")
            assert not clocks or clocks[0].due_at == task.due_at
        unanswered = {notice.pk for notice in case.supervision_list if notice.replied_at is None}
        assert {clock.task_id for clock in on if clock.name == SUPERVISION} <= unanswered
        for clock in case.clocks:
            self.check_sums(clock)

    def check_sums(self, clock: Clock) -> None:
        """Nothing is counted while a clock stands still, and never less than before while it runs."""
        spent, left = used(clock, self.now), remaining(clock, self.now)
        assert spent + left == total(clock)
        assert spent >= 0
        was = self.left.get(clock.pk)
        if was is not None:
            assert spent >= was[0]
            if clock.paused_at is not None and clock.paused_at == was[2]:
                assert (spent, total(clock)) == was[:2]
        if clock.is_running and not clock.is_overdue(self.now):
            assert timing_of(clock, calendars().of(clock.schedule)).due_at == clock.due_at
        self.left[clock.pk] = (spent, total(clock), clock.paused_at)


@pytest.mark.slow
def test_whatever_people_do_what_must_hold_holds(city: City) -> None:
    run_state_machine_as_test(
        lambda: Walk(city),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
