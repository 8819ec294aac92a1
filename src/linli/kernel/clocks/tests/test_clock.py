from __future__ import annotations

import datetime as dt

import orjson
import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from linli.kernel.clocks import actions
from linli.kernel.clocks.calendar import DAY, HOUR, Limit, Measure
from linli.kernel.clocks.errors import ClockNotPaused, ClockPaused, ClockStopped, LimitNotConvertible
from linli.kernel.clocks.models import Clock, Outcome
from linli.kernel.clocks.queries import calendars, running
from linli.kernel.clocks.tests.factories import days, hours, local, started
from linli.kernel.clocks.timing import remaining, used
from linli.kernel.records.changes import Changes
from linli.lib.time import LOCAL

pytestmark = pytest.mark.django_db

untimed = settings(deadline=None)

instants = st.integers(
    int(local("2026-01-01 00:00").timestamp()), int(local("2026-03-31 00:00").timestamp())
).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC))
limits = st.builds(Limit, st.integers(1, 30), st.sampled_from(Measure))
spans = st.integers(0, 40 * DAY).map(lambda seconds: dt.timedelta(seconds=seconds))
schedules = st.sampled_from(["office", "duty"])


def state(clock: Clock) -> dict[str, object]:
    return {k: v for k, v in vars(clock).items() if k not in {"_state", "id"}}


# One clock, written and read back


def test_a_started_clock_is_written_with_everything_that_it_counts_by() -> None:
    clock = started("2026-03-02 10:30", hours(4), write=True, unit=7, task=9, urgency="urgent")
    stored = Clock.objects.get(pk=clock.pk)
    assert state(stored) == state(clock)
    assert stored.due_at == local("2026-03-02 16:00")
    assert stored.soon_at == local("2026-03-02 15:00")
    assert (stored.unit_id, stored.task_id, stored.district) == (7, 9, "990101")


def test_the_facts_of_a_started_clock_are_plain_values() -> None:
    facts = actions.facts(started("2026-03-02 10:30", hours(4)), local("2026-03-02 10:30"))
    assert orjson.loads(orjson.dumps(facts)) == facts
    assert facts == [
        "handle",
        "4个工作时",
        "2026-03-02T16:00+08",
        {"provisional": True},
    ]  # no notice is loaded


def test_the_facts_of_a_clock_that_begins_with_a_past_tell_it() -> None:
    clock = started("2026-03-02 10:30", hours(4), cumulative=True, used=HOUR, extended=2 * HOUR)
    *_, more = actions.facts(clock, local("2026-03-02 11:00"))
    assert more["started"] == "2026-03-02T10:30+08"
    assert (more["used_before"], more["extended"]) == (HOUR, 2 * HOUR)


def test_the_facts_of_a_later_deed_tell_neither_limit_nor_due_time_again() -> None:
    clock = started("2026-03-02 10:30", hours(4))
    assert actions.stop(Changes(), clock, local("2026-03-02 11:30")) == ["handle", "met", HOUR]


def test_a_pause_holds_the_clock_and_its_resumption_moves_the_due_time() -> None:
    clock = started("2026-03-02 10:30", hours(4), write=True)
    plan = Changes()
    told = actions.pause(plan, clock, local("2026-03-02 11:00"))
    plan.write()
    assert told == ["handle", "paused", int(3.5 * HOUR)]
    clock.refresh_from_db()
    assert clock.is_paused
    plan = Changes()
    actions.resume(plan, clock, local("2026-03-04 09:00"))
    plan.write()
    clock.refresh_from_db()
    assert clock.is_running
    assert clock.due_at == local("2026-03-04 14:00")
    assert clock.paused_seconds == 46 * HOUR


def test_days_that_were_paused_are_added_and_the_period_still_ends_at_close() -> None:
    clock = started("2026-03-02 10:00", days(5))
    plan = Changes()
    actions.pause(plan, clock, local("2026-03-03 09:00"))
    actions.resume(plan, clock, local("2026-03-05 09:00"))
    assert clock.due_at == local("2026-03-11 17:30")


