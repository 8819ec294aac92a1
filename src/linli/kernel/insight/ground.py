"""What figures are taken over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

from linli.kernel.access.actor import Actor
from linli.kernel.flow.declaration import Flow
from linli.kernel.flow.perform import visible
from linli.kernel.insight.declaration import Grain, Indicator
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

    @property
    def entries(self) -> QuerySet[Entry]:
        """The journal of these records."""
        return Entry.objects.filter(family=self.family, record_id__in=self.records.order_by().values("pk"))

    def rows_of(self, indicator: Indicator) -> QuerySet[Any]:
        """The rows that an indicator looks at."""
        return self.entries if indicator.grain is Grain.MOVE else self.records


def ground(actor: Actor, flow: Flow[R], area: str = "") -> Ground[R]:
    """The records of a flow that ``actor`` may see, by the filter of every list; in ``area``
    (as the tree stands today) where one is given."""
    seen = visible(actor, flow)
    return Ground(flow.family, flow.final, seen.filter(told_within(area)) if area else seen)
