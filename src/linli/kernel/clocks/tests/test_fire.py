from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import InterfaceError, OperationalError, connection, connections, transaction
from procrastinate.contrib.django import app

from linli.kernel.clocks import actions, firing, jobs
from linli.kernel.clocks.firing import Due, Fired, fire, on_due_soon, on_overdue
from linli.kernel.clocks.models import Clock
from linli.kernel.clocks.tests.factories import Place, hours, local, started
from linli.kernel.records.changes import Changes
from linli.lib.time import at

START = "2026-03-02 09:00"
SOON = local("2026-03-02 11:15")
DUE = local("2026-03-02 13:30")  # three working hours end with the morning, at 12:00


@pytest.mark.django_db
def test_each_clock_is_due_soon_once_and_overdue_once() -> None:
    told: list[tuple[str, int]] = []
    on_due_soon("probe")(lambda clocks: told.extend(("soon", c.pk) for c in clocks))
    on_overdue("probe")(lambda clocks: told.extend(("overdue", c.pk) for c in clocks))
    clock = started(START, hours(3), write=True)
    assert (clock.soon_at, clock.due_at) == (SOON, local("2026-03-02 12:00"))
    assert fire(local("2026-03-02 11:14:59")) == Fired(0, 0)
    assert fire(SOON) == Fired(due_soon=1, overdue=0)
    assert fire(SOON) == Fired(0, 0)
    assert fire(clock.due_at) == Fired(0, 0), "the due time itself is still in time"
    assert fire(local("2026-03-02 12:00:01")) == Fired(due_soon=0, overdue=1)
    assert fire(DUE) == Fired(0, 0)
    assert told == [("soon", clock.pk), ("overdue", clock.pk)]


@pytest.mark.django_db
def test_a_clock_found_when_it_is_overdue_is_not_announced_as_due_soon() -> None:
    started(START, hours(3), write=True)
    assert fire(DUE) == Fired(due_soon=0, overdue=1)


@pytest.mark.django_db
def test_paused_and_stopped_clocks_do_not_fire() -> None:
    plan = Changes()
    for pk, deed in enumerate((actions.pause, actions.stop, actions.cancel), start=1):
        clock = actions.start(
            plan, family="probe", record=Place(pk=pk), name="handle", limit=hours(3), at=local(START)
        )
        deed(plan, clock, local("2026-03-02 09:30"))
    plan.write()
    assert fire(DUE) == Fired(0, 0)


@pytest.mark.django_db
def test_an_extended_clock_fires_again_when_it_comes_about_again() -> None:
    clock = started(START, hours(3), write=True)
    fire(DUE)
    clock.refresh_from_db()
    plan = Changes()
    actions.extend(plan, clock, hours(7), DUE)
    plan.write()
    assert fire(DUE) == Fired(0, 0)
    assert fire(local("2026-03-10 09:00")) == Fired(due_soon=0, overdue=1)


@pytest.mark.django_db
def test_families_are_told_of_their_own_clocks_in_sets() -> None:
    sizes: dict[str, list[int]] = {"probe": [], "other": []}
    for family, seen in sizes.items():
        on_overdue(family)(lambda clocks, seen=seen: seen.append(len(clocks)))
    for pk in range(5):
        started(START, hours(3), write=True, pk=pk)
        started(START, hours(3), write=True, pk=pk, family="other")
    assert fire(DUE, limit=3) == Fired(due_soon=0, overdue=10)
    assert sizes == {"probe": [3, 2], "other": [3, 2]}


@pytest.mark.django_db
def test_a_handler_that_fails_holds_up_only_its_own_clock() -> None:
    told: list[int] = []

    def refuse_the_third(clocks: list[Due]) -> None:
        if any(clock.record_id == 3 for clock in clocks):
            raise RuntimeError("no")
        told.extend(clock.record_id for clock in clocks)

    on_overdue("probe")(refuse_the_third)
    for pk in range(1, 6):
        started(START, hours(3), write=True, pk=pk)
    started(START, hours(3), write=True, family="other")
    with pytest.raises(ExceptionGroup) as failed:
        fire(DUE)
    assert [str(error) for error in failed.value.exceptions] == ["no"]
    assert sorted(told) == [1, 2, 4, 5]
    assert [c.record_id for c in Clock.objects.filter(overdue_fired_at=None)] == [3]


