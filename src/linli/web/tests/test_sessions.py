"""How a session begins, and how it ends by itself."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from linli.lib.time import at, now
from linli.web import sessions

PASSWORD = "a long enough word"  # noqa: S105
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def account(db: None) -> Any:
    return get_user_model().objects.create_user("zhang", PASSWORD)


@pytest.fixture(autouse=True)
def _idle(settings: Any) -> None:
    settings.SESSION_IDLE = HOUR


def sign_in(client: Client) -> None:
    client.post("/login", {"username": "zhang", "password": PASSWORD})


def is_in(client: Client) -> bool:
    """A page that knows its reader sends whoever is signed in on."""
    return bool(client.get("/login").status_code == 302)


def test_the_session_gets_another_key_when_it_begins(client: Client, account: Any) -> None:
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    sign_in(client)
    assert client.session.session_key != session.session_key


def test_an_unused_session_ends(client: Client, account: Any) -> None:
    begun = now()
    with at(begun):
        sign_in(client)
    with at(begun + HOUR + dt.timedelta(seconds=1)):
        assert not is_in(client)
    with at(begun + dt.timedelta(minutes=1)):
        assert not is_in(client), "it has ended for good"


def test_use_keeps_it(client: Client, account: Any) -> None:
    begun = now()
    with at(begun):
        sign_in(client)
    for minutes in (40, 80, 120):
        with at(begun + dt.timedelta(minutes=minutes)):
            assert is_in(client)


def test_use_is_noted_now_and_then(client: Client, account: Any) -> None:
    begun = now()
    with at(begun):
        sign_in(client)
    with at(begun + dt.timedelta(minutes=1)):
        assert sessions.LAST_USED not in client.get("/login").cookies
    with at(begun + dt.timedelta(minutes=5)):
        assert sessions.LAST_USED in client.get("/login").cookies


@pytest.mark.parametrize("cookie", ["", "abc", "abc:1~forged", None])
def test_without_its_cookie_a_session_ends(client: Client, account: Any, cookie: str | None) -> None:
    """Else whoever takes the session alone would not be bound by its end."""
    sign_in(client)
    if cookie is None:
        del client.cookies[sessions.LAST_USED]
    else:
        client.cookies[sessions.LAST_USED] = cookie
    assert not is_in(client)


def test_another_sessions_cookie_does_not_fit(client: Client, account: Any) -> None:
    sign_in(client)
    other = Client()
    sign_in(other)
    client.cookies[sessions.LAST_USED] = other.cookies[sessions.LAST_USED].value
    assert not is_in(client)


def test_a_city_can_do_without(client: Client, account: Any, settings: Any) -> None:
    settings.SESSION_IDLE = dt.timedelta()
    begun = now()
    with at(begun):
        sign_in(client)
    assert sessions.LAST_USED not in client.cookies
    with at(begun + 10 * HOUR):
        assert is_in(client)


def test_nothing_on_our_side_tells_when_it_was_used(client: Client, account: Any) -> None:
    begun = now()
    with at(begun):
        sign_in(client)
        before = dict(client.session.items())
    with at(begun + dt.timedelta(minutes=30)):
        assert is_in(client)
        assert dict(client.session.items()) == before


@pytest.mark.parametrize("name", ["sessionid", sessions.LAST_USED])
def test_cookies_are_kept_from_scripts_and_other_sites(
    client: Client, account: Any, settings: Any, name: str
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    sign_in(client)
    cookie = client.cookies[name]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True)


def test_readers_who_are_not_signed_in_get_no_cookie_of_it(client: Client, db: None) -> None:
    assert sessions.LAST_USED not in client.get("/login").cookies
