"""Found and solved on the spot: one step."""

from __future__ import annotations

import pytest
from tests.city import City, centre_of

from linli.domains.cases import actions
from linli.domains.cases.actions import SolvedOnTheSpot
from linli.domains.cases.models import Case, CaseResult, CaseState
from linli.kernel.clocks.models import Clock
from linli.kernel.journal.models import Entry
from linli.kernel.journal.verify import verify
from linli.lib.errors import NotAllowed

HERE, ELSEWHERE = "990101001001001", "990101002001001"


def solved(grid: str) -> SolvedOnTheSpot:
    lng, lat = centre_of(grid)
    return SolvedOnTheSpot(text="楼道堆放的纸箱", lng=lng, lat=lat, statement="当面劝导，已清走")


def test_is_one_entry_and_closed_with_its_result(city: City) -> None:
    case = actions.solve_on_the_spot(city.actor("worker"), given=solved(HERE)).case
    stored = Case.objects.get(pk=case.pk)
    assert (stored.state, stored.result, stored.on_the_spot) == (CaseState.CLOSED, CaseResult.SOLVED, True)
    assert list(Entry.objects.values_list("move", flat=True)) == ["solve_on_the_spot"]
    assert not Clock.objects.exists()
    assert verify().problems == []


@pytest.mark.parametrize(("who", "grid"), [("worker", ELSEWHERE), ("urban", HERE), ("dispatcher", HERE)])
def test_only_who_works_there_closes_in_one_step(city: City, who: str, grid: str) -> None:
    with pytest.raises(NotAllowed):
        actions.solve_on_the_spot(city.actor(who), given=solved(grid))
    assert not Case.objects.exists()
