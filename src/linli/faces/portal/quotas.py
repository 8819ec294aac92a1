"""How much one address may do without an account, so that the portal stays open for everybody.

Generous, since many phones share one address. Counted in the cache under a digest, kept nowhere else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from linli.web.lockout import address_of


@dataclass(frozen=True)
class Quota:
    """So many deeds of one kind in so many seconds. The setting of that name overrides ``most``."""

    name: str
    setting: str
    most: int
    seconds: int

    def is_spent(self, request: HttpRequest) -> bool:
        used: int = cache.get(self._key(request), 0)
        return used >= int(getattr(settings, self.setting, self.most))

    def count(self, request: HttpRequest, deeds: int = 1) -> None:
        key = self._key(request)
        cache.add(key, 0, timeout=self.seconds)
        try:
            cache.incr(key, deeds)
        except ValueError:  # it expired between the two calls
            cache.set(key, deeds, timeout=self.seconds)

    def _key(self, request: HttpRequest) -> str:
        return f"portal:{self.name}:{hashlib.sha256(address_of(request).encode()).hexdigest()}"


REPORTS = Quota("reports", "PORTAL_REPORTS_PER_HOUR", 60, 3600)
"""Reports filed."""
PHOTOS = Quota("photos", "PORTAL_PHOTOS_PER_HOUR", 400, 3600)
"""Photos taken in, filed or not."""
GUESSES = Quota("guesses", "PORTAL_WRONG_CODES_PER_QUARTER", 20, 900)
"""Tracking codes that belong to nothing."""
