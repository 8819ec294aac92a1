"""Every list, count, export, search, detail and move, for every role, inside and outside its area."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from linli.domains.cases import actions, indicators, queries
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case
from linli.domains.cases.queries import WORKLISTS, Filter
from linli.domains.cases.tests.steps import FAR_GRID, FIRE, GRID, dispatched, filed, new_report
from linli.kernel.access import rows as access
from linli.kernel.access.actor import PUBLIC, Actor
from linli.kernel.access.roles import Scope
from linli.kernel.flow import perform as performing
from linli.kernel.insight.declaration import Period
from linli.lib.errors import Invalid, NotAllowed, NotFound, Refusal, WrongState
from tests.city import City

NEAR, OTHER, FAR, PART = "near", "other", "far", "part"
SEES = {
    # who: which of the cases below the role and the area of the post show
    "worker": {NEAR, PART},
    "other_worker": {OTHER},
    "committee": {NEAR, PART},
    "dispatcher": {NEAR, PART},
    "other_dispatcher": {OTHER},
    "head": {NEAR, PART},
    "district_dispatcher": {NEAR, OTHER, PART},
    "far_dispatcher": {FAR},
    "city_dispatcher": {NEAR, OTHER, FAR, PART},
    "urban": set[str](),
    "fire": {PART},
    "police": set[str](),
    "far_urban": set[str](),
    "supervisor": {NEAR, OTHER, PART},
    "leader": {NEAR, OTHER, PART},
    "mayor": {NEAR, OTHER, FAR, PART},
    "system_admin": set[str](),
    "security_admin": set[str](),
    "audit_admin": set[str](),
    "public": set[str](),
}


@pytest.fixture
def cases(city: City) -> dict[str, Case]:
    """One case in the street, one in the next, one in the other district, one with a part of a department."""
    return {
        NEAR: filed(GRID),
        OTHER: filed("990101002001001"),
        FAR: filed(FAR_GRID),
        PART: dispatched(city, filed(GRID)),
    }


def actor(city: City, who: str) -> Actor:
    return PUBLIC if who == "public" else city.actor(who)


def names(cases: dict[str, Case], found: Any) -> set[str]:
    by_id = {case.pk: name for name, case in cases.items()}
    return {by_id[case.pk] for case in found}


def test_every_post_of_the_city_is_in_the_matrix(city: City) -> None:
    assert set(SEES) == {*city.posts, "public"}


@pytest.mark.parametrize("who", SEES)
def test_lists_counts_search_and_detail_show_the_same(city: City, cases: dict[str, Case], who: str) -> None:
    me, sees = actor(city, who), SEES[who]
    assert names(cases, queries.worklist(me, "all")) == sees
    for code in WORKLISTS:
        assert names(cases, queries.worklist(me, code)) <= sees, code
    numbers = queries.counts(me, WORKLISTS)
    assert numbers == {code: queries.worklist(me, code).count() for code in WORKLISTS}
    assert names(cases, Filter.read({"q": "消防通道"}).apply(queries.worklist(me, "all"))) == sees
    lng, lat = cases[NEAR].lng, cases[NEAR].lat
    assert names(cases, (one.case for one in queries.nearby(lng, lat, actor=me))) <= sees
    assert names(cases, (task.case for task in queries.open_tasks(me).items)) <= sees
    for name, case in cases.items():
        by_number = Filter.read({"q": case.number}).apply(queries.worklist(me, "all"))
        assert names(cases, by_number) == sees & {name}
        if name in sees:
            assert queries.detail(me, case.number).pk == case.pk
        else:
            # whoever reports for others may add to a case of the area that they do not see
            assert {offer.move.name for offer in queries.may_do(me, case)} <= {"join"}
            with pytest.raises(NotFound):
                queries.detail(me, case.number)


@pytest.mark.parametrize("who", SEES)
def test_an_export_holds_what_is_seen_by_who_may_export(city: City, cases: dict[str, Case], who: str) -> None:
    me = actor(city, who)
    if me.can("cases.export"):
        assert names(cases, queries.export(me, "all", Filter())) == SEES[who]
    else:
        with pytest.raises(NotAllowed):
            queries.export(me, "all", Filter())


def holds(me: Actor, ability: str, case: Case) -> bool:
    """The rule told a second time, plainly, to be compared with the filter."""
    return any(
        (scope is Scope.AREA and bool(me.area) and case.area.startswith(me.area))
        or (scope is Scope.UNIT and me.unit in case.units)
        or (scope is Scope.HELD and case.holder_id == me.unit and case.area.startswith(me.area))
        for scope in me.scopes(ability)
    )


@pytest.mark.parametrize("name", flow.moves)
def test_a_move_is_made_only_where_its_ability_holds(city: City, cases: dict[str, Case], name: str) -> None:
    move = flow.moves[name]
    for who, sees in SEES.items():
        me = actor(city, who)
        for place, case in cases.items():
            may = holds(me, move.ability, case)
            version = Case.objects.get(pk=case.pk).version
            with pytest.raises(Refusal) as refused:
                actions.move(me, case_id=case.pk, move=name, given={"no_such_field": 1})
            refusal = type(refused.value)
            if not may and place not in sees:
                assert issubclass(refusal, NotFound), (who, place)
            elif case.state not in move.start:
                assert issubclass(refusal, WrongState), (who, place)
            elif not may:
                assert issubclass(refusal, NotAllowed), (who, place)
            else:  # a guard, or the input, which is wrong
                assert issubclass(refusal, WrongState | Invalid), (who, place)
            assert Case.objects.get(pk=case.pk).version == version


READS: dict[str, Any] = {
    "worklist": lambda me, case: list(queries.worklist(me, "all")),
    "counts": lambda me, case: sum(queries.counts(me, WORKLISTS).values()),
    "export": lambda me, case: list(queries.export(me, "all", Filter())),
    "detail": lambda me, case: queries.detail(me, case.number),
    "may_do": lambda me, case: queries.may_do(me, case),
    "nearby": lambda me, case: queries.nearby(case.lng, case.lat, actor=me),
    "open_tasks": lambda me, case: queries.open_tasks(me).items,
    "move": lambda me, case: actions.move(me, case_id=case.pk, move="comment", given={"opinion": "好的"}),
    "move_many": lambda me, case: [
        outcome.record
        for outcome in actions.move_many(me, move="accept", cases=[(case.pk, None)])
        if outcome.record
    ],
}


@pytest.mark.parametrize("read", READS)
def test_everything_goes_through_the_one_filter(
    city: City, cases: dict[str, Case], read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the filter lets nothing through, nothing is seen and nothing moves, whoever asks."""

    def nothing(actor: Actor, ability: str, prefix: str = "") -> Q:
        return access.NOTHING

    monkeypatch.setattr(access, "filter_of", nothing)
    monkeypatch.setattr(performing, "filter_of", nothing)
    for who in ("dispatcher", "city_dispatcher", "mayor", "fire"):
        me = actor(city, who)
        try:
            assert not READS[read](me, cases[PART]), who
        except (NotFound, NotAllowed):
            continue
    assert set(Case.objects.values_list("version", flat=True)) == {1, 2}


