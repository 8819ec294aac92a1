"""Between the password and the session: asking for the second factor, or leading to set one up.

Until that is done nobody is signed in. What is pending stands in the visitor's session, for ten minutes.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare

from linli.kernel.identity import queries
from linli.kernel.units.models import Account
from linli.lib.time import now
from linli.web import sessions
from linli.web.counting import Count
from linli.web.lockout import PAUSE, Attempts

PENDING = "pending"
PENDING_FOR = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class Pending:
    """Somebody who has shown a right password, or come by single sign-on, and is not yet signed in."""

    account: Account
    target: str
    way: str

    def let_in(self, request: HttpRequest) -> None:
        """Sign them in."""
        request.session.pop(PENDING, None)
        sessions.let_in(request, sessions.Entry(self.account, self.target, self.way))

    @property
    def attempts(self) -> Attempts:
        """Wrong codes, counted per account wherever they come from: six digits would not stand up to many
        addresses, and whoever gets here knows the password."""
        return Attempts(Count.of("second factor", str(self.account.pk), PAUSE, renew=True))


def ask(request: HttpRequest, entry: sessions.Entry) -> HttpResponse | None:
    """What stands between this account and its session, if anything does."""
    account = entry.account
    if entry.is_strong or not isinstance(account, Account):
        return None
    if queries.has_factor(account):
        page = "identity:second"
    elif queries.needed_for(account):
        page = "identity:set-up"
    else:
        return None
    if request.user.is_authenticated:
        request.session.flush()
    request.session.cycle_key()
    request.session[PENDING] = {
        "account": account.pk,
        "hash": account.get_session_auth_hash(),
        "target": entry.target,
        "way": entry.way,
        "until": (now() + PENDING_FOR).isoformat(),
    }
    return redirect(page)


def pending(request: HttpRequest) -> Pending | None:
    """Who is about to sign in here. Nobody after ten minutes, nor when the password has changed meanwhile."""
    kept: dict[str, Any] | None = request.session.get(PENDING)
    if kept is None or dt.datetime.fromisoformat(kept["until"]) < now():
        return None
    account = Account.objects.filter(pk=kept["account"], is_active=True).first()
    if account is None or not constant_time_compare(account.get_session_auth_hash(), kept["hash"]):
        return None
    return Pending(account, kept["target"], kept["way"])
