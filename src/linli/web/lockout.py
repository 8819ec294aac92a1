"""After repeated wrong passwords, a pause: per user name and address, so nobody can lock out a colleague."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from linli.lib.time import now

ATTEMPTS = 5
PAUSE = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Attempts:
    """The failed attempts of one user name from one address; kept in the cache, never shown to anybody."""

    key: str

    @classmethod
    def of(cls, request: HttpRequest, username: str) -> Attempts:
        digest = hashlib.sha256(f"{username.casefold()}|{address_of(request)}".encode()).hexdigest()
        return cls(f"login:{digest}")

    def pause(self) -> dt.timedelta | None:
        """How long the pause still lasts, if there is one."""
        until: dt.datetime | None = cache.get(f"{self.key}:until")
        return until - now() if until and until > now() else None

    def fail(self) -> int:
        """Count one failure; returns how many attempts are left before the pause."""
        cache.add(self.key, 0, timeout=int(PAUSE.total_seconds()))
        try:
            failed = cache.incr(self.key)
        except ValueError:  # it expired between the two calls
            cache.set(self.key, 1, timeout=int(PAUSE.total_seconds()))
            failed = 1
        if failed >= ATTEMPTS:
            cache.set(f"{self.key}:until", now() + PAUSE, timeout=int(PAUSE.total_seconds()))
            cache.delete(self.key)
        return max(ATTEMPTS - failed, 0)

    def forget(self) -> None:
        cache.delete_many([self.key, f"{self.key}:until"])


def address_of(request: HttpRequest) -> str:
    """The asker's address. ``CLIENT_ADDRESS_HEADER`` names the header that the city's own proxy sets;
    without it the connection's address is used, since anybody can write a header.
    """
    header: str = getattr(settings, "CLIENT_ADDRESS_HEADER", "")
    given = request.headers.get(header, "") if header else ""
    return given.split(",")[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))
