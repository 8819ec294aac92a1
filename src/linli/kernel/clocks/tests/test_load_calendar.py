from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from linli.kernel.access.actor import PUBLIC, SYSTEM
from linli.kernel.clocks import actions
from linli.kernel.clocks.calendar import Limit, Measure
from linli.kernel.clocks.loading import load_calendar
from linli.kernel.clocks.models import CalendarDay, CalendarRevision, CalendarYear, Clock, ClockShift
from linli.kernel.clocks.queries import build_calendars, calendars, month
from linli.kernel.clocks.revising import Shift, on_shifted, recount
from linli.kernel.clocks.tests.factories import HOLIDAYS, YEARS, days, hours, local, notices, started
from linli.kernel.records.changes import Changes
from linli.lib.errors import Invalid, NotAllowed
from linli.lib.time import at

pytestmark = pytest.mark.django_db


def notice(**changes: Any) -> dict[str, Any]:
    """A notice for 2027 as the format has it (the days are made up)."""
    return {
        "year": 2027,
        "papers": ["https://example.cn/2027"],
        "days": [
            {"name": "元旦", "date": "2026-12-31", "isOffDay": True},
            {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
            {"name": "元旦", "date": "2027-01-02", "isOffDay": False},
        ],
    } | changes


def write(path: Path, document: object) -> Path:
    file = path / "notice.json"
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return file


def test_the_official_files_make_their_years_official() -> None:
    for year in YEARS:
        loaded = load_calendar(HOLIDAYS / f"{year}.json")
        assert loaded.days_off + loaded.days_on == CalendarDay.objects.filter(notice_year=year).count()
    assert dict(CalendarDay.objects.values_list("date", "is_off")) == notices()
    assert list(CalendarYear.objects.order_by("year").values_list("year", flat=True)) == list(YEARS)
    calendar = calendars().of("office")
    assert calendar.is_workday(dt.date(2026, 1, 4))
    assert not calendar.is_workday(dt.date(2026, 1, 2))
    assert all("gov.cn" in day.source for day in CalendarDay.objects.all())


def test_refuses_nul_by_field(tmp_path: Path) -> None:
    days = [{"name": "元\x00旦", "date": "2027-01-01", "isOffDay": True}]
    with pytest.raises(Invalid) as refused:
        load_calendar(write(tmp_path, notice(days=days, papers=["国办\x00"])))
    assert refused.value.fields == {
        "days[0].name": "days[0].name：不能含有空字符",
        "papers[0]": "papers[0]：不能含有空字符",
    }


def test_loading_twice_changes_nothing() -> None:
    load_calendar(HOLIDAYS / "2026.json")
    again = load_calendar(HOLIDAYS / "2026.json")
    assert (again.changed, again.moved) == (0, 0)


def test_a_notice_that_is_replaced_takes_its_old_days_away(tmp_path: Path) -> None:
    load_calendar(write(tmp_path, notice()))
    load_calendar(write(tmp_path, notice(days=notice()["days"][:2])))
    assert not CalendarDay.objects.filter(date=dt.date(2027, 1, 2)).exists()
    assert not calendars().of("office").is_workday(dt.date(2027, 1, 2))


def test_the_next_notice_settles_the_end_of_december(tmp_path: Path) -> None:
    load_calendar(HOLIDAYS / "2026.json")
    load_calendar(write(tmp_path, notice()))
    calendar = calendars().of("office")
    assert not calendar.is_workday(dt.date(2026, 12, 31))
    assert not calendar.is_provisional(dt.date(2026, 12, 31))


def test_open_provisional_clocks_move_when_the_notice_arrives(tmp_path: Path) -> None:
    load_calendar(HOLIDAYS / "2026.json")
    moved = started("2026-12-30 10:00", days(2), write=True, pk=1)
    settled = started("2026-12-30 10:00", days(5), write=True, pk=2)
    natural = started("2026-12-30 10:00", Limit(48, Measure.HOURS), write=True, pk=3)
    stopped = started("2026-12-30 10:00", days(2), write=True, pk=4)
    plan = Changes()
    actions.stop(plan, stopped, local("2026-12-30 11:00"))
    plan.write()
    told: list[Shift] = []
    on_shifted("probe")(lambda revision, shifts: told.extend(shifts))
    assert moved.provisional
    assert moved.due_at == local("2027-01-01 17:30")

    loaded = load_calendar(write(tmp_path, notice()))

    was = {clock.pk: clock.due_at for clock in (moved, settled, natural, stopped)}
    now_due = dict(Clock.objects.values_list("pk", "due_at"))
    assert now_due[moved.pk] == local("2027-01-04 17:30")
    assert now_due[settled.pk] == local("2027-01-07 17:30")
    assert now_due[natural.pk] == was[natural.pk]
    assert now_due[stopped.pk] == was[stopped.pk]
    assert not Clock.objects.filter(pk__in=[moved.pk, settled.pk], provisional=True).exists()
    assert loaded.moved == len(told)
    shifts = {s.clock_id: (s.district, s.due_was, s.due_at) for s in ClockShift.objects.all()}
    assert shifts[moved.pk] == (moved.district, was[moved.pk], now_due[moved.pk])
    assert {shift.clock.pk for shift in told} == set(shifts)


def test_a_clock_that_keeps_its_due_time_only_loses_the_mark(tmp_path: Path) -> None:
    load_calendar(HOLIDAYS / "2026.json")
    clock = started("2027-03-01 10:00", days(2), write=True)
    loaded = load_calendar(write(tmp_path, notice()))
    after = Clock.objects.get(pk=clock.pk)
    assert (after.due_at, after.provisional) == (clock.due_at, False)
    assert loaded.moved == 0


def test_a_paused_clock_keeps_what_the_new_calendar_leaves_it() -> None:
    clock = started("2026-03-02 09:00", hours(21), write=True)
    plan = Changes()
    actions.pause(plan, clock, local("2026-03-04 09:00"))
    plan.write()
    assert clock.remaining_seconds == 7 * 3600
    rest = local_day(dt.date(2026, 3, 3), is_off=True)
    clock.refresh_from_db()
    assert clock.remaining_seconds == 14 * 3600
    assert rest.moved == 1


def test_a_clock_counted_by_the_old_calendar_after_a_revision_is_found_by_the_second_look() -> None:
    revision = local_day(dt.date(2026, 3, 3), is_off=True)
    late = started("2026-03-02 10:00", days(1), write=True)
    Clock.objects.filter(pk=late.pk).update(  # as a process does that has not heard yet
        due_at=local("2026-03-03 17:30"), soon_at=local("2026-03-03 15:00")
    )
    assert recount(revision.pk) == 1
    late.refresh_from_db()
    assert late.due_at == local("2026-03-04 17:30")
    assert recount(revision.pk) == 0
    revision.refresh_from_db()
    assert revision.moved == 1


def test_a_clock_that_a_rest_day_brings_back_into_time_is_announced_anew() -> None:
    clock = started("2026-03-02 10:00", days(1), write=True)
    Clock.objects.filter(pk=clock.pk).update(
        soon_fired_at=local("2026-03-03 15:00"), overdue_fired_at=local("2026-03-03 17:31")
    )
    with at(local("2026-03-03 20:00")):
        local_day(dt.date(2026, 3, 3), is_off=True)
    clock.refresh_from_db()
    assert clock.due_at == local("2026-03-04 17:30")
    assert clock.overdue_fired_at is None


# Editing a day


def local_day(date: dt.date, *, is_off: bool) -> CalendarRevision:
    return actions.set_day(
        SYSTEM, date=date, is_off=is_off, name="停工", source="市政府通告", reason="台风停工停课"
    )


def test_a_day_set_by_hand_shows_with_its_source() -> None:
    load_calendar(HOLIDAYS / "2026.json")
    local_day(dt.date(2026, 5, 12), is_off=True)
    page = {day.date: day for day in month(2026, 5)}
    assert len(page) == 31
    assert (page[dt.date(2026, 5, 12)].kind, page[dt.date(2026, 5, 12)].source) == ("holiday", "市政府通告")
    assert page[dt.date(2026, 5, 12)].is_local
    assert page[dt.date(2026, 5, 9)].kind == "makeup"
    assert page[dt.date(2026, 5, 1)].name == "劳动节"
    assert page[dt.date(2026, 5, 16)].kind == "weekend"
    assert not any(day.provisional for day in page.values())
    assert all(day.provisional for day in month(2027, 5))
    assert CalendarRevision.objects.get(reason="台风停工停课").days == [
        {"date": "2026-05-12", "was": None, "is": True}
    ]


def test_a_day_without_its_grounds_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        actions.set_day(SYSTEM, date=dt.date(2026, 5, 12), is_off=True, name="停工", source=" ", reason="")
    assert set(refused.value.fields) == {"source", "reason"}


def test_whoever_may_not_keep_the_calendar_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        actions.set_day(
            PUBLIC, date=dt.date(2026, 5, 12), is_off=True, name="停工", source="通告", reason="台风"
        )
    with pytest.raises(NotAllowed):
        load_calendar(HOLIDAYS / "2026.json", actor=PUBLIC)
    assert not CalendarDay.objects.exists()


def test_the_calendar_in_memory_follows_a_change_at_once() -> None:
    assert calendars().of("office").is_workday(dt.date(2026, 5, 12))
    local_day(dt.date(2026, 5, 12), is_off=True)
    assert not calendars().of("office").is_workday(dt.date(2026, 5, 12))
    assert not build_calendars().of("duty").is_workday(dt.date(2026, 5, 12))


# Files that cannot be taken


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"year": "2027"}, "year"),
        ({"year": True}, "year"),
        ({"year": 1999}, "year"),
        ({"papers": []}, "papers"),
        ({"papers": [3]}, "papers"),
        ({"days": []}, "days"),
        ({"days": {}}, "days"),
        ({"days": ["2027-01-01"]}, "days[0]"),
        ({"days": [{"name": "", "date": "2027-01-01", "isOffDay": True}]}, "days[0].name"),
        ({"days": [{"name": "元旦", "date": "2027-1-1", "isOffDay": True}]}, "days[0].date"),
        ({"days": [{"name": "元旦", "date": "2027-02-30", "isOffDay": True}]}, "days[0].date"),
        ({"days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": 1}]}, "days[0].isOffDay"),
        ({"days": [{"name": "元旦", "date": "2026-11-30", "isOffDay": True}]}, "days[0].date"),
        ({"days": [{"name": "元旦", "date": "2028-01-01", "isOffDay": True}]}, "days[0].date"),
        ({"days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": True}] * 2}, "days[1].date"),
    ],
)
def test_a_wrong_file_is_refused_whole_naming_the_field(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        load_calendar(write(tmp_path, notice(**changes)))
    assert field in refused.value.fields
    assert field in refused.value.fields[field]
    assert not CalendarDay.objects.exists()
    assert not CalendarYear.objects.exists()


def test_every_fault_of_a_file_is_named(tmp_path: Path) -> None:
    document = notice(papers=[], days=[{"name": "元旦", "date": "x", "isOffDay": "是"}])
    with pytest.raises(Invalid) as refused:
        load_calendar(write(tmp_path, document))
    assert set(refused.value.fields) == {"papers", "days[0].date", "days[0].isOffDay"}


@pytest.mark.parametrize("content", [b"", b"[]", b"{", "年".encode("gb18030")])
def test_what_is_no_such_document_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notice.json"
    file.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        load_calendar(file)
    assert "file" in refused.value.fields


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(Invalid):
            load_calendar(path)