def test_the_filter_is_in_the_query_itself(city: City, cases: dict[str, Case]) -> None:
    """Rows are cut by the database, not after they were fetched."""
    for read in ("worklist", "export", "detail", "nearby"):
        with CaptureQueriesContext(connection) as asked:
            READS[read](city.actor("dispatcher"), cases[NEAR])
        assert any("\"township\" = '990101001'" in query["sql"] for query in asked), read


NOT_PUBLIC = {  # who reaches a case that is not public, besides the unit that has a part in it
    "dispatcher",
    "head",
    "district_dispatcher",
    "city_dispatcher",
    "supervisor",
}


@pytest.mark.parametrize("who", SEES)
def test_what_is_not_public_needs_its_own_ability(city: City, cases: dict[str, Case], who: str) -> None:
    Case.objects.update(sensitive=True)
    me = actor(city, who)
    apart = {"other_dispatcher", "far_dispatcher"}  # the same role as the dispatcher's, elsewhere
    sees = SEES[who] if who in NOT_PUBLIC | apart | {"fire"} else set[str]()
    assert names(cases, queries.worklist(me, "all")) == sees
    for name, case in cases.items():
        if name not in sees:
            with pytest.raises(NotFound):
                queries.detail(me, case.number)
            with pytest.raises(NotFound):
                actions.move(me, case_id=case.pk, move="comment", given={"opinion": "看不到"})
    if me.can("cases.oversee"):  # figures count every case of the area
        counted = indicators.whole(indicators.seen_by(me), [indicators.OPEN], Period.days(1))
        assert counted[indicators.OPEN.code].numerator == len(SEES[who])


def test_who_may_add_a_report_is_not_told_of_the_case(city: City, cases: dict[str, Case]) -> None:
    """A clerk who reports for others joins a case of the area by its number, and sees no more of it."""
    clerk, case = city.actor("urban"), cases[NEAR]
    with pytest.raises(NotFound):
        queries.id_of(clerk, case.number)
    filed_too = actions.join(clerk, number=case.number, given=new_report(GRID), channel="department")
    assert filed_too.case.reports_count == 2
    with pytest.raises(NotFound):
        queries.detail(clerk, case.number)


def test_a_department_reads_its_part_wherever_it_is(city: City, cases: dict[str, Case]) -> None:
    far = filed(FAR_GRID)
    Case.objects.filter(pk=far.pk).update(units=[city.unit(FIRE)])
    assert queries.detail(city.actor("fire"), far.number).pk == far.pk
