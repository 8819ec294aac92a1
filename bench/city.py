"""A city of any size, made or opened: what is in it, how large it is, and whether it is as it should be."""

from __future__ import annotations

import os
import time
from statistics import median
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Count, Prefetch

from bench.figures import keep
from bench.ground import Ground, posts
from linli.domains.cases import queries
from linli.domains.cases.models import Case, CaseText, Report
from linli.domains.cases.texts import case_text
from linli.kernel.access.actor import actor_of
from linli.kernel.journal.verify import verify

if TYPE_CHECKING:
    from bench.main import Settings

ROLES = ("grid_worker", "dispatcher", "clerk")
LISTS = ("todo", "overdue", "closed", "all")
ASKED = 20
"""People of a role whose lists are counted."""
LOOKED_AT = 2_000
"""Cases whose search words and tags are compared with the platform's."""


def run(base: Ground, chosen: Settings) -> None:
    """Make the city of ``chosen.cases`` unless it is there, and tell what it is like."""
    base.city(chosen.cases)
    found: dict[str, object] = {
        "database": base.conninfo(),
        "states": dict(Case.objects.values_list("state").annotate(Count("pk")).order_by("state")),
        "days": _days(),
        "lists": {role: _lists(role) for role in ROLES},
        "bytes_per_case": _bytes(chosen.cases),
    }
    if chosen.verify:
        found["verify"] = _verified()
    for name, value in found.items():
        print(f"  {name}: {value}")
    keep("city", {"cases": chosen.cases, **found}, [])


def _days() -> float:
    """From the first report to the last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM max(opened_at) - min(opened_at)) / 86400 FROM cases_case")
        return round(float(cursor.fetchone()[0]), 1)


def _lists(role: str) -> dict[str, dict[str, float]]:
    """How many cases some people of a role have in their lists: the middle one, and the one with most."""
    everybody = posts(role)
    some = everybody[:: max(1, len(everybody) // ASKED)]
    told = {}
    for code in LISTS:
        numbers = [queries.worklist(actor_of(post), code).count() for post in some]
        told[code] = {"median": median(numbers), "most": max(numbers)}
    return told


def _bytes(cases: int) -> dict[str, int]:
    """Bytes per case on disk, indexes included, by the families of tables that matter; ``all`` of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(parent.relname, c.relname), sum(pg_total_relation_size(c.oid))::bigint"
            " FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
            " LEFT JOIN pg_class parent ON parent.oid = i.inhparent"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY 1 ORDER BY 2 DESC"
        )
        sizes = {name: int(size) // cases for name, size in cursor.fetchall()}
    return {"all": sum(sizes.values())} | {name: size for name, size in sizes.items() if size}


def _verified() -> dict[str, object]:
    begun = time.perf_counter()
    report = verify(processes=os.cpu_count() or 1)
    return {
        "seconds": round(time.perf_counter() - begun, 1),
        "entries": report.entries,
        "chains": report.chains,
        "roots": report.roots,
        "problems": report.problems[:20],
        "astray": _astray(),
    }


def _astray() -> list[str]:
    """Numbers of the last cases that are found by other words or tags than the platform writes."""
    reports = Prefetch("reports", Report.objects.order_by("pk"))
    cases = Case.objects.order_by("-pk").prefetch_related(reports)[:LOOKED_AT]
    kept = CaseText.objects.in_bulk([case.pk for case in cases])
    found = []
    with connection.cursor() as cursor:
        for case in cases:
            is_, should_be = kept[case.pk], case_text(case, (report.text for report in case.reports.all()))
            cursor.execute(
                "SELECT (%s::tsvector, %s::tsvector) = (%s::tsvector, %s::tsvector)",
                [is_.words, is_.tags, should_be.words, should_be.tags],
            )
            found += [] if cursor.fetchone()[0] else [case.number]
    return found
