"""Who is on duty in a grid: the public notice of grid workers (网格员信息公示).

A worker's name, unit and post are duty information, published so that residents know whom they may expect;
nothing else about a worker is shown here, and nothing about how they work.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from linli.kernel.areas.levels import ancestors
from linli.kernel.areas.queries import names_of, paths_of
from linli.kernel.units.models import Post, UnitKind
from linli.kernel.units.queries import book

GRID_WORKER = "grid_worker"


@dataclass(frozen=True)
class Worker:
    name: str
    title: str
    unit: str


@dataclass(frozen=True)
class GridDuty:
    """A grid with those responsible for it. ``path`` names the areas above it."""

    code: str
    name: str
    path: str
    centre: str
    committee: str
    workers: tuple[Worker, ...]


def duties(grids: Collection[str]) -> list[GridDuty]:
    """The duty information of some grids, in the given order; one query whatever their number."""
    above = {grid: (grid, *reversed(ancestors(grid))) for grid in grids}
    wanted = {code for chain in above.values() for code in chain}
    by_area: dict[str, list[Worker]] = {}
    posts = Post.objects.valid().filter(role=GRID_WORKER, area__in=wanted)
    for post in posts.select_related("account", "unit").order_by("pk"):
        worker = Worker(str(post.account), post.title, post.unit.name)
        by_area.setdefault(post.area, []).append(worker)
    names, paths = names_of(grids), paths_of(grid[:12] for grid in grids)
    return [
        GridDuty(
            code=grid,
            name=names[grid],
            path=paths[grid[:12]],
            centre=_unit(grid[:9], UnitKind.CENTRE),
            committee=_unit(grid, UnitKind.COMMITTEE),
            # whoever stands nearest above: the grid's own worker, else the community's
            workers=tuple(next((by_area[code] for code in above[grid] if code in by_area), [])),
        )
        for grid in grids
    ]


def _unit(area: str, kind: UnitKind) -> str:
    unit = book().nearest(area, kind=kind)
    return unit.name if unit else ""
