"""How much one address may do without an account, so that the portal stays open for everybody.

Generous, since many phones share one address. Counted for all processes together, under a digest, and
forgotten when the time is over (``web.counting``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from linli.web.counting import Count
from linli.web.lockout import address_of


@dataclass(frozen=True)
class Quota:
    """So many deeds of one kind in so many seconds. The setting of that name overrides ``most``."""

    name: str
    setting: str
    most: int
    seconds: int

    def is_spent(self, request: HttpRequest) -> bool:
        counted = self._of(request).so_far()
        return counted is not None and counted.number >= int(getattr(settings, self.setting, self.most))

    def count(self, request: HttpRequest, deeds: int = 1) -> None:
        self._of(request).add(deeds)

    def _of(self, request: HttpRequest) -> Count:
        return Count.of(f"portal.{self.name}", address_of(request), dt.timedelta(seconds=self.seconds))


REPORTS = Quota("reports", "PORTAL_REPORTS_PER_HOUR", 60, 3600)
"""Reports filed, and what is added to them."""
PHOTOS = Quota("photos", "PORTAL_PHOTOS_PER_HOUR", 400, 3600)
"""Photos taken in, filed or not."""
GUESSES = Quota("guesses", "PORTAL_WRONG_CODES_PER_QUARTER", 20, 900)
"""Tracking codes that belong to nothing."""
