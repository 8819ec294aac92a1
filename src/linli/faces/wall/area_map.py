"""The map of the wall: grids by open cases, and points of what is urgent or overdue."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from linli.domains.cases import indicators
from linli.faces.wall import addresses
from linli.faces.wall.sight import Sight
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level, ancestors
from linli.kernel.areas.queries import grids_geojson
from linli.kernel.areas.tree import Held
from linli.kernel.clocks.models import Urgency
from linli.kernel.insight.figures import Figure
from linli.lib.time import now

SCALES = ((1, 2, 4, 8), (1, 5, 10, 20), (1, 10, 25, 50), (1, 50, 100, 200), (1, 200, 500, 1000))
"""Steps of the four shades: from so many open cases on."""
MOST_POINTS = {Level.CITY: 120, Level.DISTRICT: 160}
MOST_MAPS = 32
MANY_POINTS = 300
"""So many points can be told apart on a screen; the most urgent come first, then the longest overdue."""
MOST_AREAS = 1_500
"""So many areas can be told apart on a screen."""
FINEST_FIRST = (Level.GRID, Level.COMMUNITY, Level.TOWNSHIP, Level.DISTRICT)
SIMPLIFY_METRES = {Level.CITY: 15.0, Level.DISTRICT: 5.0}
"""What a screen cannot show is not sent."""

NOTHING = "没有在办事件"
NUMBER = "0000000000"
"""In the place of a case's number, to put an address together once for all cases."""

Collection = dict[str, Any]


@dataclass(frozen=True)
class AreaMap:
    """The map of one sight."""

    sight: Sight

    @cached_property
    def shaded(self) -> Level:
        """The finest level, down to the grid, of which there are no more areas than a screen can show."""
        numbers = Counter(node.level for node in areas.subtree(self.sight.area))
        levels = [level for level in FINEST_FIRST if level.width >= self.sight.level.width]
        return next((level for level in levels if numbers[level] <= MOST_AREAS), levels[-1])

    @cached_property
    def counts(self) -> dict[str, dict[str, Figure]]:
        """Open and overdue cases by shaded area; one query."""
        wanted = (indicators.OPEN, indicators.OVERDUE)
        return indicators.by_area(self.sight.cases, wanted, self.sight.today, self.shaded)

    @cached_property
    def scale(self) -> tuple[int, ...]:
        """The steps in use: the finest scale that the busiest grid does not leave behind."""
        busiest = max((one[indicators.OPEN.code].numerator for one in self.counts.values()), default=0)
        return next((one for one in SCALES if busiest < 2 * one[-1]), SCALES[-1])

    @property
    def legend(self) -> list[tuple[int, str]]:
        """(shade, words) from none to most."""
        starts = [0, *self.scale]
        ends = [start - 1 for start in starts[1:]]
        spans = [str(a) if a == b else f"{a}–{b}" for a, b in zip(starts, ends, strict=False)]
        return list(enumerate([*spans, f"≥{starts[-1]}"]))

    @cached_property
    def marks(self) -> dict[str, tuple[int, str]]:
        """``{grid: (shade, words)}`` for grids with open cases."""
        return {code: self._mark(figures) for code, figures in self.counts.items() if code}

    def _mark(self, figures: dict[str, Figure]) -> tuple[int, str]:
        number = figures[indicators.OPEN.code].numerator
        late = figures[indicators.OVERDUE.code].numerator
        shade = sum(number >= step for step in self.scale)
        if late:
            return shade, _("在办 %(n)d 件，超期 %(late)d 件") % {"n": number, "late": late}
        return shade, _("在办 %(n)d 件") % {"n": number}

    def areas(self) -> Collection:
        """The grids, shaded; beneath them the areas one level down, which carry the names."""
        return {"type": "FeatureCollection", "features": [*self._named(), *self._grids()]}

    def _grids(self) -> list[Collection]:
        named = self.sight.level in (Level.COMMUNITY, Level.GRID)
        pattern, nothing = _("%(name)s：%(detail)s"), (0, _(NOTHING))
        shaded = []
        for feature in _features(self.sight, self.shaded):
            code, name = feature["properties"]["code"], feature["properties"]["name"]
            shade, detail = self.marks.get(code, nothing)
            properties = {
                "code": code,
                "name": name if named else "",
                "detail": detail if named else pattern % {"name": name, "detail": detail},
                "shade": shade,
                "url": self._down(code),
            }
            shaded.append(feature | {"properties": properties})
        return shaded

    def _down(self, grid: str) -> str:
        """A click goes one level down; in a grid to the list of its open cases."""
        if grid == self.sight.area:
            return addresses.behind(self.sight.actor, indicators.OPEN, grid, self.sight.today)
        path = itertools.chain(ancestors(grid), [grid])
        below = next(code for code in path if len(code) > len(self.sight.area))
        if below not in self._walls:
            self._walls[below] = addresses.wall(below)
        return self._walls[below]

    @cached_property
    def _walls(self) -> dict[str, str]:
        """Addresses of the areas one level down: many grids lead to the same."""
        return {}

    def _named(self) -> list[Collection]:
        below = {Level.CITY: Level.DISTRICT, Level.DISTRICT: Level.TOWNSHIP, Level.TOWNSHIP: Level.COMMUNITY}
        level = below.get(self.sight.level)
        return _features(self.sight, level) if level and level is not self.shaded else []

    def points(self) -> Collection:
        """Open cases that are urgent or overdue, no more than can be told apart.

        Sensitive cases are not shown: a point may be somebody's home.
        """
        most = MOST_POINTS.get(self.sight.level, MANY_POINTS)
        open_ = self.sight.cases.records.filter(indicators.IS_OPEN, sensitive=False)
        shown: list[Point] = []
        # each by an index in the order in which it is shown, the later ones only where there is still room
        for some in (
            Q(urgency="very_urgent"),
            Q(urgency="urgent"),
            Q(urgency="normal", stage_due_at__lte=now()),
        ):
            found = open_.filter(some).order_by("stage_due_at", "id")
            shown += map(Point._make, found.values_list(*Point._fields)[: most - len(shown)])
            if len(shown) == most:
                break
        return {"type": "FeatureCollection", "features": _features_of(shown)}


