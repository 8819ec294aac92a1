"""How a session begins, and how it ends by itself.

What a right password is followed by is not this room's to know: rooms above ask for more (``ask_for``), for
instance a second factor, and offer other ways to sign in than by password (``offer``).

A session that nobody uses ends (``LINLI_SESSION_IDLE_MINUTES``). When it was last used stands in a signed
cookie in the reader's browser and nowhere else: on our side it would be a record of who works when.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.base_user import AbstractBaseUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise

from linli.lib.time import now

BEGAN = "began"
"""Session key: the instant at which its holder last proved who they are (ISO 8601)."""
WAY = "way"
"""Session key: how, ``PASSWORD`` or the name of another way."""
PASSWORD = "password"  # noqa: S105 - the name of a way, not a secret
LAST_USED = "linli_used"
"""Cookie: when the session was last used, signed and bound to it."""
FRESH_FOR = dt.timedelta(minutes=15)
"""For so long after proving who one is, one's own ways to sign in may be changed."""


@dataclass(frozen=True)
class Entry:
    """Somebody about to be let in: by which way, and where to."""

    account: AbstractBaseUser
    target: str
    way: str = PASSWORD
    is_strong: bool = False
    """Whether the way itself has asked for more than one factor."""


@dataclass(frozen=True)
class Way:
    """Another way to sign in, as the sign-in page offers it."""

    title: str | Promise
    url: str


Asking = Callable[[HttpRequest, Entry], HttpResponse | None]
_asked: list[Asking] = []
_offered: list[Callable[[], Way | None]] = []


def ask_for(asking: Asking) -> None:
    """Let ``asking`` stand between the way in and the session: the page that it gives is shown first."""
    if asking not in _asked:
        _asked.append(asking)


def offer(way: Callable[[], Way | None]) -> None:
    """Show another way in on the sign-in page, while ``way`` gives one."""
    if way not in _offered:
        _offered.append(way)


def other_ways() -> list[Way]:
    """The ways in besides the password."""
    return [way for offered in _offered if (way := offered()) is not None]


def begin(request: HttpRequest, entry: Entry) -> HttpResponse:
    """Let somebody in, or show what is asked of them before that."""
    for asking in _asked:
        page = asking(request, entry)
        if page is not None:
            return page
    let_in(request, entry)
    return redirect(entry.target)


def let_in(request: HttpRequest, entry: Entry) -> None:
    """Begin the session, under a new key: one that was known before is worth nothing afterwards."""
    login(request, entry.account)  # type: ignore[arg-type]  # accounts live above this room
    request.session[WAY] = entry.way
    renew(request)


def renew(request: HttpRequest) -> None:
    """The session's holder has just proved who they are."""
    request.session[BEGAN] = now().isoformat()


def is_fresh(request: HttpRequest) -> bool:
    """Whether that is recent enough to change one's ways to sign in."""
    began = request.session.get(BEGAN)
    return began is not None and now() - dt.datetime.fromisoformat(began) < FRESH_FOR


class IdleMiddleware:
    """Ends a session that was not used for ``settings.SESSION_IDLE`` (zero: never)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        used = None
        if settings.SESSION_COOKIE_NAME in request.COOKIES and _is_watched(request):
            used = _last_used(request)
            if used is None or now() - used > settings.SESSION_IDLE:
                request.session.flush()
        response = self.get_response(request)
        if request.session.accessed and _is_watched(request) and _is_due(request, used):
            _note_use(request, response)
        return response


def _is_watched(request: HttpRequest) -> bool:
    return bool(settings.SESSION_IDLE) and BEGAN in request.session


def _is_due(request: HttpRequest, used: dt.datetime | None) -> bool:
    """Noting the use now and then is enough; but a session that got another key needs another cookie."""
    return used is None or request.session.modified or now() - used > settings.SESSION_IDLE / 20


def _note_use(request: HttpRequest, response: HttpResponse) -> None:
    response.set_cookie(
        LAST_USED,
        _signer().sign(f"{_digest(request)}:{int(now().timestamp())}"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _signer() -> signing.Signer:
    return signing.Signer(salt="linli.web.sessions", sep="~")


def _digest(request: HttpRequest) -> str:
    """What ties the cookie to its session without telling the session's key."""
    return hashlib.sha256(str(request.session.session_key).encode()).hexdigest()[:16]


def _last_used(request: HttpRequest) -> dt.datetime | None:
    try:
        digest, at = _signer().unsign(request.COOKIES.get(LAST_USED, "")).split(":")
    except (signing.BadSignature, ValueError):
        return None
    return dt.datetime.fromtimestamp(int(at), dt.UTC) if digest == _digest(request) else None
