"""The tags of cases: what their lists are narrowed by, besides place and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from linli.kernel.records.tags import of_day
from linli.lib.time import LOCAL

if TYPE_CHECKING:
    from linli.domains.cases.models import Case

OPEN = "open"
SUPERVISED = "supervised"
OPENED, CLOSED = "o", "d"
"""Kinds of days."""
MOST_HAND_BACKS = 9
"""Cases handed back more often are found like those handed back so often, and looked at."""


def of(case: Case) -> list[str]:
    """What a case is narrowed by. Where it is while open is no tag: that changes with every move."""
    found = [of_channel(case.channel), of_urgency(case.urgency)]
    found += of_day(OPENED, case.opened_at.astimezone(LOCAL).date())
    found += [OPEN] if case.result is None else [of_result(case.result)]
    found += of_day(CLOSED, case.closed_at.astimezone(LOCAL).date()) if case.closed_at else ()
    found += [of_matter(case.matter_id)] if case.matter_id else []
    found += [of_hand_backs(n) for n in range(1, min(case.hand_backs, MOST_HAND_BACKS) + 1)]
    return [*found, SUPERVISED] if case.supervised else found


def of_channel(channel: str) -> str:
    return f"c{channel}"


def of_urgency(urgency: str) -> str:
    return f"g{urgency}"


def of_result(result: str) -> str:
    return f"r{result}"


def of_matter(pk: int) -> str:
    return f"m{pk}"


def of_hand_backs(least: int) -> str:
    """Handed back at least so often."""
    return f"h{min(least, MOST_HAND_BACKS)}"
