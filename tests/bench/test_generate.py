"""A city made by the generator is one that the platform could have made."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.filling import numbers_of

from linli.lib.numbers import checks, number_of
from linli.lib.time import LOCAL
from tests.bench.test_smoke import measure

CASES = 5_000


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is told of a small city that has worked for some weeks."""
    data: Path = tmp_path_factory.mktemp("city")
    measure("city", data, "--cases", str(CASES), "--lives", "400", "--verify")
    (file,) = (data / "results").glob("city-*.json")
    told: dict[str, Any] = json.loads(file.read_bytes())
    return told


@pytest.mark.slow
def test_every_chain_and_every_seal_holds(city: dict[str, Any]) -> None:
    assert city["verify"]["problems"] == []
    assert city["verify"]["chains"] == CASES
    assert city["verify"]["roots"] >= int(city["days"])


@pytest.mark.slow
def test_cases_are_found_by_what_the_platform_would_have_written(city: dict[str, Any]) -> None:
    assert city["verify"]["astray"] == []


@pytest.mark.slow
def test_only_what_the_last_weeks_leave_open_is_open(city: dict[str, Any]) -> None:
    states = city["states"]
    still_open = sum(states.values()) - states["closed"]
    assert sum(states.values()) == CASES
    assert 0.05 < still_open / CASES < 0.3  # of 52 days of work a week or so
    assert {"handling", "verified", "closed"} <= set(states)  # what is in hand for days, whatever the hour


@pytest.mark.slow
def test_everybody_has_work(city: dict[str, Any]) -> None:
    for role, lists in city["lists"].items():
        assert all(lists[code]["most"] > 0 for code in ("todo", "overdue", "closed", "all")), role
        assert lists["todo"]["most"] < CASES / 5, role


def test_numbers_of_many_cases_are_those_of_single_ones() -> None:
    new_year = dt.datetime(2026, 1, 1, tzinfo=LOCAL)
    opened = [int((new_year + dt.timedelta(seconds=s)).timestamp()) for s in (-1, 0, 86_400, -40_000_000)]
    ids = [1000, 1_234_567, 12_345_678, 99_999_999]
    numbers = [number.decode() for number in numbers_of(opened, np.array(ids))]
    years = [2025, 2026, 2026, 2024]
    assert numbers == [number_of(year, pk) for year, pk in zip(years, ids, strict=True)]
    assert all(map(checks, numbers))
