"""How many records were open on a day, told from the journal."""

from __future__ import annotations

import datetime as dt
from typing import TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection

from linli.kernel.insight.declaration import Period
from linli.kernel.insight.ground import Ground
from linli.kernel.records.models import Record
from linli.lib.time import LOCAL

R = TypeVar("R", bound=Record)


def open_per_day(on: Ground[R], period: Period) -> dict[dt.date, int]:
    """How many records were open at the end of each day (today: now), told from the journal.

    A record that was closed and opened again counts on the days on which it was open, whatever it is now.
    Counted backwards from the present, so that only the moves since the first day are read.
    """
    final = sorted(on.final)
    try:
        seen, parameters = on.records.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:  # the viewer may see nothing, so that there is nothing to ask
        return dict.fromkeys(period.dates, 0)
    present = on.records.exclude(state__in=final).count()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT (e.at AT TIME ZONE %s)::date AS day,
                   sum(CASE WHEN e.state = ANY(%s) THEN -1 ELSE 1 END)
            FROM journal_entry e
            LEFT JOIN journal_entry p ON p.record_id = e.record_id AND p.seq = e.seq - 1
            WHERE e.family = %s AND e.at >= %s AND e.record_id IN ({seen})
              AND (e.state = ANY(%s)) <> coalesce(p.state = ANY(%s), true)
            GROUP BY day
            """,
            [
                str(LOCAL),
                final,
                on.family,
                period.start,
                *parameters,
                final,
                final,
            ],
        )
        risen: dict[dt.date, int] = {day: int(net) for day, net in cursor.fetchall()}
    later = sum(net for day, net in risen.items() if day > period.last)
    stock, held = {}, present - later
    for day in reversed(period.dates):
        stock[day] = held
        held -= risen.get(day, 0)
    return dict(sorted(stock.items()))
