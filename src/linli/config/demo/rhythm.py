"""When, where and how the cases of a year arise and fare: arrays drawn from one seed.

Nothing here is written anywhere. ``draw_year`` says what the city is going to see; another step drives the
real flow with it. Weights are in ``data/rhythms.yaml`` and ``data/texts.yaml``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from linli.config.demo.data import read
from linli.config.demo.geometry import CityMap
from linli.config.demo.places import Place
from linli.config.demo.texts import Theme, theme_of
from linli.lib.time import LOCAL

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CHANNELS = ("patrol", "portal", "hotline", "desk", "push")
URGENCIES = ("normal", "urgent", "very_urgent")
RESULTS = ("solved", "explained", "not_in_competence", "withdrawn")
DAYS = 365
JITTER_DEGREES = 0.00035
"""How far (standard deviation) a report's pin lies from the place it is about: some 35 metres."""


@dataclass(frozen=True)
class Subject:
    """A matter as the generator needs it."""

    code: str
    name: str
    category: str
    function: str
    """The function that leads."""
    for_grid_worker: bool
    """Whether a grid worker may be asked to do something about it (else residents and departments report)."""


@dataclass(frozen=True)
class YearPlan:
    """N cases in order of time; every array has length N.

    ``outcome`` arrays say how a case is meant to fare; whether it gets so far before now is for the flow.
    """

    subjects: Sequence[Subject]
    themes: Sequence[Theme]
    opened_at: npt.NDArray[np.datetime64]
    """UTC, seconds."""
    subject: Ints
    """Index into ``subjects`` (and ``themes``)."""
    place: Ints
    """Index into the places."""
    grid: Ints
    """Index into ``CityMap.grids``."""
    lng: Floats
    lat: Floats
    channel: Ints
    """Index into ``CHANNELS``."""
    urgency: Ints
    """Index into ``URGENCIES``."""
    more_reports: Ints
    """How many other people report the same problem."""
    pace: Floats
    """Share of the handling limit that the lead unit takes; above 1 it is late."""
    hand_backs: Ints
    """How often the first dispatches go to the wrong unit: 0, 1 or 2 (then the centre decides)."""
    is_assisted: Flags
    is_extended: Flags
    is_suspended: Flags
    is_escalated: Flags
    is_on_spot: Flags
    """Found and solved by the grid worker in one step."""
    is_sent_back: Flags
    """The first verification fails."""
    answer: Ints
    """What the reporter answers: 1 solved, 0 nothing, -1 not solved (the case is reopened once)."""
    result: Ints
    """Index into ``RESULTS``."""

    def __len__(self) -> int:
        return len(self.opened_at)

    def instant(self, index: int) -> dt.datetime:
        """When case ``index`` is opened, aware, in UTC."""
        return dt.datetime.fromtimestamp(int(self.opened_at[index].astype("int64")), dt.UTC)


def draw_year(
    subjects: Sequence[Subject],
    places: Sequence[Place],
    city: CityMap,
    *,
    count: int,
    until: dt.datetime,
    is_workday: Callable[[dt.date], bool],
    seed: int,
) -> YearPlan:
    """``count`` cases of the 365 days before ``until`` (aware). The same arguments give the same year."""
    rng = np.random.default_rng([seed, 3])
    words = read("rhythms")
    themes = [theme_of(one.name, one.category, one.code) for one in subjects]
    subject = np.sort(rng.choice(len(subjects), count, p=_subject_shares(subjects, themes)))
    days = _days(until)
    weather = _spells(rng, words["spells"], len(days))
    opened = np.empty(count, dtype="datetime64[s]")
    place = np.empty(count, dtype=np.int64)
    channel = np.empty(count, dtype=np.int64)
    urgency = np.empty(count, dtype=np.int64)
    off = np.array([not is_workday(day) for day in days])
    for index, (one, theme) in enumerate(zip(subjects, themes, strict=True)):
        mine = np.flatnonzero(subject == index)
        if len(mine):
            channel[mine] = _pick(rng, _channel_weights(words, one, theme), CHANNELS, len(mine))
            opened[mine] = _instants(rng, words, theme, days, off, weather, channel[mine], until)
            place[mine] = _places(rng, places, theme, len(mine))
            table = words["urgency_of"].get(theme.code, words["urgency"])
            urgency[mine] = _pick(rng, table, URGENCIES, len(mine))
    order = np.argsort(opened, kind="stable")
    subject, place, channel = subject[order], place[order], channel[order]
    grid = np.array([one.grid for one in places])[place]
    lng, lat = _pins(rng, city, places, place, grid)
    return YearPlan(
        subjects=subjects,
        themes=themes,
        opened_at=opened[order],
        subject=subject,
        place=place,
        grid=grid,
        lng=lng,
        lat=lat,
        channel=channel,
        urgency=urgency[order],
        more_reports=_more_reports(rng, channel),
        **_outcomes(rng, words["work"], subjects, subject, channel, city, grid, seed),
    )


