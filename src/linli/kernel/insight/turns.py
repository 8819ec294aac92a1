"""When records became open and when they ended, told from the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import connection

from linli.lib.time import LOCAL

Within = tuple[str, Sequence[Any]]
"""A query of record ids, with its parameters."""


def turns(
    family: str, final: Collection[str], since: dt.datetime, within: Within
) -> Iterator[tuple[int, dt.date, int]]:
    """``(record, day, net)``: times a record became open less times it ended, on each day from ``since`` on.

    A record begins by becoming open; one that is ended in its first entry never was.
    """
    ended = sorted(final)
    query, parameters = within
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT e.record_id, (e.at AT TIME ZONE %s)::date,
                   sum(CASE WHEN e.state = ANY(%s) THEN -1 ELSE 1 END)
            FROM journal_entry e
            LEFT JOIN journal_entry p
              ON p.record_id = e.record_id AND p.seq = e.seq - 1 AND p.district = e.district
            WHERE e.family = %s AND e.at >= %s AND e.record_id IN ({query})
              AND (e.state = ANY(%s)) <> coalesce(p.state = ANY(%s), true)
            GROUP BY 1, 2
            """,
            [str(LOCAL), ended, family, since, *parameters, ended, ended],
        )
        for pk, day, net in cursor:
            yield pk, day, int(net)
