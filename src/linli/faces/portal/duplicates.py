"""Open cases near a new report that a resident may join.

Shown by matter, distance and time only. Another resident's words stay theirs: they were written to the
centre, may name people, and anybody can put a pin anywhere. For the same reason only cases whose matter
residents are offered, and that is not sensitive, are told of at all; the others are matched at the desk.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from linli.domains.cases import queries
from linli.domains.matters import queries as matters
from linli.domains.matters.models import Matter

SHOWN = 3
LOOKED_AT = 30


@dataclass(frozen=True)
class Duplicate:
    """One case that may be the same problem, as anybody may see it."""

    number: str
    matter: str
    metres: int
    opened_at: dt.datetime
    state_title: str
    reports_count: int


def duplicates(lng: float, lat: float, *, text: str, matter: Matter | None) -> list[Duplicate]:
    """The likeliest few, by the gate of ``cases.queries.nearby``; two queries at most."""
    found = []
    for likeness in queries.nearby(lng, lat, text=text, matter=matter, limit=LOOKED_AT):
        case = likeness.case
        known = matters.by_id(case.matter_id) if case.matter_id else None
        if case.sensitive or known is None or known.sensitive or not known.public:
            continue
        found.append(
            Duplicate(
                case.number, known.name, likeness.metres, case.opened_at, case.state_title, case.reports_count
            )
        )
    return found[:SHOWN]
