"""Lists of work after everything in hand has been moved many times over, and before.

A row that is changed leaves its former self behind until the database clears it away, most of all in the
indexes that lists of work are read from (``linli.kernel.records.upkeep``). A copy of a city is freshly
cleared; here its lists are measured again after more changes than a city of that size makes in months.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db import connection

from bench.client import get, view
from bench.figures import Run, keep, show
from bench.ground import Ground, Web, person, web
from bench.pages import Page, measure
from bench.people import busiest
from linli.domains.cases.models import IN_HAND, Case
from linli.lib.batches import batched

if TYPE_CHECKING:
    from bench.main import Settings

CHANGES = 20
"""Of each case in hand."""
BATCH = 500
"""Cases changed in one statement."""
MOVED = (
    "UPDATE cases_case SET stage_due_at = stage_due_at + interval '1 second', version = version + 1"
    " WHERE id = ANY(%s)"
)
LISTS = ("todo", "unit", "overdue")


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.copy(base.city(chosen.many))
    pages = _pages()
    with web(base) as site:
        fresh = _measured(base, site, pages, chosen)
        changed = _wear()
        time.sleep(chosen.settle_seconds)
        worn = _measured(base, site, pages, chosen)
    show(f"worn: {chosen.many:,} cases, freshly copied", fresh)
    show(f"worn: {chosen.many:,} cases, after {changed:,} changes of those in hand", worn)
    ratios = {one.name: _ratio(one, other) for one, other in zip(fresh, worn, strict=True)}
    print("  afterwards against before (p50): " + ", ".join(f"{k} {v:.2f}" for k, v in ratios.items()))
    keep("worn", {"cases": chosen.many, "changed": changed, "ratios": ratios}, [*fresh, *worn])
    return [*fresh, *worn]


def _pages() -> list[Page]:
    """What people turn over most, over REST and at the desk, where it is counted beside the tabs too."""
    pages = []
    for who, candidates in busiest().items():
        one = person(candidates[0])
        pages += [
            Page(f"{who}, {code}", [get("/api/v1/cases?" + urlencode({"list": code}), one.token)])
            for code in LISTS
        ]
        pages.append(Page(f"{who}, desk, todo", [view("/desk/?list=todo", one.session)]))
    return pages


def _measured(base: Ground, site: Web, pages: Sequence[Page], chosen: Settings) -> list[Run]:
    """Each page over HTTP."""
    return [measure(base, site, page, cases=chosen.many, repeats=chosen.repeats)[0] for page in pages]


def _wear() -> int:
    """Change all cases in hand over and over, as moves do; returns how many changes were made."""
    ids = list(Case.objects.filter(IN_HAND).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        for _ in range(CHANGES):
            for some in batched(ids, BATCH):
                cursor.execute(MOVED, [list(some)])
    return CHANGES * len(ids)


def _ratio(before: Run, after: Run) -> float:
    if before.spread is None or after.spread is None or not before.spread.p50:
        return 0.0
    return after.spread.p50 / before.spread.p50
