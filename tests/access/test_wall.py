"""The wall: for whom it opens, over which areas, and what it tells of cases that are only counted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from linli.domains.cases import indicators
from linli.domains.cases.models import Case
from linli.faces.wall import urls
from linli.kernel.insight.conditions import Side
from linli.kernel.insight.declaration import Grain
from tests.access.conftest import SignIn, Town
from tests.access.sees import COUNTS, GRIDS, HIDDEN, NOT_PUBLIC, SEES, STAFF, acting
from tests.city import CITY, DISTRICTS, TOWNSHIPS, City

OPENS = {who for who, sees in SEES.items() if sees} - {"fire"}
"""Whoever looks after an area; a department sees cases, and no area."""
HIDDEN_WORDS = "不可外传的标题"


@pytest.fixture
def cases(cases: dict[str, Case]) -> dict[str, Case]:
    """Those that are not public have a title that is found wherever it stands."""
    ids = [cases[place].pk for place in NOT_PUBLIC]
    Case.objects.filter(pk__in=ids).update(title=HIDDEN_WORDS, urgency="very_urgent")
    return cases


def opened_from(page: str, cases: dict[str, Case]) -> set[str]:
    """The places of the cases that a page leads to."""
    return {place for place, case in cases.items() if f"/desk/cases/{case.number}/" in page}


def test_every_address_of_the_wall_is_tried() -> None:
    names = {one.name for one in urls.urlpatterns if isinstance(one, URLPattern)}
    assert names == {"board", "live", "figure", "screen", "leave"}


def test_no_post_that_can_do_more_than_look_becomes_a_screen(town: Town) -> None:
    """A screen stands in a hall, and nobody sees who acts at it."""
    for who, secret in town.secrets.items():
        client = Client()
        answer = client.post(reverse("wall:screen"), {"token": secret})
        assert answer.status_code == 422, who
        assert client.get(reverse("wall:board")).status_code == 302, who


def test_the_wall_opens_for_who_looks_after_an_area(city: City, sign_in: SignIn) -> None:
    for who in STAFF:
        client = sign_in(who)
        # the board and its live parts are opened by everybody who may in the tests below
        others = [] if who in OPENS else [reverse("wall:board"), reverse("wall:live")]
        for path in (figure("open"), *others):
            assert client.get(path).status_code == (200 if who in OPENS else 403), (who, path)
    assert Client().get(figure("open")).status_code == Client().get(reverse("wall:board")).status_code == 302
    assert Client().get(reverse("wall:live")).status_code == 401


def test_nobody_looks_beyond_their_own_area(city: City, sign_in: SignIn) -> None:
    areas = [CITY, *DISTRICTS, *TOWNSHIPS, *sorted(set(GRIDS.values()))]
    for who in sorted(OPENS):
        client, own = sign_in(who), acting(city, who).area
        for area in areas:
            if not area.startswith(own):
                for path in (reverse("wall:live"), figure("open")):
                    assert client.get(path, {"area": area}).status_code == 404, (who, area)
    assert client.get(reverse("wall:board"), {"area": "990109"}).status_code == 404


def figure(code: str) -> str:
    return reverse("wall:figure", args=[code])


def test_the_board_leads_only_to_cases_in_sight(sign_in: SignIn, cases: dict[str, Case]) -> None:
    for who in sorted(OPENS):
        page = sign_in(who).get(reverse("wall:board")).content.decode()
        assert opened_from(page, cases) == SEES[who], who
        assert HIDDEN_WORDS not in page, "the wall is read by whoever is in the room"


def test_the_map_counts_by_grid_what_is_counted_and_points_only_to_what_is_public(
    sign_in: SignIn, cases: dict[str, Case]
) -> None:
    Case.objects.update(urgency="urgent")
    for who in sorted(OPENS):
        told = sign_in(who).get(reverse("wall:live")).json()
        assert opened_from(str(told["panels"]), cases) == SEES[who], who
        assert HIDDEN_WORDS not in str(told), who
        marks = {code: int(re.findall(r"\d+", words)[0]) for code, (_shade, words) in told["marks"].items()}
        counted: dict[str, int] = {}
        for place in COUNTS[who]:
            counted[GRIDS[place]] = counted.get(GRIDS[place], 0) + 1
        assert marks == counted, who
        pointed = {feature["properties"]["url"] for feature in told["points"]["features"]}
        expected = {reverse("desk:case", args=[cases[place].number]) for place in SEES[who] - NOT_PUBLIC}
        assert pointed == expected, who


def test_every_list_behind_a_figure_holds_what_is_counted_and_opens_what_is_seen(
    sign_in: SignIn, cases: dict[str, Case]
) -> None:
    numbers = {place: case.number for place, case in cases.items()}
    told = {code: one for code, one in indicators.INDICATORS.items() if one.grain is not Grain.DAY}
    for who, codes in {"leader": told, "worker": ["reported", "moves_report"]}.items():
        client = sign_in(who)
        for code in codes:
            for side in Side if told[code].is_share else (Side.COUNTED,):
                answer = client.get(figure(code), {"side": side.value}, headers={"HX-Request": "true"})
                page = answer.content.decode()
                listed = {place for place, number in numbers.items() if number in page}
                assert listed <= COUNTS[who], (who, code, side)
                assert opened_from(page, cases) <= SEES[who], (who, code, side)
                if who == "leader":
                    assert HIDDEN_WORDS not in page, (code, side)


def test_a_figure_and_its_list_are_one(sign_in: SignIn, cases: dict[str, Case]) -> None:
    for who in sorted(OPENS):
        answer: Any = sign_in(who).get(figure("open"))
        assert answer.context["figure"].figure.numerator == len(COUNTS[who]), who
        assert {row.key for row in answer.context["rows"]} == {cases[p].number for p in COUNTS[who]}, who


def test_a_group_narrows_and_never_widens(city: City, sign_in: SignIn, cases: dict[str, Case]) -> None:
    holder = str(cases[HIDDEN].holder_id)
    for who in ("worker", "committee", "leader", "far_dispatcher"):
        for query in ({"holder": holder}, {"lead": holder}, {"category": "-"}):
            answer: Any = sign_in(who).get(figure("open"), query)
            assert {row.key for row in answer.context["rows"]} <= {cases[p].number for p in COUNTS[who]}
