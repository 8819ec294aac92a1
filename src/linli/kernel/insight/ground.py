"""What figures are taken over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import rows
from linli.kernel.flow.declaration import Flow
from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.places import told_within
from linli.kernel.journal.models import Entry
from linli.kernel.records.models import Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Ground(Generic[R]):
    """The records that figures are taken over: what the viewer may see, in one area."""

    family: str
    final: frozenset[str]
    """States in which a record is no longer open."""
    records: QuerySet[R]

    def entries(self, period: Period) -> QuerySet[Entry]:
        """What the journal of these records tells of a period."""
        seen = self.records.order_by().values("pk")
        return Entry.objects.filter(period.within("at"), family=self.family, record_id__in=seen)

    def rows_of(self, indicator: Indicator, period: Period) -> QuerySet[Any]:
        """The rows that an indicator looks at: records as they are, or entries of the period."""
        return self.entries(period) if indicator.grain is Grain.MOVE else self.records


def ground(actor: Actor, flow: Flow[R], area: str = "", *, ability: str = "") -> Ground[R]:
    """The records of a flow on which ``actor`` holds ``ability`` (unless one is named, to see them), by the
    filter of every list; in ``area`` (as the tree stands today) where one is given."""
    seen = rows(actor, ability or flow.view, flow.model._default_manager.all())
    return Ground(flow.family, flow.final, seen.filter(told_within(area)) if area else seen)