@pytest.mark.django_db
def test_both_searches_are_served_by_their_partial_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "clock_due" in firing._overdue_at(DUE).explain()
    assert "clock_soon" in firing._due_soon_at(DUE).explain()


# With real threads and real connections

MANY = 10_000

committed = pytest.mark.django_db(
    transaction=True,
    # tables of other rooms are append-only and cannot be emptied after the test
    available_apps=["linli.kernel.records", "linli.kernel.clocks"],
)


@pytest.fixture
def many_clocks(db: None) -> None:
    plan = Changes()
    for pk in range(MANY):
        actions.start(
            plan, family="probe", record=Place(pk=pk), name="handle", limit=hours(3), at=local(START)
        )
    plan.write()


def in_threads(*work: Callable[[], object]) -> None:
    """Run each in a thread of its own, on a connection of its own; raise what any of them raises."""
    errors: list[BaseException] = []

    def run(one: Callable[[], object]) -> None:
        try:
            one()
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@committed
@pytest.mark.usefixtures("many_clocks")
def test_two_workers_fire_ten_thousand_clocks_exactly_once() -> None:
    told: Counter[int] = Counter()
    workers: Counter[int] = Counter()
    lock, both = threading.Lock(), threading.Barrier(2)

    def count(clocks: list[Due]) -> None:
        with lock:
            told.update(clock.pk for clock in clocks)
            workers[threading.get_ident()] += len(clocks)

    on_overdue("probe")(count)
    fired: list[Fired] = []

    def work() -> None:
        both.wait()
        fired.append(fire(DUE, limit=250))

    in_threads(work, work)
    assert sum(one.overdue for one in fired) == MANY
    assert len(told) == MANY
    assert set(told.values()) == {1}
    assert len(workers) == 2, "both had a share"
    assert not Clock.objects.filter(overdue_fired_at=None).exists()


@committed
@pytest.mark.usefixtures("many_clocks")
def test_what_a_killed_worker_had_in_hand_is_fired_by_the_next() -> None:
    told: list[int] = []
    batches: list[int] = []

    def die_in_the_second_batch(clocks: list[Due]) -> None:
        """The worker's connection goes away as it does by kill -9: before anything is committed."""
        batches.append(len(clocks))
        if len(batches) == 2:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid = cursor.fetchone()[0]
            in_threads(lambda: _terminate(pid))
        else:
            told.extend(clock.pk for clock in clocks)

    on_overdue("probe")(die_in_the_second_batch)
    with pytest.raises((OperationalError, InterfaceError)):
        fire(DUE, limit=1_000)
    connection.close()
    assert Clock.objects.exclude(overdue_fired_at=None).count() == len(told) == 1_000
    assert fire(DUE) == Fired(due_soon=0, overdue=MANY - 1_000)
    assert len(told) == len(set(told)) == MANY


def _terminate(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


@committed
def test_a_clock_that_another_deed_holds_is_left_to_it() -> None:
    clock = started(START, hours(3), write=True)
    plan = Changes()
    actions.stop(plan, clock, local("2026-03-02 10:00"))
    fired: list[Fired] = []
    with transaction.atomic():
        plan.write()
        in_threads(lambda: fired.append(fire(DUE)))
    assert fired == [Fired(0, 0)]
    assert fire(DUE) == Fired(0, 0)


@committed
def test_a_turn_of_the_timer_fires_what_is_due() -> None:
    clock = started(START, hours(3), write=True)
    with at(DUE):
        asyncio.run(jobs.watch(timestamp=int(local(START).timestamp())))
    clock.refresh_from_db()
    assert clock.overdue_fired_at is not None


def test_a_turn_begins_every_ten_seconds() -> None:
    periodic = app.periodic_registry.periodic_tasks.values()
    assert {task.task.name: task.cron for task in periodic}["clocks.watch"] == "* * * * * */10"


@pytest.mark.parametrize("microsecond", [0, 1, 500_000, 999_999])
def test_the_next_look_is_when_another_second_has_begun(microsecond: int) -> None:
    now = DUE.replace(microsecond=microsecond)
    following = now + dt.timedelta(seconds=jobs._until_next_second(now))
    assert following.replace(microsecond=0) == DUE + dt.timedelta(seconds=1)