def _subject_shares(subjects: Sequence[Subject], themes: Sequence[Theme]) -> Floats:
    """A theme's weight is shared by its matters, unevenly, as lists are read from the top."""
    seen: dict[str, int] = {}
    shares = np.empty(len(subjects))
    for index, theme in enumerate(themes):
        seen[theme.code] = seen.get(theme.code, 0) + 1
        shares[index] = theme.weight / seen[theme.code] ** 0.7
    for index, theme in enumerate(themes):
        total = sum((n + 1) ** -0.7 for n in range(seen[theme.code]))
        shares[index] /= total
    return np.asarray(shares / shares.sum())


def _days(until: dt.datetime) -> list[dt.date]:
    last = until.astimezone(LOCAL).date()
    return [last - dt.timedelta(days=DAYS - n) for n in range(DAYS + 1)]


def _spells(rng: np.random.Generator, spells: Mapping[str, Any], days: int) -> dict[str, Floats]:
    """By season: factors per day for spells of weather."""
    factors: dict[str, Floats] = {}
    for season, spell in spells.items():
        factor = np.ones(days)
        for _ in range(int(spell["count"])):
            start = int(rng.integers(days))
            factor[start : start + int(rng.integers(spell["days"][0], spell["days"][1] + 1))] = spell[
                "factor"
            ]
        factors[season] = factor
    return factors


def _channel_weights(words: Mapping[str, Any], one: Subject, theme: Theme) -> dict[str, float]:
    weights = dict(words["channel_of"].get(theme.code, words["channels"]))
    if not one.for_grid_worker:
        weights["patrol"] = 0.0
    return weights


def _pick(rng: np.random.Generator, weights: Mapping[str, float], names: Sequence[str], count: int) -> Ints:
    shares = np.array([float(weights.get(name, 0.0)) for name in names])
    return rng.choice(len(names), count, p=shares / shares.sum())


def _instants(
    rng: np.random.Generator,
    words: Mapping[str, Any],
    theme: Theme,
    days: Sequence[dt.date],
    off: Flags,
    weather: Mapping[str, Floats],
    channel: Ints,
    until: dt.datetime,
) -> npt.NDArray[np.datetime64]:
    """Instants by month, weather, weekday, holiday and hour; grid workers mostly work on working days."""
    base = np.array([float(words["months"][theme.season][day.month - 1]) for day in days])
    base *= np.array([float(words["weekdays"][day.weekday()]) for day in days])
    base *= weather.get(theme.season, np.ones(len(days)))
    base *= _around_new_year(words, theme, days)
    midnights = np.array(
        [int(dt.datetime.combine(day, dt.time(), LOCAL).timestamp()) for day in days], dtype=np.int64
    )
    seconds = np.empty(len(channel), dtype=np.int64)
    for is_patrol in (True, False):
        mine = np.flatnonzero((channel == CHANNELS.index("patrol")) == is_patrol)
        factor = words["off_day"]["grid_worker" if is_patrol else "resident"]
        weights = base * np.where(off, factor, 1.0)
        hours = np.array(words["hours"]["office" if is_patrol else theme.hours], dtype=float)
        seconds[mine] = _moments(rng, midnights, weights, hours, len(mine), int(until.timestamp()))
    return seconds.astype("datetime64[s]")


def _moments(
    rng: np.random.Generator, midnights: Ints, weights: Floats, hours: Floats, count: int, last: int
) -> Ints:
    """``count`` moments within the year that ends at ``last`` (seconds of the epoch)."""
    moments = np.empty(0, dtype=np.int64)
    while len(moments) < count:
        day = rng.choice(len(midnights), 2 * count + 10, p=weights / weights.sum())
        hour = rng.choice(24, len(day), p=hours / hours.sum())
        drawn = midnights[day] + hour * 3600 + rng.integers(0, 3600, len(day))
        moments = np.concatenate([moments, drawn[(drawn < last) & (drawn >= last - DAYS * 86_400)]])
    return moments[:count]


def _around_new_year(words: Mapping[str, Any], theme: Theme, days: Sequence[dt.date]) -> Floats:
    """Factors for the weeks around the lunar New Year."""
    factor = float(words["around_new_year"].get(theme.code, 1.0))
    firsts = [dt.date.fromisoformat(day) for day in words["lunar_new_year"]]
    near = np.array([any(-9 <= (day - first).days <= 16 for first in firsts) for day in days])
    return np.where(near, factor, 1.0)


