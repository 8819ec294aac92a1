from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from tests.city import City

from linli.domains.cases import actions
from linli.domains.cases.actions import Filed
from linli.domains.cases.models import Case
from linli.domains.cases.parts import load_parts
from linli.faces.desk import choices
from linli.faces.desk.choices import Setting

SignIn = Callable[[str], Client]
FileReport = Callable[..., Filed]


def likely(city: City, word: str, case: Case) -> list[int]:
    load_parts([case])
    return [one.case.pk for one in choices.likely_duplicates(Setting.of(city.actor(word), case))]


def test_a_clerk_is_offered_only_cases_in_their_sight(city: City, file_report: FileReport) -> None:
    own, theirs = file_report().case, file_report().case
    actions.move(
        city.actor("dispatcher"),
        case_id=own.pk,
        move="dispatch",
        given={"lead": city.unit("东湖区消防救援大队")},
    )
    own.refresh_from_db()
    assert likely(city, "dispatcher", own) == [theirs.pk]
    assert likely(city, "fire", own) == []


def test_what_lies_outside_ones_sight_takes_nobodys_place(city: City, file_report: FileReport) -> None:
    """The likeliest five are looked for among what may be seen, not seen among the likeliest five."""
    given = {"lead": city.unit("东湖区消防救援大队")}
    first, second = file_report().case, file_report().case
    for case in (first, second):
        actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given=given)
    for _ in range(6):
        file_report()
    second.refresh_from_db()
    assert likely(city, "fire", second) == [first.pk]


@pytest.mark.parametrize(("word", "is_offered"), [("dispatcher", True), ("urban", False)])
def test_who_takes_down_a_report_is_offered_only_cases_in_their_sight(
    sign_in: SignIn, file_report: FileReport, word: str, is_offered: bool
) -> None:
    case = file_report().case
    given = {"text": case.title, "lng": case.lng, "lat": case.lat}
    page = sign_in(word).get("/desk/report/likely/", given)
    assert page.status_code == 200
    assert (case.number in page.content.decode()) is is_offered


def test_who_takes_down_a_report_is_offered_no_other_problem(
    sign_in: SignIn, file_report: FileReport
) -> None:
    lane, lamp = file_report().case, file_report("路灯不亮").case
    given = {"text": "消防通道又堵死了", "lng": lane.lng, "lat": lane.lat}
    page = sign_in("dispatcher").get("/desk/report/likely/", given).content.decode()
    assert lane.number in page
    assert lamp.number not in page


def test_a_case_without_a_matter_is_offered_what_its_words_speak_of(
    city: City, file_report: FileReport
) -> None:
    lane, again = file_report().case, file_report().case
    file_report("路灯不亮")
    Case.objects.filter(pk=again.pk).update(matter=None)
    again.refresh_from_db()
    assert likely(city, "dispatcher", again) == [lane.pk]
