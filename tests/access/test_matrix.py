"""Every list, count, export, search, detail and move of the domain, for every role, in and out of its area.

Here queries and actions are asked themselves; the doors in front of them have a file each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.domains.cases import actions, finding, indicators, queries
from linli.domains.cases import permissions as may
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case
from linli.domains.cases.queries import WORKLISTS, Filter
from linli.domains.cases.tests.steps import COMMITTEE, FAR_GRID, FIRE, GRID, filed, new_report
from linli.domains.cases.texts import HIDDEN_TITLE
from linli.domains.matters.errors import NotAdmitted
from linli.domains.matters.queries import refused_demands
from linli.kernel.access.roles import Scope
from linli.kernel.insight.declaration import Period
from linli.lib.errors import Invalid, NotAllowed, NotFound, Refusal, WrongState
from tests.access.sees import COUNTS, HIDDEN, NEAR, SEES, acting, places_of, unseen
from tests.city import City

Ids = dict[str, int]
Cases = dict[str, Case]


def test_every_post_of_the_city_is_in_the_matrix(city: City) -> None:
    assert set(SEES) == {*city.posts, "public"}


@pytest.mark.parametrize("who", SEES)
def test_lists_counts_search_and_detail_show_the_same(city: City, ids: Ids, cases: Cases, who: str) -> None:
    me, sees = acting(city, who), SEES[who]
    assert places_of(ids, queries.worklist(me, "all")) == sees
    for code in WORKLISTS:
        found = places_of(ids, queries.worklist(me, code))
        assert found <= sees, code
        assert places_of(ids, finding.page(me, code, Filter()).cases) == found, code
    numbers = finding.counts(me, WORKLISTS)
    assert numbers == {code: queries.worklist(me, code).count() for code in WORKLISTS}
    assert places_of(ids, Filter.read({"q": "消防通道"}).apply(queries.worklist(me, "all"))) == sees
    assert places_of(ids, finding.page(me, "all", Filter.read({"q": "消防通道"})).cases) == sees
    lng, lat = cases[NEAR].lng, cases[NEAR].lat
    assert (
        places_of(ids, (one.case for one in queries.nearby(lng, lat, text=cases[NEAR].title, actor=me)))
        <= sees
    )
    assert places_of(ids, (task.case for task in queries.open_tasks(me).items)) <= sees
    for place, case in cases.items():
        by_number = Filter.read({"q": case.number}).apply(queries.worklist(me, "all"))
        assert places_of(ids, by_number) == sees & {place}
        if place in sees:
            assert queries.detail(me, case.number).pk == case.pk
        else:
            # whoever reports for others may add to a case of the area that they do not see
            assert {offer.move.name for offer in queries.may_do(me, case)} <= {"join"}
            with pytest.raises(NotFound):
                queries.detail(me, case.number)


@pytest.mark.parametrize("who", SEES)
def test_an_export_holds_what_is_seen_by_who_may_export(city: City, ids: Ids, who: str) -> None:
    me = acting(city, who)
    if me.can("cases.export"):
        assert places_of(ids, finding.export(me, "all", Filter())) == SEES[who]
    else:
        with pytest.raises(NotAllowed):
            finding.export(me, "all", Filter())


@pytest.mark.parametrize("who", SEES)
def test_figures_count_what_is_seen_or_overseen(city: City, who: str) -> None:
    on = indicators.seen_by(acting(city, who))
    told = indicators.whole(on, [indicators.OPEN, *indicators.MOVES.values()], Period.days(1))
    assert told[indicators.OPEN.code].numerator == len(COUNTS[who])
    assert told["moves_report"].numerator == len(COUNTS[who])


def test_nobody_moves_what_they_do_not_see(city: City, cases: Cases) -> None:
    """Every move but adding a report, for every post; the moves take turns at the unseen cases."""
    for number, name in enumerate(name for name, move in flow.moves.items() if not move.unseen):
        for who in SEES:
            hidden = sorted(unseen(who))
            for place in hidden[number % max(len(hidden), 1) :][:1]:
                with pytest.raises(NotFound):
                    actions.move(acting(city, who), case_id=cases[place].pk, move=name, given={"no": 1})
    assert untouched(cases)


def test_a_report_is_added_unseen_only_where_one_may_add_and_the_case_is_public(
    city: City, cases: Cases
) -> None:
    for who in SEES:
        me = acting(city, who)
        for place in unseen(who):
            case = cases[place]
            over_area = Scope.AREA in me.scopes(may.JOIN) and case.area.startswith(me.area)
            with pytest.raises(Refusal) as refused:
                actions.move(me, case_id=case.pk, move="join", given={"no_such_field": 1})
            may_add = over_area and not case.sensitive
            assert isinstance(refused.value, Invalid if may_add else NotFound), (who, place)
    assert untouched(cases)


def untouched(cases: Cases) -> bool:
    now = dict(Case.objects.values_list("pk", "version"))
    return now == {case.pk: case.version for case in cases.values()}


def holds(city: City, who: str, ability: str, case: Case) -> bool:
    """The rule told a second time, plainly, to be compared with the filter."""
    me = acting(city, who)
    return any(
        (scope is Scope.AREA and case.area.startswith(me.area))
        or (scope is Scope.UNIT and me.unit in case.units)
        or (scope is Scope.HELD and case.holder_id == me.unit and case.area.startswith(me.area))
        for scope in me.scopes(ability)
    )


@pytest.mark.parametrize("name", flow.moves)
def test_a_move_is_made_only_where_its_ability_holds(city: City, cases: Cases, name: str) -> None:
    """One seen case of each kind for every post: waiting or in hand, within the ability or not."""
    move = flow.moves[name]
    for who in SEES:
        kinds = {
            (cases[place].state, holds(city, who, move.ability, cases[place])): cases[place]
            for place in sorted(SEES[who])
        }
        for (state, is_held), case in kinds.items():
            with pytest.raises(Refusal) as refused:
                actions.move(acting(city, who), case_id=case.pk, move=name, given={"no_such_field": 1})
            if state not in move.start:
                expected: Any = WrongState
            elif not is_held:
                expected = NotAllowed
            else:  # a guard, or the input, which is wrong
                expected = WrongState | Invalid
            assert isinstance(refused.value, expected), (who, case.state)
    assert untouched(cases)


def test_the_filter_is_in_the_query_itself(city: City, cases: Cases) -> None:
    """Rows are cut by the database, not after they were fetched."""
    me, case = city.actor("dispatcher"), cases[NEAR]
    reads: dict[str, Callable[[], Any]] = {
        "worklist": lambda: list(queries.worklist(me, "all")),
        "page": lambda: finding.page(me, "all", Filter()),
        "open work": lambda: finding.page(me, "unit", Filter()),
        "export": lambda: list(finding.export(me, "all", Filter())),
        "detail": lambda: queries.detail(me, case.number),
        "nearby": lambda: queries.nearby(case.lng, case.lat, text=case.title, actor=me),
    }
    for name, read in reads.items():
        with CaptureQueriesContext(connection) as asked:
            read()
        assert any("\"township\" = '990101001'" in query["sql"] for query in asked), name


def test_who_may_add_a_report_is_not_told_of_the_case(city: City, cases: Cases) -> None:
    """A clerk who reports for others joins a case of the area by its number, and sees no more of it."""
    clerk, case = city.actor("urban"), cases[NEAR]
    with pytest.raises(NotFound):
        actions.move(clerk, number=case.number, move="join", given={})
    filed_too = actions.join(clerk, number=case.number, given=new_report(GRID), channel="department")
    assert filed_too.case.reports_count == 2
    with pytest.raises(NotFound):
        queries.detail(clerk, case.number)


def test_a_department_reads_its_part_wherever_it_is(city: City) -> None:
    far = filed(FAR_GRID)
    Case.objects.filter(pk=far.pk).update(units=[city.unit(FIRE)])
    assert queries.detail(city.actor("fire"), far.number).pk == far.pk


def test_a_refused_demand_names_no_case_that_is_not_public(city: City, cases: Cases) -> None:
    """It is read by who oversees the lists, and need not be somebody who may know of the case."""
    given = {"lead": city.unit(COMMITTEE)}
    with pytest.raises(NotAdmitted):
        actions.move(city.actor("dispatcher"), case_id=cases[HIDDEN].pk, move="dispatch", given=given)
    (demand,) = refused_demands(city.actor("leader"))
    assert demand.demand == HIDDEN_TITLE
