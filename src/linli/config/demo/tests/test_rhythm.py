from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import shapely

from linli.config.demo.divisions import fictional
from linli.config.demo.geometry import CityMap, make_city
from linli.config.demo.names import Namer
from linli.config.demo.places import Place, make_places
from linli.config.demo.rhythm import CHANNELS, Subject, YearPlan, draw_year
from linli.lib.time import LOCAL

UNTIL = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)
SUBJECTS = (
    Subject("WG-SR-11", "社会生活噪声", "市容环境/噪声/社会生活噪声", "police", True),
    Subject("WG-TF-05", "积水内涝", "突发情况/积水内涝", "water", True),
    Subject("WG-AQ-15", "违规燃放烟花爆竹", "安全隐患/消防/烟花爆竹", "police", True),
    Subject("BM-04", "供暖不热", "民生/供暖", "heating", False),
)


@cache
def town() -> tuple[CityMap, list[Place]]:
    namer = Namer(np.random.default_rng(4))
    city = make_city(fictional(np.random.default_rng(4), namer, scale=0.25), seed=4, grids=100)
    return city, make_places(city, namer, seed=4)


def draw(count: int = 8_000, seed: int = 4) -> YearPlan:
    city, places = town()
    return draw_year(
        SUBJECTS, places, city, count=count, until=UNTIL, is_workday=lambda day: day.weekday() < 5, seed=seed
    )


def months(year: YearPlan, subject: int) -> np.ndarray:
    months = [year.instant(i).astimezone(LOCAL).month for i in np.flatnonzero(year.subject == subject)]
    return np.bincount(months, minlength=13)


def test_the_year_ends_now_and_runs_forward() -> None:
    year = draw()
    assert len(year) == 8_000
    assert (np.diff(year.opened_at.astype("int64")) >= 0).all()
    assert year.instant(0) >= UNTIL - dt.timedelta(days=365)
    assert year.instant(7_999) < UNTIL


def test_every_pin_lies_in_its_grid() -> None:
    city, _ = town()
    year = draw()
    assert shapely.contains_xy(city.polygons[year.grid], year.lng, year.lat).all()


def test_the_same_seed_gives_the_same_year() -> None:
    first, again, other = draw(), draw(), draw(seed=5)
    assert (first.lng == again.lng).all()
    assert (first.pace == again.pace).all()
    assert not (first.lng == other.lng).all()


def test_matters_keep_their_seasons() -> None:
    year = draw()
    noise, flood, fireworks, heating = (months(year, subject) for subject in range(4))
    assert noise[7:9].sum() > 2 * noise[1:3].sum()
    assert flood[6:8].sum() > flood[10:13].sum()
    assert fireworks[2] > 0.4 * fireworks.sum()
    assert heating[5:10].sum() < 0.1 * heating.sum()


def test_grid_workers_report_in_working_hours_and_not_what_is_not_theirs() -> None:
    year = draw()
    patrol = year.channel == CHANNELS.index("patrol")
    local = [year.instant(i).astimezone(LOCAL) for i in np.flatnonzero(patrol)]
    assert np.mean([8 <= one.hour < 18 for one in local]) > 0.75
    assert not (patrol & (year.subject == 3)).any()


def test_some_grids_are_hot_spots() -> None:
    city, _ = town()
    per_grid = np.bincount(draw().grid, minlength=len(city.grids))
    assert np.percentile(per_grid, 95) > 2 * np.median(per_grid)


def test_most_cases_go_well_and_some_do_not() -> None:
    year = draw()
    assert 0.03 < (year.pace > 1).mean() < 0.3
    assert 0 < (year.hand_backs == 2).mean() < (year.hand_backs == 1).mean() < 0.2
    assert 0 < (year.answer == -1).mean() < 0.2 * (year.answer == 1).mean()
    assert not (year.is_on_spot & (year.channel != CHANNELS.index("patrol"))).any()
