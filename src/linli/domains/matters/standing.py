"""Rules between lists: what no row can break by itself.

A committee takes part in a grid matter only under a matter of its own lists, and what the negative list
names may not come back into a list of the grid or a committee under another name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from linli.domains.matters.entries import COMMITTEE_KINDS, MatterEntry, entry_of
from linli.domains.matters.errors import Problem
from linli.domains.matters.kinds import ListKind, Performer
from linli.domains.matters.models import Matter
from linli.domains.matters.negative import NegativeRule, hits, rule_of

AREA_WIDTHS = (4, 6, 9, 12, 15, 18)


@dataclass(frozen=True)
class Standing:
    """What an entry is held against."""

    committee: frozenset[str]
    """codes of the committee lists"""
    negative: tuple[NegativeRule, ...]


def standing(
    area: str, *, given: Iterable[tuple[str, MatterEntry]] = (), replaced: Collection[str] = ()
) -> Standing:
    """What holds for ``area`` once ``given`` (kind, entry) has replaced the area's lists of those kinds."""
    above = [area[:width] for width in AREA_WIDTHS if width <= len(area)]
    stored = (
        Matter.objects.filter(valid_to__isnull=True, area__in=above)
        .exclude(area=area, list__kind__in=replaced)
        .select_related("list")
        .prefetch_related("limits")
    )
    entries = [(row.list.kind, entry_of(row)) for row in stored] + list(given)
    return Standing(
        committee=frozenset(entry.code for kind, entry in entries if kind in COMMITTEE_KINDS),
        negative=tuple(rule_of(entry) for kind, entry in entries if kind == ListKind.NEGATIVE),
    )


def check_entry(entry: MatterEntry, kind: str, held: Standing, *, file: str = "") -> list[Problem]:
    """What is wrong with an entry beside the other lists."""
    missing = [code for code in entry.committee_matters if code not in held.committee]
    problems = [
        Problem(file, entry.code, "committee_matters", f"居（村）委会自治、协助清单中没有 {code}")
        for code in missing
    ]
    if kind == ListKind.NEGATIVE or not {Performer.GRID_WORKER, Performer.COMMITTEE} & set(entry.performers):
        return problems
    return problems + [
        Problem(file, entry.code, name, str(hit))
        for name in ("name", "action_detail")
        for hit in hits(getattr(entry, name), held.negative)
    ]
