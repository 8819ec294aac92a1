"""How many records were open on a day, told from the journal."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TypeVar

from django.core.exceptions import EmptyResultSet

from linli.kernel.insight import standing
from linli.kernel.insight.declaration import Period
from linli.kernel.insight.ground import Ground
from linli.kernel.insight.turns import turns
from linli.kernel.records.models import Record

R = TypeVar("R", bound=Record)


def open_per_day(on: Ground[R], period: Period) -> dict[dt.date, int]:
    """How many records were open at the end of each day (today: now), told from the journal.

    A record that was closed and opened again counts on the days on which it was open, whatever it is now.
    Counted backwards from the present, so that only the moves since the first day are read.
    """
    present, risen = _standing(on, period) or _live(on, period)
    later = sum(net for day, net in risen.items() if day > period.last)
    stock, held = {}, present - later
    for day in reversed(period.dates):
        stock[day] = held
        held -= risen[day]
    return dict(sorted(stock.items()))


Turned = tuple[int, Counter[dt.date]]
"""How many are open now, and by how many more there were at the end of each day than of the day before."""


def _live(on: Ground[R], period: Period) -> Turned:
    risen: Counter[dt.date] = Counter()
    try:
        within = on.records.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # the viewer may see nothing, so that there is nothing to ask
        return 0, risen
    for _, day, net in turns(on.family, on.final, period.start, within):
        risen[day] += net
    return on.records.exclude(state__in=on.final).count(), risen


def _standing(on: Ground[R], period: Period) -> Turned | None:
    kept_ready = on.standing(period)
    if kept_ready is None:
        return None
    kept, area, _window = kept_ready
    names = {standing.of_day(standing.TURNS, day): day for day in period.dates}
    found = {name: number for _, name, number in standing.sums(kept, area, [standing.OPEN, *names])}
    return found.pop(standing.OPEN, 0), Counter({names[name]: number for name, number in found.items()})
