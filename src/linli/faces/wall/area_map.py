"""The map of the wall: grids by open cases, and points of what is urgent or overdue."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.db.models import Case as Choose
from django.db.models import Q, When
from django.urls import reverse
from django.utils.translation import gettext as _

from linli.domains.cases import indicators
from linli.domains.cases.models import Case
from linli.faces.wall import addresses
from linli.faces.wall.sight import Sight
from linli.kernel.areas.levels import Level, ancestors
from linli.kernel.areas.queries import grids_geojson
from linli.kernel.insight.figures import Figure
from linli.lib.time import now

SCALES = ((1, 2, 4, 8), (1, 5, 10, 20), (1, 10, 25, 50), (1, 50, 100, 200), (1, 200, 500, 1000))
"""Steps of the four shades: from so many open cases on."""
MOST_POINTS = {Level.CITY: 120, Level.DISTRICT: 160}
MANY_POINTS = 300
"""So many points can be told apart on a screen; the most urgent come first, then the longest overdue."""
SIMPLIFY_METRES = {Level.CITY: 15.0, Level.DISTRICT: 5.0}
"""What a screen cannot show is not sent."""

NOTHING = "没有在办事件"

Collection = dict[str, Any]


@dataclass(frozen=True)
class AreaMap:
    """The map of one sight."""

    sight: Sight

    @cached_property
    def counts(self) -> dict[str, dict[str, Figure]]:
        """Open and overdue cases by grid; one query."""
        wanted = (indicators.OPEN, indicators.OVERDUE)
        return indicators.by_area(self.sight.cases, wanted, self.sight.today, Level.GRID)

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
        features = _features(self.sight, Level.GRID)
        for feature in features:
            properties = feature["properties"]
            code = properties["code"]
            shade, detail = self.marks.get(code, (0, _(NOTHING)))
            named = self.sight.level in (Level.COMMUNITY, Level.GRID)
            feature["properties"] = {
                "code": code,
                "name": properties["name"] if named else "",
                "detail": detail
                if named
                else _("%(name)s：%(detail)s") % {"name": properties["name"], "detail": detail},
                "shade": shade,
                "url": self._down(code),
            }
        return features

    def _down(self, grid: str) -> str:
        """A click goes one level down; in a grid to the list of its open cases."""
        if grid == self.sight.area:
            return addresses.behind(self.sight.actor, indicators.OPEN, grid, self.sight.today)
        path = itertools.chain(ancestors(grid), [grid])
        return addresses.wall(next(code for code in path if len(code) > len(self.sight.area)))

    def _named(self) -> list[Collection]:
        below = {Level.CITY: Level.DISTRICT, Level.DISTRICT: Level.TOWNSHIP, Level.TOWNSHIP: Level.COMMUNITY}
        level = below.get(self.sight.level)
        return _features(self.sight, level) if level else []

    def points(self) -> Collection:
        """Open cases that are urgent or overdue, no more than can be told apart.

        Sensitive cases are not shown: a point may be somebody's home.
        """
        waiting = Q(stage_due_at__lte=now()) | Q(urgency__in=["urgent", "very_urgent"])
        found = self.sight.cases.records.filter(indicators.IS_OPEN & waiting, sensitive=False)
        most = MOST_POINTS.get(self.sight.level, MANY_POINTS)
        urgency = Choose(When(urgency="very_urgent", then=0), When(urgency="urgent", then=1), default=2)
        shown = found.order_by(urgency, "stage_due_at", "id")[:most]
        return {"type": "FeatureCollection", "features": [_point(case) for case in shown]}


def _features(sight: Sight, level: Level) -> list[Collection]:
    drawn = grids_geojson(sight.area, level=level, simplify=SIMPLIFY_METRES.get(sight.level, 0.0))
    found: list[Collection] = orjson.loads(drawn)["features"]
    return found


def _point(case: Case) -> Collection:
    is_late = case.stage_due_at is not None and case.stage_due_at <= now()
    words = [
        case.title,
        _(case.get_urgency_display()) if case.urgency != "normal" else "",
        _("已超期") if is_late else "",
    ]
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(case.lng, 6), round(case.lat, 6)]},
        "properties": {
            "name": _("，").join(word for word in words if word),
            "url": reverse("desk:case", args=[case.number]),
            "tone": "danger" if is_late else "warning",
        },
    }