def test_an_extension_adds_to_the_due_time_and_keeps_its_source() -> None:
    clock = started("2026-03-02 10:30", hours(4))
    told = actions.extend(
        Changes(), clock, Limit(1, Measure.WORK_DAYS, "延期审批"), local("2026-03-02 15:00")
    )
    assert clock.due_at == local("2026-03-03 16:00")
    assert clock.extended_seconds == 7 * HOUR
    assert told[:5] == ["handle", "extended", "1个工作日", "2026-03-03T16:00+08", "延期审批"]
    assert "延长7个工作时" in actions.explanation(clock)


def test_an_extension_in_natural_time_of_a_working_time_clock_is_refused() -> None:
    clock = started("2026-03-02 10:30", hours(4))
    before = state(clock)
    with pytest.raises(LimitNotConvertible) as refused:
        actions.extend(Changes(), clock, Limit(1, Measure.DAYS), local("2026-03-02 15:00"))
    assert "limit" in refused.value.fields
    assert state(clock) == before


def test_an_overdue_clock_that_an_extension_brings_back_is_announced_anew() -> None:
    clock = started("2026-03-02 09:00", hours(2))
    clock.soon_fired_at = clock.overdue_fired_at = local("2026-03-02 11:01")
    actions.extend(Changes(), clock, hours(7), local("2026-03-02 14:00"))
    assert clock.due_at == local("2026-03-03 11:00")
    assert clock.soon_fired_at is None
    assert clock.overdue_fired_at is None


def test_an_extension_that_comes_too_late_leaves_the_due_time() -> None:
    clock = started("2026-03-02 09:00", hours(2))
    clock.overdue_fired_at = local("2026-03-02 11:01")
    actions.extend(Changes(), clock, hours(1), local("2026-03-03 14:00"))
    assert clock.due_at == local("2026-03-02 11:00")
    assert clock.overdue_fired_at is not None


def test_a_pause_does_not_undo_that_a_clock_is_overdue() -> None:
    for limit in (hours(7), days(1), Limit(1, Measure.DAYS), Limit(8, Measure.HOURS)):
        clock = started("2026-03-02 09:00", limit)
        due = clock.due_at
        actions.pause(Changes(), clock, due + dt.timedelta(minutes=30))
        actions.resume(Changes(), clock, due + dt.timedelta(days=3))
        assert clock.due_at == due
        assert clock.is_overdue(due + dt.timedelta(days=3))


@pytest.mark.parametrize(
    ("at", "outcome"), [("2026-03-02 16:00", Outcome.MET), ("2026-03-02 16:00:01", Outcome.MISSED)]
)
def test_a_clock_is_met_up_to_its_due_time(at: str, outcome: Outcome) -> None:
    clock = started("2026-03-02 10:30", hours(4), write=True)
    plan = Changes()
    told = actions.stop(plan, clock, local(at))
    plan.write()
    clock.refresh_from_db()
    assert clock.outcome == told[1] == outcome


def test_stopping_a_paused_clock_judges_it_by_the_pause() -> None:
    clock = started("2026-03-02 10:30", hours(4), write=True)
    plan = Changes()
    actions.pause(plan, clock, local("2026-03-02 11:30"))
    told = actions.stop(plan, clock, local("2026-03-20 11:30"))
    plan.write()
    clock.refresh_from_db()
    assert clock.outcome == Outcome.MET
    assert told[2] == used(clock, local("2026-04-01 00:00")) == HOUR
    assert not clock.is_overdue(local("2026-04-01 00:00"))


def test_a_cancelled_clock_has_no_verdict() -> None:
    clock = started("2026-03-02 10:30", hours(4))
    actions.cancel(Changes(), clock, local("2026-03-09 10:00"))
    assert clock.outcome == Outcome.CANCELLED


def test_a_restarted_single_clock_has_its_whole_limit_again() -> None:
    clock = started("2026-03-02 09:00", hours(4), write=True)
    plan = Changes()
    again = actions.restart(plan, clock, local("2026-03-03 09:00"))
    plan.write()
    assert Clock.objects.get(pk=clock.pk).outcome == Outcome.CANCELLED
    assert Clock.objects.get(pk=again.pk).due_at == local("2026-03-03 14:30")
    assert [c.pk for c in running("probe", [1])[1]] == [again.pk]


