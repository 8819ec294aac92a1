from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from linli.kernel.clocks.models import Schedule
from linli.kernel.clocks.queries import DEFAULT_SCHEDULE, DUTY_SCHEDULE, EDITION, calendars
from linli.kernel.clocks.tests.factories import hours, local, started
from linli.kernel.records.editions import raise_edition

pytestmark = pytest.mark.django_db


def schedule(**values: object) -> Schedule:
    given = {"key": "centre", "name": "综治中心", "periods": [["08:30", "12:00"], ["14:00", "17:30"]]}
    return Schedule(**(given | {"source": "市机关作息规定"} | values))


def test_a_kind_of_unit_works_by_its_own_hours() -> None:
    schedule(unit_kind="centre").save()
    raise_edition(EDITION)
    key = calendars().schedule_for("centre")
    assert key == "centre"
    assert started("2026-03-02 08:30", hours(4), schedule=key).due_at == local("2026-03-02 14:30")


def test_kinds_without_hours_of_their_own_work_office_hours() -> None:
    assert calendars().schedule_for("department") == DEFAULT_SCHEDULE


def test_an_installation_sets_its_own_office_hours() -> None:
    schedule(key=DEFAULT_SCHEDULE).save()
    raise_edition(EDITION)
    assert started("2026-03-02 11:00", hours(2)).due_at == local("2026-03-02 15:00")


def test_a_duty_desk_stands_ready_without_being_set_up() -> None:
    clock = started("2026-02-16 22:00", hours(4), schedule=DUTY_SCHEDULE)
    assert clock.due_at == local("2026-02-17 02:00")


def test_a_clock_outlives_its_schedule() -> None:
    assert calendars().of("gone") is calendars().of(DEFAULT_SCHEDULE)


def test_summer_hours_are_set_by_month_and_day() -> None:
    summer = {"from": "05-01", "to": "09-30", "periods": [["09:00", "12:00"], ["15:00", "18:00"]]}
    schedule(key=DEFAULT_SCHEDULE, seasons=[summer]).save()
    raise_edition(EDITION)
    assert started("2026-07-01 11:00", hours(2)).due_at == local("2026-07-01 16:00")


@pytest.mark.parametrize(
    "values",
    [
        {"periods": []},
        {"periods": [["9", "12"]]},
        {"periods": [["12:00", "09:00"]]},
        {"periods": "09:00-12:00"},
        {"seasons": [{"from": "13-01", "to": "09-30", "periods": [["09:00", "12:00"]]}]},
        {"seasons": [{"from": "05-01", "periods": []}]},
        {"seasons": [{"from": "05-01", "to": "09-30", "periods": []}]},
    ],
)
def test_hours_that_make_no_sense_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        schedule(**values).full_clean()
