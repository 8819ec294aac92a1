"""The figures over REST: the same as everywhere, cut to the post of the token."""

from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from tests.city import City

from linli.domains.cases.stats_api import StatsQuery, stats
from linli.domains.cases.tests.journeys import live
from linli.kernel.areas.errors import AreaNotFound
from linli.lib.errors import Invalid, NotAllowed
from linli.lib.time import now


def asked_by(city: City, word: str) -> HttpRequest:
    request = RequestFactory().get("/api/v1/stats")
    request.auth = city.actor(word)  # type: ignore[attr-defined]
    return request


def test_tells_an_area_and_the_areas_below_it(city: City) -> None:
    live(city, 12, seed=9, end=now())
    told = stats(asked_by(city, "mayor"), StatsQuery.model_validate({"from": "2026-01-01"}))
    reported = next(one for one in told.figures if one.code == "reported")
    below = [one for child in told.children for one in child.figures if one.code == "reported"]
    assert reported.numerator == sum(one.numerator for one in below) > 0
    assert {child.area for child in told.children} == {"990101", "990102"}
    assert all(one.source for one in told.figures)


def test_counts_nothing_outside_the_post(city: City) -> None:
    live(city, 12, seed=9, end=now())
    told = stats(asked_by(city, "leader"), StatsQuery(area="990102"))
    assert all(one.numerator == 0 for one in told.figures)


def test_refuses_posts_without_cases_unknown_areas_and_reversed_days(city: City) -> None:
    with pytest.raises(NotAllowed):
        stats(asked_by(city, "audit_admin"), StatsQuery())
    with pytest.raises(AreaNotFound):
        stats(asked_by(city, "mayor"), StatsQuery(area="990109"))
    with pytest.raises(Invalid):
        stats(asked_by(city, "mayor"), StatsQuery.model_validate({"from": "2026-02-01", "to": "2026-01-01"}))