def test_a_restarted_cumulative_clock_goes_on_with_what_it_had_left() -> None:
    clock = started("2026-03-02 09:00", hours(4), cumulative=True)
    actions.extend(Changes(), clock, hours(2), local("2026-03-02 09:30"))
    actions.stop(Changes(), clock, local("2026-03-02 11:00"))
    again = actions.restart(Changes(), clock, local("2026-03-03 09:00"))
    assert again.due_at == local("2026-03-03 14:30")
    assert used(again, local("2026-03-03 10:00")) == 3 * HOUR
    with pytest.raises(LimitNotConvertible):
        actions.restart(Changes(), clock, local("2026-03-04 09:00"), days(1))


def test_a_cumulative_clock_without_anything_left_is_over_at_once() -> None:
    clock = started("2026-03-02 09:00", hours(4), cumulative=True, used=5 * HOUR)
    assert clock.is_overdue(local("2026-03-02 09:01"))


def test_moves_that_the_state_of_a_clock_excludes_are_refused() -> None:
    at = local("2026-03-02 11:00")
    clock = started("2026-03-02 10:30", hours(4))
    with pytest.raises(ClockNotPaused):
        actions.resume(Changes(), clock, at)
    actions.pause(Changes(), clock, at)
    with pytest.raises(ClockPaused):
        actions.pause(Changes(), clock, at)
    actions.stop(Changes(), clock, at)
    for refused in (actions.pause, actions.resume, actions.stop, actions.cancel):
        with pytest.raises(ClockStopped):
            refused(Changes(), clock, at)
    with pytest.raises(ClockStopped):
        actions.extend(Changes(), clock, hours(1), at)


@pytest.mark.parametrize(
    "values",
    [
        {"stopped_at": local("2026-03-03 09:00")},
        {"outcome": "met"},
        {"paused_at": local("2026-03-03 09:00")},
        {"remaining_seconds": 5},
        {"limit_amount": 0},
        {"limit_measure": "weeks"},
        {"soon_at": local("2027-01-01 09:00")},
        {"counted_from": local("2025-01-01 09:00")},
        {
            "stopped_at": local("2026-03-03 09:00"),
            "outcome": "met",
            "paused_at": local("2026-03-03 09:00"),
            "remaining_seconds": 1,
        },
    ],
)
def test_the_database_refuses_a_clock_that_makes_no_sense(values: dict[str, object]) -> None:
    clock = started("2026-03-02 10:30", hours(4), write=True)
    with pytest.raises(IntegrityError):
        Clock.objects.filter(pk=clock.pk).update(**values)


def test_starting_a_clock_asks_the_database_nothing() -> None:
    started("2026-03-02 10:30", hours(4))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for _ in range(20):
            started("2026-03-02 10:30", hours(4))
    assert len([q for q in asked if "nextval" not in q["sql"] and "edition" not in q["sql"]]) == 0


def test_the_clocks_of_many_records_come_with_one_query() -> None:
    for pk in range(1, 6):
        started("2026-03-02 10:30", hours(pk), write=True, pk=pk)
    started("2026-03-02 09:30", hours(1), write=True, pk=2)
    with CaptureQueriesContext(connection) as asked:
        found = running("probe", range(1, 8))
    assert len(asked) == 1
    assert [len(found[pk]) for pk in range(1, 8)] == [1, 2, 1, 1, 1, 0, 0]
    assert found[2][0].due_at < found[2][1].due_at


# What holds for every clock (no example writes anything)


@untimed
@given(instants, limits, schedules, spans)
def test_pausing_and_resuming_at_one_instant_changes_nothing(
    start: dt.datetime, limit: Limit, schedule: str, after: dt.timedelta
) -> None:
    clock = started(start, limit, schedule=schedule)
    due, soon, at = clock.due_at, clock.soon_at, start + after
    left = remaining(clock, at)
    actions.pause(Changes(), clock, at)
    actions.resume(Changes(), clock, at)
    assert clock.due_at == due
    assert clock.soon_at == soon
    assert remaining(clock, at) == left


