"""Who has most to do, whose case it is, and who looks at whole areas."""

from __future__ import annotations

from django.db.models import Count

from bench.ground import posts
from linli.domains.cases import finding, queries
from linli.domains.cases.models import Case, Task
from linli.kernel.access.actor import actor_of
from linli.kernel.units.models import Post

MOST_ASKED = 30
"""Of so many people with most cases, the one with most on a list is taken."""


def busiest() -> dict[str, list[Post]]:
    """People of three roles who may see a part, those with most cases first."""
    return {
        "grid worker": _of_areas("grid_worker", "area"),
        "dispatcher": _of_areas("dispatcher", "township"),
        "clerk": _of_units("clerk"),
    }


def _of_areas(role: str, column: str) -> list[Post]:
    by_area = {one.area: one for one in posts(role)}
    areas = Case.objects.values_list(column).annotate(n=Count("pk")).order_by("-n")
    return [by_area[area] for area, _ in areas if area in by_area][:MOST_ASKED] or posts(role)[:1]


def _of_units(role: str) -> list[Post]:
    by_unit = {one.unit_id: one for one in posts(role)}
    units = Task.objects.values_list("unit_id").annotate(n=Count("pk")).order_by("-n")
    return [by_unit[unit] for unit, _ in units if unit in by_unit][:MOST_ASKED] or posts(role)[:1]


def cases_listed(post: Post, asked: dict[str, str], size: int) -> list[Case]:
    """The first cases of somebody's list, as many as fit on a page of ``size``."""
    return finding.page(actor_of(post), asked["list"], queries.Filter.read(asked), size=size).cases
