"""Failed attempts to sign in, one line each in the log of the service: for whoever guards the system.

Successes are not logged: a list of who signed in when is an attendance record, and the rules on government
apps forbid clock-ins of staff (国办函〔2026〕12号). What was typed as a user name is not logged either: it
may be a password in the wrong field.
"""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest

from linli.kernel.units.models import Account
from linli.web.lockout import address_of

log = logging.getLogger("linli.security")


def wrong_password(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **more: object
) -> None:
    """Django's signal ``user_login_failed``."""
    username = credentials.get("username") or ""
    account = Account.objects.filter(username=username).values_list("pk", flat=True).first()
    write("wrong password", request, account)


def write(what: str, request: HttpRequest | None, account: int | None) -> None:
    """One line: what failed, for which account (by number), from where."""
    log.warning(
        "sign-in failed: %s, account %s, address %s, request %s",
        what,
        account if account is not None else "unknown",
        address_of(request) if request is not None else "none",
        getattr(request, "request_id", "none"),
    )
