"""How soon what moves leave behind is cleared away.

A row that is changed leaves its former self in the table and in every index until the table is vacuumed.
PostgreSQL waits until a fifth of all rows is dead. In a table that keeps all that ever was (decision 0014)
that is years, and then it leaves the indexes alone where few pages are concerned. Lists of work in hand would
go through all of it, since what is dead lies where most is moved: in the indexes of open work. So it is a
number of rows here, which grows little with the table, and the indexes are always cleared.
"""

from __future__ import annotations

from django.db import migrations

STORAGE = {
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_vacuum_scale_factor": "0.002",
    "vacuum_index_cleanup": "on",
}
"""Storage parameters of a record family's table: vacuumed after 1,000 changes and 2 more for each 1,000 rows
(21,000 in a city of ten million cases). Whoever changes them adds a step to every family's migrations."""


def kept_clear(table: str) -> migrations.RunSQL:
    """The step of a migration by which a record family's table has ``STORAGE``."""
    settings = ", ".join(f"{name} = {value}" for name, value in STORAGE.items())
    return migrations.RunSQL(
        f'ALTER TABLE "{table}" SET ({settings})', f'ALTER TABLE "{table}" RESET ({", ".join(STORAGE)})'
    )
