"""However a list is come by, it holds what its conditions say, in their order, page by page."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.city import City, grids

from linli.domains.cases import finding, queries
from linli.domains.cases.api import CaseOut
from linli.domains.cases.models import (
    OPEN,
    Case,
    CaseResult,
    CaseState,
    CaseText,
    Channel,
    Request,
    RequestKind,
    Supervision,
    Task,
    TaskKind,
)
from linli.domains.cases.queries import WORKLISTS, Filter
from linli.domains.cases.texts import case_text
from linli.domains.matters import queries as matters
from linli.kernel.access.actor import SYSTEM, Actor, holder_of
from linli.kernel.clocks.models import Urgency
from linli.kernel.records.changes import Changes
from linli.kernel.records.tags import BLOCKS, FEWER_BLOCKS, between, of_day, of_id, windows
from linli.kernel.units.models import Token
from linli.lib.errors import Invalid
from linli.lib.numbers import number_of
from linli.lib.time import now
from linli.web.pages import Page

WORDS = ["井盖", "消防通道", "堵塞", "噪音", "占道经营", "wifi", "3号楼", "路灯不亮"]
CASES = 90
FAR_IDS = 30_000_000
"""Ids are drawn from so many, so that windows of every size are passed."""


@pytest.fixture(params=range(2))
def chance(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


@pytest.fixture
def cases(city: City, chance: random.Random) -> list[Case]:
    """Cases as they may lie about, drawn by lot; among them neighbours in number and equals in due time."""
    ids = {chance.randrange(1, FAR_IDS) for _ in range(CASES // 2)}
    ids |= {min(ids) + n for n in range(CASES // 2)}
    changes = Changes()
    made = [_case(chance, city, pk) for pk in sorted(ids)]
    for case in made:
        changes.insert(case, case_text(case, chance.choices(WORDS, k=2)))
        for part in _parts(chance, city, case):
            changes.insert(part)
    changes.write()
    return made


def _case(chance: random.Random, city: City, pk: int) -> Case:
    opened = now() - dt.timedelta(days=chance.choice([0, 1, 2, 20, 40, 400, 800]), hours=chance.randrange(24))
    case = Case(
        id=pk,
        number=number_of(opened.year, pk),
        title=chance.choice(WORDS),
        channel=chance.choice(Channel.values),
        urgency=chance.choice(Urgency.values),
        opened_at=opened,
        matter_id=chance.choice([None, *list(matters.lists().by_id)[:4]]),
        lng=110.0,
        lat=30.0,
        state=chance.choice([*OPEN, *[CaseState.CLOSED.value] * 6]),
        stage_due_at=chance.choice([None, *(now() + dt.timedelta(hours=n) for n in (-30, -1, 3, 100))]),
        hand_backs=chance.choice([0, 0, 0, 1, 2, 12]),
        supervised=chance.random() < 0.1,
        sensitive=chance.random() < 0.2,
    )
    if case.stage_due_at:
        case.stage_due_at = case.stage_due_at.replace(minute=0, second=0, microsecond=chance.choice([0, 1]))
    if case.state == CaseState.CLOSED:
        case.result = chance.choice([CaseResult.SOLVED, CaseResult.EXPLAINED, CaseResult.WITHDRAWN]).value
        case.closed_at = opened + dt.timedelta(days=chance.randrange(30))
    case.place(chance.choice(grids()))
    case.units = sorted(chance.sample(_units(city), chance.randrange(4)))
    case.holder_id = chance.choice([None, *case.units])
    return case


def _units(city: City) -> list[int]:
    """Few, so that what they see meets."""
    names = ["柳湾街道综治中心", "东湖区综治中心", "东湖区城市管理局", "东湖区消防救援大队"]
    return [city.unit(name) for name in names]


def _parts(chance: random.Random, city: City, case: Case) -> list[Any]:
    unit, at = chance.choice(_units(city)), case.opened_at
    parts: list[Any] = []
    if case.state != CaseState.CLOSED:
        parts.append(Task(case_id=case.pk, kind=TaskKind.LEAD, unit_id=unit, opened_at=at))
    if chance.random() < 0.2:
        parts.append(
            Request(case_id=case.pk, kind=RequestKind.SUSPEND, unit_id=unit, reason="等材料", asked_at=at)
        )
    if case.supervised:
        parts.append(
            Supervision(
                case_id=case.pk, from_unit_id=unit, to_unit_id=unit, text="请速办", at=at, reply_due_at=at
            )
        )
    for part in parts:
        part.place(case.area)
    return parts


def _filters(chance: random.Random, city: City, cases: list[Case]) -> list[Filter]:
    """None, each by itself, and some together."""
    one = chance.choice(cases)
    day = one.opened_at.date()
    known = list(matters.lists().by_id.values())
    single = [
        {"q": chance.choice(WORDS)},
        {"q": f"{chance.choice(WORDS)} {chance.choice(WORDS)[:1]}"},
        {"q": "！？"},
        {"q": one.number},
        {"matter": known[chance.randrange(4)].code},
        {"category": known[0].category.split("/")[0]},
        {"area": chance.choice(grids())[: chance.choice([4, 6, 9, 12, 15])]},
        {"unit": str(chance.choice(_units(city)))},
        {"state": chance.choice(CaseState.values)},
        {"result": chance.choice(["solved", "explained", "duplicate", "no_such'result"])},
        {"urgency": chance.choice(Urgency.values)},
        {"channel": chance.choice(Channel.values)},
        {"opened_from": f"{day}"},
        {"opened_to": f"{day}"},
        {"closed_from": f"{day - dt.timedelta(days=100)}", "closed_to": f"{day + dt.timedelta(days=20)}"},
        {"hand_backs": chance.choice(["0", "1", "2", "11"])},
    ]
    together = [{**chance.choice(single), **chance.choice(single)} for _ in range(6)]
    return [Filter.read(given) for given in ({}, *single, *together)]


def _actors(city: City) -> list[Actor]:
    words = ["worker", "committee", "dispatcher", "head", "district_dispatcher", "fire", "urban", "mayor"]
    return [SYSTEM, *map(city.actor, [*words, "system_admin"])]


def _told(actor: Actor, code: str, narrowed: Filter) -> list[int]:
    """What the list holds by its conditions alone, put in order here."""
    found = list(narrowed.apply(queries.worklist(actor, code)))
    if not WORKLISTS[code].by_due:
        return sorted((case.pk for case in found), reverse=True)
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    return [case.pk for case in sorted(found, key=lambda case: (case.stage_due_at or last, case.pk))]


def _walked(actor: Actor, code: str, narrowed: Filter, size: int) -> list[int]:
    """All pages of the list, one after the other."""
    walked: list[int] = []
    after = ""
    while True:
        page = finding.page(actor, code, narrowed, after=after, size=size)
        assert len(page.cases) == size or not page.next
        walked += [case.pk for case in page.cases]
        if not page.next:
            return walked
        after = page.next


def test_every_list_filter_and_actor_gets_what_the_conditions_say_in_order(
    city: City, cases: list[Case], chance: random.Random
) -> None:
    for actor in _actors(city):
        for narrowed in _filters(chance, city, cases):
            for code in chance.sample(sorted(WORKLISTS), 4):
                size = chance.choice([1, 7, 50]) if code not in ("all", "closed") else chance.choice([7, 50])
                told = _told(actor, code, narrowed)
                assert _walked(actor, code, narrowed, size) == told, (actor.role, code, narrowed)


def test_the_matrix_without_filters_is_whole(city: City, cases: list[Case]) -> None:
    for actor in [*_actors(city), holder_of(cases[0].pk, "reporter")]:
        counts = finding.counts(actor, WORKLISTS)
        for code in WORKLISTS:
            told = _told(actor, code, Filter())
            assert _walked(actor, code, Filter(), 20) == told, (actor.role, code)
            assert counts[code] == len(told), (actor.role, code)


def test_counts_are_the_same_where_there_is_too_much_to_look_through(
    city: City, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit in (3, 1000):
        monkeypatch.setattr(finding, "LOOKED_THROUGH", 5)
        monkeypatch.setattr(finding, "COUNT_LIMIT", limit)
        for actor in _actors(city):
            told = {code: min(len(_told(actor, code, Filter())), limit) for code in WORKLISTS}
            assert finding.counts(actor, WORKLISTS) == told, actor.role


def test_whoever_oversees_much_is_spared_the_look_in_vain_until_it_is_less(
    city: City, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    def looks() -> int:
        with CaptureQueriesContext(connection) as asked:
            finding.counts(city.actor("mayor"), [code for code, listed in WORKLISTS.items() if listed.by_due])
        return sum("looked_at" in one["sql"] for one in asked)

    monkeypatch.setattr(finding, "COUNT_LIMIT", 3)
    monkeypatch.setattr(finding, "LOOKED_THROUGH", 5)
    assert [looks(), looks()] == [1, 0]
    monkeypatch.undo()
    assert [looks(), looks()] == [0, 1]


def test_tags_follow_what_a_plan_changes(city: City, cases: list[Case], chance: random.Random) -> None:
    changes = Changes()
    for case in chance.sample(cases, 60):
        drawn = _case(chance, city, case.pk)
        names = ["units", "urgency", "matter_id", "supervised", "hand_backs", "sensitive"]
        values = {name: getattr(drawn, name) for name in chance.sample(names, 3)}
        if drawn.state == CaseState.CLOSED:
            values |= {name: getattr(drawn, name) for name in ("state", "result", "closed_at")}
        for name, value in values.items():
            setattr(case, name, value)
        changes.move(case, case.version, **values)
    changes.write()
    kept = dict(CaseText.objects.extra(select={"kept": "tsvector_to_array(tags)"}).values_list("pk", "kept"))
    for case in Case.objects.all():
        assert sorted(set(case.tags())) == sorted(kept[case.pk])


def test_a_case_that_is_planned_and_moved_at_once_has_the_tags_of_its_end(
    city: City, chance: random.Random
) -> None:
    case, changes = _case(chance, city, 77), Changes()
    case.state, case.result, case.closed_at, case.supervised = CaseState.REPORTED, None, None, False
    changes.insert(case, case_text(case, []))
    case.units = [city.unit("东湖区消防救援大队")]
    changes.move(case, 0, units=case.units)
    changes.copy()
    assert [one.pk for one in finding.page(city.actor("fire"), "all", Filter()).cases] == [77]


def test_a_tag_that_is_wrong_shows_nobody_what_is_not_theirs(city: City, cases: list[Case]) -> None:
    everybody = {tag for case in cases for tag in case.tags() if tag[0] in "aub"}
    CaseText.objects.update(tags=" ".join(f"'{tag}'" for tag in sorted(everybody)))
    for actor in _actors(city):
        assert set(_walked(actor, "all", Filter(), 50)) == set(_told(actor, "all", Filter()))


@pytest.mark.parametrize("code", ["all", "unit"])
@pytest.mark.parametrize("after", ["x", "1_2_3", "nan_5", "-_x", "1e999_1"])
def test_refuses_a_cursor_that_is_none(city: City, code: str, after: str) -> None:
    with pytest.raises(Invalid):
        finding.page(city.actor("dispatcher"), code, Filter(), after=after)


def test_a_cursor_beyond_everything_begins_at_the_newest(city: City, cases: list[Case]) -> None:
    found = finding.page(city.actor("mayor"), "all", Filter(), after="9" * 18)
    assert [case.pk for case in found.cases] == _told(city.actor("mayor"), "all", Filter())[:50]


# Windows and spans -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [BLOCKS, FEWER_BLOCKS])
@pytest.mark.parametrize("before", [1, 2, 128, 129, 1024, 1025, 4_194_304, 4_194_305, 29_999_999])
def test_windows_part_all_ids_below(before: int, sizes: tuple[int, ...]) -> None:
    made, low = windows(before, sizes)
    assert low == 0
    parts = [{tag.strip("'") for tag in window.split(" | ")} for window in made]
    assert all(len(part) <= 64 for part in parts)
    for pk in {0, 1, before // 3, before // 2, before - 129, before - 2, before - 1}:
        if 0 <= pk < before:
            assert sum(not part.isdisjoint(of_id(pk)) for part in parts) == 1
    for part, following in pairwise(parts):
        assert min(map(_first_of, part)) > max(map(_first_of, following)) or len(parts) == 1


def _first_of(tag: str) -> int:
    size, _, block = tag.removeprefix("b").partition(".")
    return int(block) << int(size)


@pytest.mark.parametrize(
    ("first", "last", "parts"),
    [
        ("2026-11-20", "2026-11-20", 1),
        ("2026-11-01", "2026-11-30", 1),
        ("2025-01-01", "2026-12-31", 2),
        ("2025-12-30", "2026-03-02", 6),
        ("2026-11-20", "2026-11-19", 0),
    ],
)
def test_a_span_is_made_of_the_days_in_it(first: str, last: str, parts: int) -> None:
    begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    made = set(between("o", begin, end))
    assert len(made) == parts
    for shift in range(-3, (end - begin).days + 4):
        day = begin + dt.timedelta(days=shift)
        assert made.isdisjoint(of_day("o", day)) != (begin <= day <= end)


# Over REST -------------------------------------------------------------------------------------------------


def test_a_list_over_rest_has_the_shape_that_it_declares(
    client: Client, city: City, cases: list[Case]
) -> None:
    token = Token.issue(city.posts["mayor"], "试")[1]
    after, found = "", 0
    while True:
        answer = client.get(
            "/api/v1/cases",
            {"limit": "40", "cursor": after},
            headers={"Authorization": f"Bearer {token}"},
        )
        page = Page[CaseOut].model_validate_json(answer.content)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert all(item.keys() == CaseOut.model_fields.keys() for item in answer.json()["items"])
        found += len(page.items)
        if page.next is None:
            break
        after = page.next
    assert found == len(_told(city.actor("mayor"), "all", Filter()))