@untimed
@given(
    instants, st.integers(1, 30), st.sampled_from([Measure.WORK_HOURS, Measure.WORK_DAYS]), spans, st.data()
)
def test_a_pause_outside_working_time_moves_no_working_time_clock(
    start: dt.datetime, amount: int, measure: Measure, after: dt.timedelta, data: st.DataObject
) -> None:
    calendar = calendars().of("office")
    clock = started(start, Limit(amount, measure))
    paused = start + after
    if calendar.is_working(paused):
        paused = paused.astimezone(LOCAL).replace(hour=17, minute=30, second=0).astimezone(dt.UTC)
    opening = calendar.advance(paused, 1) - dt.timedelta(seconds=1)
    resumed = paused + data.draw(st.integers(0, int((opening - paused).total_seconds()))) * dt.timedelta(
        seconds=1
    )
    due = clock.due_at
    actions.pause(Changes(), clock, paused)
    actions.resume(Changes(), clock, resumed)
    assert clock.due_at == due


deeds = st.lists(
    st.tuples(st.sampled_from(["pause", "resume", "extend"]), st.integers(0, 4 * DAY)), max_size=8
)


@untimed
@given(instants, limits, schedules, deeds)
def test_used_and_remaining_make_up_limit_and_extensions_at_every_instant(
    start: dt.datetime, limit: Limit, schedule: str, done: list[tuple[str, int]]
) -> None:
    clock = started(start, limit, schedule=schedule)
    calendar, measure = calendars().of(schedule), limit.measure
    counted, extended, last = 0, 0, clock.counted_from
    at = clock.started_at
    for deed, later in done:
        at += dt.timedelta(seconds=later)
        if clock.is_running and at > last:  # what has passed since is counted here by itself
            counted += calendar.progress(at, measure) - calendar.progress(last, measure)
        last = max(last, at)
        if deed == "pause" and clock.is_running:
            actions.pause(Changes(), clock, at)
        elif deed == "resume" and clock.is_paused:
            actions.resume(Changes(), clock, at)
        elif deed == "extend":
            actions.extend(Changes(), clock, Limit(1, measure), at)
            extended += measure.unit
        assert used(clock, at) == counted
        assert remaining(clock, at) == limit.seconds + extended - counted
        if clock.is_running and clock.due_at >= at:
            assert remaining(clock, clock.due_at) <= 0 or clock.due_at == at


@untimed
@given(instants, limits, schedules, spans, spans, st.integers(1, 20))
def test_the_order_of_extending_and_pausing_does_not_matter(
    start: dt.datetime,
    limit: Limit,
    schedule: str,
    after: dt.timedelta,
    pause: dt.timedelta,
    more: int,
) -> None:
    extension = Limit(more, limit.measure)
    paused, resumed = start + after, start + after + pause
    ends = []
    for order in ("extend pause resume", "pause extend resume", "pause resume extend"):
        clock = started(start, limit, schedule=schedule)
        at = {"pause": paused, "resume": resumed, "extend": paused}
        if order.endswith("extend"):
            at["extend"] = resumed
        for deed in order.split():
            if deed == "extend":
                actions.extend(Changes(), clock, extension, at[deed])
            elif deed == "pause":
                actions.pause(Changes(), clock, at[deed])
            else:
                actions.resume(Changes(), clock, at[deed])
        ends.append((clock.due_at, clock.provisional, remaining(clock, resumed)))
    assert ends[0] == ends[1] == ends[2]


@untimed
@given(instants, limits, schedules, spans, spans)
def test_a_pause_never_brings_the_due_time_forward(
    start: dt.datetime, limit: Limit, schedule: str, after: dt.timedelta, pause: dt.timedelta
) -> None:
    clock = started(start, limit, schedule=schedule)
    due = clock.due_at
    actions.pause(Changes(), clock, start + after)
    actions.resume(Changes(), clock, start + after + pause)
    assert clock.due_at >= due
