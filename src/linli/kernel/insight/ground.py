"""What figures are taken over."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import rows, sees_all
from linli.kernel.flow.declaration import Flow
from linli.kernel.insight import keeping
from linli.kernel.insight.declaration import Grain, Indicator, Period
from linli.kernel.insight.places import told_within
from linli.kernel.insight.standing import STANDING, Standing
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
    whole: str | None = None
    """The area of which these are all the records; ``""``: of everywhere. None: they are only some."""

    def standing(self, period: Period) -> tuple[Standing[R], str, int] | None:
        """The standing figures of these records with their area, and which window ``period`` is of them; None
        where there are none."""
        kept = STANDING.get(self.family)
        days = kept.window_of(period) if kept is not None else None
        if kept is None or self.whole is None or days is None or not self._is_kept:
            return None
        return kept, self.whole, days

    @cached_property
    def state(self) -> str | None:
        """What stays the same as long as these records and their figures do, at most some seconds old; None
        where nobody keeps them."""
        kept = STANDING.get(self.family)
        if kept is None or self.whole is None or not self._is_kept:
            return None
        return keeping.state_of(kept, self.whole)

    @cached_property
    def _is_kept(self) -> bool:
        """Brought up to date at the first look: a page's figures over one ground are as of that, or later."""
        return keeping.fresh(STANDING[self.family])

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
    ability = ability or flow.view
    seen = rows(actor, ability, flow.model._default_manager.all())
    found = seen.filter(told_within(area)) if area else seen
    return Ground(flow.family, flow.final, found, _whole(actor, ability, area))


def _whole(actor: Actor, ability: str, area: str) -> str | None:
    """The area all of whose records ``actor`` reaches, of ``area`` where one is given."""
    if actor.system:
        return area
    if not sees_all(actor, ability) or not (area or actor.area).startswith(actor.area):
        return None
    return area or actor.area
