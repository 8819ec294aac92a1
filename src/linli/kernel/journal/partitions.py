"""Monthly partitions of the journal: made ahead of time, never missed (a default partition catches all)."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from linli.lib.time import today


def month_after(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def ensure(first: dt.date | None = None, last: dt.date | None = None) -> list[str]:
    """Create the partitions of the months from ``first`` to ``last`` (default: this month and the next two).

    Months are those of UTC, as the instants are stored. Returns the names of those created.
    """
    month = (first or today()).replace(day=1)
    until = last or month_after(month_after(month))
    created = []
    with connection.cursor() as cursor:
        while month <= until:
            name = f"journal_entry_{month:%Y%m}"
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is None:
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF journal_entry"
                    " FOR VALUES FROM (%s) TO (%s)",
                    [f"{month:%Y-%m-%d} 00:00+00", f"{month_after(month):%Y-%m-%d} 00:00+00"],
                )
                # PostgreSQL hands row triggers down to partitions, but not those on TRUNCATE
                cursor.execute(
                    f"CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON {name}"
                    " FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()"
                )
                created.append(name)
            month = month_after(month)
    return created