def _features(sight: Sight, level: Level) -> list[Collection]:
    key = sight.area, level, SIMPLIFY_METRES.get(sight.level, 0.0)
    maps = _maps.get()
    if key not in maps:
        if len(maps) >= MOST_MAPS:
            maps.clear()
        area, _level, simplify = key
        maps[key] = orjson.loads(grids_geojson(area, level=level, simplify=simplify))["features"]
    return maps[key]


def _no_maps() -> dict[tuple[str, Level, float], list[Collection]]:
    return {}


_maps = Held(_no_maps)
"""Features as they are drawn, once for each number of the tree; not to be changed by who reads them."""


class Point(NamedTuple):
    """What the map shows of a case."""

    number: str
    title: str
    urgency: str
    stage_due_at: dt.datetime | None
    lng: float
    lat: float


def _features_of(points: Iterable[Point]) -> list[Collection]:
    at, comma, late = now(), _("，"), _("已超期")
    urgent = {level.value: _(level.label) if level is not Urgency.NORMAL else "" for level in Urgency}
    url = reverse("desk:case", args=[NUMBER])
    found = []
    for point in points:
        is_late = point.stage_due_at is not None and point.stage_due_at <= at
        words = (point.title, urgent[point.urgency], late if is_late else "")
        properties = {
            "name": comma.join(word for word in words if word),
            "url": url.replace(NUMBER, point.number),
            "tone": "danger" if is_late else "warning",
        }
        place = {"type": "Point", "coordinates": [round(point.lng, 6), round(point.lat, 6)]}
        found.append({"type": "Feature", "geometry": place, "properties": properties})
    return found
