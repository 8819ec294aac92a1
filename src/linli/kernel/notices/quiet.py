"""The hours in which nobody is nudged."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.core.cache import cache

from linli.kernel.notices.models import QuietHours
from linli.lib.time import LOCAL

CACHE_KEY = "notices.quiet"
CACHE_SECONDS = 60
"""How long another process may go on with the hours from before a change."""


@dataclass(frozen=True)
class Quiet:
    """Hours in the city's time, over midnight where ``starts`` is later than ``ends``; none where equal."""

    starts: dt.time
    ends: dt.time
    source: str

    def after(self, instant: dt.datetime) -> dt.datetime:
        """The first instant, not before ``instant``, at which a nudge is allowed."""
        local = instant.astimezone(LOCAL)
        if not self._holds(local.time()):
            return instant
        end = local.replace(hour=self.ends.hour, minute=self.ends.minute, second=0, microsecond=0)
        if end <= local:
            end += dt.timedelta(days=1)
        return end.astimezone(dt.UTC)

    def _holds(self, time: dt.time) -> bool:
        if self.starts <= self.ends:
            return self.starts <= time < self.ends
        return time >= self.starts or time < self.ends


DEFAULT = Quiet(
    dt.time(21), dt.time(8), "平台默认：为基层减负，夜间不提醒，突发事件除外；各市可按本地规定修改"
)


def quiet_hours() -> Quiet:
    """The hours in force: the newest set by the city, else the default."""
    known: Quiet | None = cache.get(CACHE_KEY)
    if known is None:
        row = QuietHours.objects.order_by("-id").first()
        known = Quiet(row.starts, row.ends, row.source) if row else DEFAULT
        cache.set(CACHE_KEY, known, CACHE_SECONDS)
    return known


def forget() -> None:
    """Look the hours up again next time."""
    cache.delete(CACHE_KEY)
