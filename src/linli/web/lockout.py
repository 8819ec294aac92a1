"""After repeated wrong passwords, a pause: per user name and address, so nobody can lock out a colleague."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from linli.lib.time import now
from linli.web.counting import Count

ATTEMPTS = 5
PAUSE = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Attempts:
    """The failed attempts of one user name from one address, in all processes; never shown to anybody."""

    failed: Count

    @classmethod
    def of(cls, request: HttpRequest, username: str) -> Attempts:
        subject = f"{username.casefold()}|{address_of(request)}"
        return cls(Count.of("login", subject, PAUSE, renew=True))

    def pause(self) -> dt.timedelta | None:
        """How long the pause still lasts, if there is one."""
        counted = self.failed.so_far()
        if counted is None or counted.number < ATTEMPTS:
            return None
        return counted.ends_at - now()

    def fail(self) -> int:
        """Count one failure; returns how many attempts are left before the pause."""
        return max(ATTEMPTS - self.failed.add(), 0)

    def forget(self) -> None:
        self.failed.forget()


def address_of(request: HttpRequest) -> str:
    """The asker's address. ``CLIENT_ADDRESS_HEADER`` names the header that the city's own proxy sets;
    without it the connection's address is used, since anybody can write a header.
    """
    header: str = getattr(settings, "CLIENT_ADDRESS_HEADER", "")
    given = request.headers.get(header, "") if header else ""
    return given.split(",")[-1].strip() or str(request.META.get("REMOTE_ADDR", ""))
