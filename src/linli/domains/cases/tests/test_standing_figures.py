"""Standing figures are the live ones, whatever has moved and however much time has passed."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.city import CITY, City

from linli.domains.cases import indicators
from linli.domains.cases.models import Case
from linli.domains.cases.tests import journeys
from linli.domains.cases.tests.journeys import END, live
from linli.domains.cases.tests.standing import STANDS, differences
from linli.domains.cases.tests.steps import GRID, dispatched, filed, go
from linli.kernel.insight import compiled, figures, keeping, standing
from linli.kernel.insight.conditions import columns_of, names_of
from linli.kernel.insight.declaration import Period
from linli.kernel.insight.models import Sum, Tally
from linli.kernel.insight.standing import local_day
from linli.lib.time import LOCAL, at, now


@pytest.mark.parametrize("seed", [3, 4])
def test_they_are_the_live_ones_while_cases_move_and_time_passes(city: City, seed: int) -> None:
    chance = random.Random(seed)
    live(city, 30, seed)
    moment = END
    for _ in range(6):
        moment += dt.timedelta(hours=chance.choice([0.1, 2, 9, 30, 24 * 8]))
        for pk in Case.objects.order_by("?").values_list("pk", flat=True)[: chance.randrange(6)]:
            journeys._step(city, chance, pk, moment)
        if chance.random() < 0.5:
            journeys._report(city, chance, moment)
        with at(moment):
            assert differences(city) == []


def test_the_next_day_is_ready_before_it_begins(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """At midnight every figure changes, and nothing is counted for it."""
    live(city, 40, seed=7)
    chance, moment = random.Random(7), END
    for _ in range(4):
        moment = dt.datetime.combine(local_day(moment), dt.time(23, 59, 50), LOCAL)
        with at(moment):
            keeping.keep(STANDS, ahead=1000)
            keeping.keep(STANDS, ahead=1000)
        with monkeypatch.context() as patched, at(moment + dt.timedelta(seconds=11)):
            patched.setattr(keeping, "FRESH", dt.timedelta(hours=1))  # nobody has looked since
            assert differences(city) == []
        tomorrow = local_day(moment + dt.timedelta(seconds=11))
        assert not Tally.objects.filter(turns_on__lte=tomorrow).exists(), "no record has to be looked at"
        moment += dt.timedelta(hours=chance.choice([3, 12]))
        for pk in Case.objects.order_by("?").values_list("pk", flat=True)[:5]:
            journeys._step(city, chance, pk, moment)
        with at(moment):
            assert differences(city) == []


def test_what_is_made_ready_for_the_next_day_changes_nothing_to_be_seen(city: City) -> None:
    live(city, 30, seed=7)
    with at(END):
        keeping.keep(STANDS)
    (day,) = Tally.objects.filter(turns_on__isnull=False).order_by("turns_on").values_list("turns_on")[0]
    with at(dt.datetime.combine(day - dt.timedelta(days=1), dt.time(12), LOCAL)):
        keeping.keep(STANDS)
        before = keeping.state_of(STANDS, CITY)
        turning = Tally.objects.filter(turns_on=day)
        assert turning.exists()
        keeping.keep(STANDS, ahead=1000)
        assert not turning.exists()
        assert keeping.state_of(STANDS, CITY) == before
        go(city.actor("dispatcher"), filed(GRID), "accept")
        keeping.keep(STANDS)
        assert keeping.state_of(STANDS, CITY) != before


def test_days_on_which_nobody_kept_are_made_up(city: City) -> None:
    live(city, 30, seed=8)
    moment = END
    for days in (1, 2, 3, 11, 29, 30, 31):
        with at(moment):
            keeping.keep(STANDS, ahead=days)  # some of the next day only
        moment += dt.timedelta(days=days)
        with at(moment):
            assert differences(city) == []


def test_what_is_kept_does_not_grow_with_the_days(city: City) -> None:
    live(city, 20, seed=9)
    for days in range(80):
        with at(END + dt.timedelta(days=days)):
            keeping.keep(STANDS, ahead=1000)
    assert not [name for name in Sum.objects.values_list("name", flat=True) if "@" in name]
    closed = Case.objects.filter(state="closed", supervised=False)
    # those of which nothing is left come and go here: the transaction of the test is older than their moves
    kept = Tally.objects.filter(record_id__in=closed.values("pk"), next_at=None)
    assert not kept.exclude(adds={}).exists()


def test_a_median_is_found_among_few(city: City) -> None:
    seconds = [10.0, 500.0, 500.5, 501.0, 9000.0, 90000.0]
    assert len({standing.bucket_of(one) for one in seconds[1:4]}) == 1
    for count in range(1, len(seconds) + 1):
        numbers = Counter(standing.bucket_of(one) for one in seconds[:count])
        with pytest.MonkeyPatch.context() as patched:
            found = [(str(bucket), number) for bucket, number in numbers.items()]
            patched.setattr(standing, "_beginning", lambda *asked, found=found: iter(found))
            first, last = (count - 1) // 2, count // 2
            buckets, before = standing._between(STANDS, CITY, "", first, last)
        among = [one for one in seconds[:count] if standing.bucket_of(one) in buckets]
        assert among[first - before : last - before + 1] == seconds[first : last + 1]


def test_a_supervision_that_waits_for_its_reply_counts_for_as_long(city: City) -> None:
    case = filed(GRID)
    case = go(
        city.actor("supervisor"), case, "supervise", unit=case.holder_id, opinion="请尽快办理", reply_within=8
    )
    go(city.actor("dispatcher"), case, "return", go_to="物业服务企业", reason="属于业主自行约定的事项")
    with at(now() + dt.timedelta(days=STANDS.longest + 5)):
        assert Case.objects.get(pk=case.pk).supervised
        assert differences(city) == []
        assert Sum.objects.get(area="", name="30:supervised_counted").number == 1


def test_nothing_is_looked_at_where_nothing_has_changed(city: City) -> None:
    for _ in range(3):
        filed(GRID)
    keeping.keep(STANDS)
    with CaptureQueriesContext(connection) as asked:
        keeping.keep(STANDS)
    assert not any("cases_case" in query["sql"] for query in asked)


def test_the_cost_of_keeping_is_that_of_what_has_moved(city: City) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            keeping.keep(STANDS)
        return len(asked)

    first = filed(GRID)
    keeping.keep(STANDS)
    go(city.actor("dispatcher"), first, "accept")
    one = cost()
    for case in [filed(GRID) for _ in range(20)]:
        go(city.actor("dispatcher"), case, "accept")
    assert cost() == one


def test_a_case_that_moves_to_another_area_is_counted_there(city: City) -> None:
    case = filed(GRID)
    keeping.keep(STANDS)
    go(city.actor("dispatcher"), case, "classify", matter=_matter(), area="990101001002001")
    keeping.keep(STANDS)
    told = dict(Sum.objects.filter(name="open").values_list("area", "number"))
    assert (told[GRID], told["990101001002001"], told["990101001"], told[""]) == (0, 1, 1, 1)
    assert differences(city) == []


def _matter() -> str:
    from linli.domains.matters import queries as matters

    return next(iter(matters.lists().by_id.values())).code


def test_the_numbers_behind_figures_are_named_as_they_are_counted() -> None:
    told = indicators.INDICATORS.values()
    assert list(names_of(told)) == list(columns_of(told, Period.days(30)))


def test_who_sees_only_a_part_is_counted_live(city: City) -> None:
    dispatched(city, filed(GRID))
    period = Period.days(1)
    for who, whole in (("mayor", CITY), ("leader", "990101"), ("fire", None), ("worker", None)):
        on = indicators.seen_by(city.actor(who))
        assert on.whole == whole, who
        told = figures._standing(on, [indicators.OPEN], period, None)
        assert (told is None) is (whole is None), who


def test_figures_of_a_kept_city_are_counted_anew_when_the_declaration_changes(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed(GRID)
    keeping.keep(STANDS)
    Sum.objects.all().delete()
    keeping.keep(STANDS)
    assert not Sum.objects.exists(), "nothing moved, so that nothing was looked at"
    monkeypatch.setattr(keeping, "_rests_on", lambda standing: "another")
    keeping.keep(STANDS)
    assert differences(city) == []


def test_what_follows_from_a_period_is_moved_to_another() -> None:
    """A statement that was put together for no period at all is the one that would be made for each."""
    period = Period(dt.date(2026, 2, 3), dt.date(2026, 3, 4), dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC))
    for given in (compiled.NEVER, period):
        hour = dt.timedelta(hours=7)
        asked = [
            given.start,
            given.end,
            given.at,
            given.at + hour,
            given.first,
            given.last,
            "x",
            5,
            compiled.THESE,
        ]
        statement = compiled.Statement("", asked, [])
        if given is compiled.NEVER:
            found = statement.of(period, [3, 4])
        else:
            assert found == [*asked[:-1], [3, 4]]
