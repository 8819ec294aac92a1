"""The wall: for whom it opens, what it counts, and that every number opens the list that it counted."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.city import City

from linli.domains.cases import indicators, queries
from linli.domains.cases.models import Case
from linli.domains.cases.queries import IS_OPEN
from linli.domains.cases.tests.journeys import END, live
from linli.faces.wall import area_map, figure_page
from linli.faces.wall import board as boards
from linli.faces.wall.area_map import AreaMap
from linli.faces.wall.board import Shown, board
from linli.faces.wall.panels import panels_of
from linli.faces.wall.sight import sight_of
from linli.kernel.access.actor import Actor
from linli.kernel.areas.levels import Level
from linli.kernel.areas.models import TreeVersion
from linli.kernel.insight import keeping
from linli.kernel.insight.conditions import Side
from linli.kernel.insight.figures import listed
from linli.kernel.records.editions import drop_all, raise_edition
from linli.lib.time import at, now

MAY = ["mayor", "leader", "dispatcher", "district_dispatcher", "head", "supervisor", "committee", "worker"]
MAY_NOT = ["urban", "fire", "system_admin", "security_admin", "audit_admin"]


def signed_in(city: City, word: str) -> Client:
    client = Client()
    client.force_login(city.posts[word].account)
    return client


def count_behind(actor: Actor, url: str) -> int:
    """How many rows the list has that an address opens: the desk's, or a figure's own."""
    parts = urlsplit(url)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path.startswith("/wall/figures/"):
        asked = figure_page.read(actor, parts.path.strip("/").split("/")[-1], given)
        return listed(asked.ground, asked.indicator, asked.period, asked.side).count()
    narrowed = queries.Filter.read(given)
    assert not narrowed.problems
    return narrowed.apply(queries.worklist(actor, given["list"])).count()


def assert_lists_fit(actor: Actor, one: Shown) -> None:
    figure = one.figure
    assert count_behind(actor, one.url) == figure.numerator, one
    if one.among_url:
        assert count_behind(actor, one.among_url) == figure.denominator, one
    if one.excluded_url:
        assert count_behind(actor, one.excluded_url) == figure.excluded_count, one


@pytest.mark.parametrize("word", ["mayor", "leader", "head"])
def test_the_list_behind_every_figure_has_as_many_rows(city: City, word: str) -> None:
    live(city, 40, seed=5)
    hidden = Case.objects.filter(IS_OPEN).values_list("pk", flat=True)[:3]
    Case.objects.filter(pk__in=list(hidden)).update(sensitive=True)
    actor = city.actor(word)
    with at(END):
        read = board(sight_of(actor))
        shown = [*read.headline, *read.rates]
        shown += [one for step in read.chain for one in (step.done, *step.waiting)]
        shown += [one for line in read.areas for one in (line.open, line.overdue, line.on_time)]
        shown += [one for line in read.units for one in (line.open, line.overdue)]
        for one in shown:
            assert_lists_fit(actor, one)
        for bar in read.categories:
            assert count_behind(actor, bar.url) == bar.number
        assert any(one.figure.numerator for one in read.headline)


def test_a_panel_that_may_be_cut_leads_to_all_of_its_list(city: City) -> None:
    live(city, 12, seed=5)
    actor = city.actor("leader")
    with at(END):
        sight = sight_of(actor)
        read = board(sight)
        panels = {panel.name: panel for panel in panels_of(read, sight)}
        cut = {name for name, panel in panels.items() if "data-fit" in panel.content}
        assert cut
        assert cut == {name for name, panel in panels.items() if panel.more}
        assert count_behind(actor, panels["categories"].more) == sum(bar.number for bar in read.categories)


def test_a_list_of_units_ends_where_no_screen_has_room_and_says_how_many_are_left(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(city, 40, seed=5)
    with at(END):
        sight = sight_of(city.actor("mayor"))
        whole = board(sight)
        assert len(whole.units) > 1
        assert whole.units_left == 0
        monkeypatch.setattr(boards, "UNITS", 1)
        cut = board(sight)
    assert (cut.units, cut.units_left) == (whole.units[:1], len(whole.units) - 1)


def test_the_map_shades_the_finest_level_that_a_screen_can_show(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(city, 12, seed=5)
    with at(END):
        for most, level in ((1_500, Level.GRID), (2, Level.DISTRICT), (0, Level.DISTRICT)):
            monkeypatch.setattr(area_map, "MOST_AREAS", most)
            drawn = AreaMap(sight_of(city.actor("mayor")))
            assert drawn.shaded is level
            assert {len(code) for code in drawn.marks} <= {level.width}
        told = indicators.whole(drawn.sight.cases, [indicators.OPEN], drawn.sight.today)
        counted = sum(row["open"].numerator for row in drawn.counts.values())
        assert counted == told["open"].numerator > 0


@pytest.mark.parametrize("word", MAY)
def test_opens_for_whoever_sees_the_cases_of_an_area(city: City, word: str) -> None:
    answer = signed_in(city, word).get("/wall/")
    assert answer.status_code == 200
    assert "今日全链条" in answer.content.decode()


@pytest.mark.parametrize("word", MAY_NOT)
def test_refuses_whoever_sees_no_area(city: City, word: str) -> None:
    client = signed_in(city, word)
    for path in ("/wall/", "/wall/live", "/wall/figures/open/"):
        assert client.get(path).status_code == 403


def test_sends_visitors_to_sign_in_and_tells_the_screen_that_its_session_ended(city: City) -> None:
    assert Client().get("/wall/").status_code == 302
    assert Client().get("/wall/live").status_code == 401


@pytest.mark.parametrize("area", ["990102", "9901", "990101001001001001001", "nonsense", "990109"])
def test_a_district_head_cannot_look_elsewhere(city: City, area: str) -> None:
    client = signed_in(city, "leader")
    assert client.get("/wall/", {"area": area}).status_code == 404
    assert client.get("/wall/figures/open/", {"area": area}).status_code == 404


def test_goes_down_to_a_grid_and_back_up(city: City) -> None:
    client = signed_in(city, "leader")
    for area in ("990101", "990101001", "990101001001", "990101001001001"):
        assert client.get("/wall/", {"area": area}).status_code == 200
    page = client.get("/wall/", {"area": "990101001001"}).content.decode()
    assert "/wall/?area=990101001&quot;" in page or 'href="/wall/?area=990101001"' in page
    assert 'href="/wall/?area=9901"' not in page


def test_says_nothing_has_changed_until_something_has(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(city, "mayor")
    live(city, 3, seed=1, end=now())
    first = client.get("/wall/live")
    again = client.get("/wall/live", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    live(city, 3, seed=2, end=now())
    monkeypatch.setattr(keeping, "FRESH", dt.timedelta())  # as some seconds later
    assert client.get("/wall/live", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_reads_nothing_of_cases_and_figures_where_nothing_has_changed(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(city, "mayor")
    live(city, 3, seed=1, end=now())
    known = {
        "If-None-Match": f"W/{client.get('/wall/live')['ETag']}"
    }  # weak: what a compressing proxy makes of it
    monkeypatch.setattr(keeping, "FRESH", dt.timedelta(hours=1))
    for headers in (known, {}):  # one who knows it, and another who looks at the same
        with CaptureQueriesContext(connection) as asked:
            answer = client.get("/wall/live", headers=headers)
        assert answer.status_code == (304 if headers else 200)
        told = [query["sql"] for query in asked]
        assert not any("cases_case" in sql for sql in told)
        assert sum("insight_sum" in sql for sql in told) == 1, "the mark"


@pytest.mark.parametrize("change", ["matter", "unit", "area", "day"])
def test_something_has_changed_when_what_it_is_told_with_has(
    city: City, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    client = signed_in(city, "mayor")
    live(city, 3, seed=1, end=now())
    monkeypatch.setattr(keeping, "FRESH", dt.timedelta())
    known = client.get("/wall/live")["ETag"]
    if change == "area":
        TreeVersion.objects.create(edit="rename", codes=[], rows=0)
    elif change != "day":
        raise_edition("matters" if change == "matter" else "units")
    with at(now() + dt.timedelta(days=change == "day")):
        assert client.get("/wall/live", headers={"If-None-Match": known}).status_code == 200


def test_what_is_kept_for_one_is_shown_to_nobody_who_may_see_less(city: City) -> None:
    live(city, 20, seed=3, end=now())
    Case.objects.update(sensitive=True)
    walls = {}
    with at(now()):  # so that what is kept holds for all of these looks
        for word in MAY:
            drop_all()
            walls[word] = signed_in(city, word).get("/wall/live").content
        for word in [*MAY, *reversed(MAY)]:
            assert signed_in(city, word).get("/wall/live").content == walls[word]


def test_hides_titles_and_places_of_sensitive_cases(city: City) -> None:
    live(city, 6, seed=3, end=now())
    Case.objects.update(sensitive=True, title="不可外传的标题")
    client = signed_in(city, "mayor")
    for path in ("/wall/", "/wall/live", "/wall/figures/reported/"):
        assert "不可外传" not in client.get(path).content.decode()
    assert client.get("/wall/live").json()["points"]["features"] == []
    figures = client.get("/wall/figures/open/").content.decode()
    for case in Case.objects.exclude(state="closed"):
        assert case.number in figures, "counted, so that the figure is true"
        assert f"/cases/{case.number}" not in figures, "and not opened from here"


@pytest.mark.parametrize(
    "code", ["open", "closed", "response", "hand_back", "handling_time", "moves_dispatch"]
)
def test_a_figure_tells_how_it_is_computed(city: City, code: str) -> None:
    live(city, 12, seed=4, end=now())
    client = signed_in(city, "leader")
    for side in Side:
        page = client.get(f"/wall/figures/{code}/", {"side": side.value})
        assert page.status_code == 200
        assert "依据" in page.content.decode()


@pytest.mark.parametrize(
    "given", [{"side": "odd"}, {"from": "soon"}, {"holder": "x"}, {"from": "1900-01-01"}, {"after": "x"}]
)
def test_a_figure_refuses_what_it_does_not_understand(city: City, given: dict[str, str]) -> None:
    answer = signed_in(city, "mayor").get("/wall/figures/open/", given)
    assert answer.status_code == 422


def test_unknown_figures_are_not_found(city: City) -> None:
    assert signed_in(city, "mayor").get("/wall/figures/merit/").status_code == 404


def test_every_address_on_the_wall_leads_somewhere(city: City) -> None:
    live(city, 12, seed=6, end=now())
    client = signed_in(city, "mayor")
    page = unescape(client.get("/wall/").content.decode())
    addresses = set(re.findall(r'href="(/(?:wall|desk)/[^"]*)"', page))
    assert len(addresses) > 40
    for address in addresses:
        assert client.get(address).status_code == 200, address


KEPT_IN_MEMORY = ("areas_treeversion", "records_edition")
"""Asked once a second whether what is held in memory still stands; in a test's transaction at every look."""


def test_the_number_of_queries_does_not_grow_with_cases(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(city, "mayor")
    numbers = []
    for more in (20, 40):  # enough that every figure has something to tell
        live(city, more, seed=more, end=now())
        monkeypatch.setattr(keeping, "FRESH", dt.timedelta())
        client.get("/wall/live")
        monkeypatch.setattr(keeping, "FRESH", dt.timedelta(hours=1))  # as where a worker keeps the figures
        with CaptureQueriesContext(connection) as asked:
            client.get("/wall/live")
        numbers.append(sum(not any(k in query["sql"] for k in KEPT_IN_MEMORY) for query in asked))
    assert numbers[1] <= numbers[0] < 25
