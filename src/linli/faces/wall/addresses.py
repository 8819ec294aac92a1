"""The list behind a figure: the desk's own where it can say the same, else the figure's page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse

from linli.domains.cases import indicators
from linli.domains.cases import permissions as may
from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import sees_all
from linli.kernel.insight.conditions import Side
from linli.kernel.insight.declaration import Indicator, Period
from linli.kernel.insight.places import carried_on_by

DESK: dict[str, dict[str, str]] = {
    indicators.OPEN.code: {"list": "area"},
    indicators.OVERDUE.code: {"list": "overdue"},
    indicators.SOON.code: {"list": "soon"},
    indicators.SUPERVISED.code: {"list": "supervised"},
    **{one.code: {"list": "all", "state": state} for state, one in indicators.STAGES.items()},
}
"""Figures of the present, and the desk's list of the same cases."""

DATED = {indicators.REPORTED.code: ("all", "opened"), indicators.CLOSED.code: ("closed", "closed")}
"""Counts of a period, with the desk's list and the dates that narrow it."""


def behind(
    actor: Actor,
    indicator: Indicator,
    area: str,
    period: Period,
    *,
    side: Side = Side.COUNTED,
    category: str = "",
    holder: int | None = None,
    lead: int | None = None,
) -> str:
    """The address of the list that a figure has counted, down to a category or unit where one is given.

    A figure counts every case of its area. Whoever may not view all of them (some are not public) is led to
    the figure's own page, which has a row for each: the desk's list would be shorter than the figure.
    """
    plain = (
        sees_all(actor, may.VIEW)
        and holder is None
        and lead is None
        and side is Side.COUNTED
        and category != indicators.NO_CATEGORY
        and not carried_on_by(area)
    )
    if plain and (found := _desk(indicator, area, period, category)):
        return f"{reverse('desk:worklist')}?{urlencode(found)}"
    given = {
        "side": side.value if side is not Side.COUNTED else "",
        "area": area,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "category": category,
        "holder": holder,
        "lead": lead,
    }
    return figure(indicator, given)


def figure(indicator: Indicator, given: Mapping[str, str | int | None]) -> str:
    """A figure's own page; what is empty is left out of the address."""
    kept = {name: value for name, value in given.items() if value not in ("", None)}
    return f"{reverse('wall:figure', args=[indicator.code])}?{urlencode(kept)}"


def _desk(indicator: Indicator, area: str, period: Period, category: str) -> dict[str, str]:
    if indicator.code in DESK:
        found = dict(DESK[indicator.code])
    elif indicator.code in DATED:
        listed, dates = DATED[indicator.code]
        found = {
            "list": listed,
            f"{dates}_from": period.first.isoformat(),
            f"{dates}_to": period.last.isoformat(),
        }
    else:
        return {}
    return found | {"area": area} | ({"category": category} if category else {})


def wall(area: str) -> str:
    """The wall of an area."""
    return f"{reverse('wall:board')}?{urlencode({'area': area})}"
