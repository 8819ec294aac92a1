"""What the portal asks beyond the domains' own reads."""

from __future__ import annotations

from uuid import UUID

from linli.domains.cases.models import Case, Channel, Report
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level
from linli.kernel.areas.tree import Node

PLACES = 8
"""Places offered for a name."""


def filed_before(client_id: UUID | None) -> Report | None:
    """The report that was filed with this submission before, if it was."""
    if client_id is None:
        return None
    return Report.objects.filter(client_id=client_id, channel=Channel.PORTAL).first()


def first_number(report: Report) -> str:
    """The number on the reporter's slip: that of the case first opened, also after it was merged."""
    known = Case.objects.filter(pk=report.first_case).values_list("number", flat=True).first()
    return known or ""


def places(text: str) -> list[Node]:
    """Townships, communities and grids by name, larger ones first."""
    found = areas.search(text, limit=PLACES + 4)
    return [node for node in found if node.level not in (Level.CITY, Level.DISTRICT)][:PLACES]


def middle_of(code: str) -> tuple[float, float] | None:
    """(lng, lat) of a point inside an area; None where it has no boundary."""
    shape = areas.polygon(code)
    if shape is None:
        return None
    point = shape.representative_point()
    return round(point.x, 6), round(point.y, 6)


def city_code() -> str:
    """The first city of the tree; empty before any tree was loaded."""
    return next((city.code for city in areas.cities()), "")