def _places(rng: np.random.Generator, places: Sequence[Place], theme: Theme, count: int) -> Ints:
    """Places of the kinds where the theme happens; hot spots differ from theme to theme."""
    kinds: dict[str, int] = {}
    for place in places:
        kinds[place.kind] = kinds.get(place.kind, 0) + 1
    weights = np.array(
        [theme.where.get(place.kind, 0.0) * place.heat / kinds[place.kind] for place in places]
    )
    if not weights.any():  # a small city may have no such place: then it happens anywhere
        weights = np.array([place.heat for place in places])
    weights *= rng.lognormal(0.0, 0.5, len(places))
    return rng.choice(len(places), count, p=weights / weights.sum())


def _pins(
    rng: np.random.Generator, city: CityMap, places: Sequence[Place], place: Ints, grid: Ints
) -> tuple[Floats, Floats]:
    """A pin near the place and inside its grid."""
    lng = np.array([one.lng for one in places])[place]
    lat = np.array([one.lat for one in places])[place]
    moved_lng = np.round(lng + rng.normal(0, JITTER_DEGREES, len(place)), 7)
    moved_lat = np.round(lat + rng.normal(0, JITTER_DEGREES, len(place)), 7)
    shapely.prepare(city.polygons)
    inside = shapely.contains_xy(city.polygons[grid], moved_lng, moved_lat)
    return np.where(inside, moved_lng, lng), np.where(inside, moved_lat, lat)


def _more_reports(rng: np.random.Generator, channel: Ints) -> Ints:
    """Most problems are reported once; some by two, a few by many."""
    by_residents = channel != CHANNELS.index("push")
    more = np.where(rng.random(len(channel)) < 0.07, 1 + rng.geometric(0.6, len(channel)) - 1, 0)
    return np.asarray(np.where(by_residents, np.minimum(more, 6), 0), dtype=np.int64)


def _outcomes(
    rng: np.random.Generator,
    work: Mapping[str, Mapping[str, float]],
    subjects: Sequence[Subject],
    subject: Ints,
    channel: Ints,
    city: CityMap,
    grid: Ints,
    seed: int,
) -> dict[str, Any]:
    """How each case fares, by the habits of the unit that leads: one set per function and township."""
    habits = _habits(work, subjects, city, seed)
    townships = {area.code: index for index, area in enumerate(city.areas[9])}
    township = np.array([townships[one.code[:9]] for one in city.grids])[grid]
    speed, spread, hand_back, extend, suspend, unsolved = (
        habits[:, :, column][subject, township] for column in range(6)
    )
    n = len(subject)
    chance = rng.random
    by_worker = channel == CHANNELS.index("patrol")
    on_spot = by_worker & (chance(n) < 0.34)
    handed_back = (chance(n) < hand_back) & ~on_spot
    answered = (channel != CHANNELS.index("push")) & ~by_worker & (chance(n) < 0.42)
    unhappy = answered & (chance(n) < unsolved)
    is_extended = (chance(n) < extend) & ~on_spot
    return {
        "pace": np.clip(speed * np.exp(spread * rng.normal(size=n)), 0.01, 6.0),
        "hand_backs": np.where(handed_back, 1 + (chance(n) < 0.18), 0),
        "is_assisted": (chance(n) < 0.16) & ~on_spot,
        "is_extended": is_extended,
        "is_suspended": (chance(n) < suspend) & ~on_spot & ~is_extended,
        "is_escalated": (chance(n) < 0.035) & ~on_spot,
        "is_on_spot": on_spot,
        "is_sent_back": (chance(n) < 0.55 * unsolved) & ~on_spot,
        "answer": np.where(unhappy, -1, np.where(answered, 1, 0)),
        "result": np.where(on_spot, 0, rng.choice(len(RESULTS), n, p=[0.885, 0.085, 0.018, 0.012])),
    }


def _habits(
    work: Mapping[str, Mapping[str, float]], subjects: Sequence[Subject], city: CityMap, seed: int
) -> Floats:
    """Shape (subjects, townships, 6): speed, spread and chances, by function and by district and township."""
    columns = ("speed", "spread", "hand_back", "extend", "suspend", "unsolved")
    codes = [area.code for area in city.areas[9]]
    functions = sorted({one.function for one in subjects})
    table = np.empty((len(functions), len(codes), len(columns)))
    for row, function in enumerate(functions):
        base = np.array([work.get(function, work["default"])[column] for column in columns])
        for column, code in enumerate(codes):
            district = np.random.default_rng([seed, 4, row, int(code[:6])]).lognormal(0.0, 0.22, len(base))
            township = np.random.default_rng([seed, 5, row, int(code)]).lognormal(0.0, 0.14, len(base))
            table[row, column] = base * district * township
    table[:, :, 2:] = np.minimum(table[:, :, 2:], 0.4)
    return table[[functions.index(one.function) for one in subjects]]
