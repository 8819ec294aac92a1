from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from linli.lib.time import at, now
from linli.web import lockout

Account = get_user_model()

PASSWORD = "a long enough word"  # noqa: S105


@pytest.fixture
def account(db: None) -> Any:
    return Account.objects.create_user("zhang", PASSWORD)


def attempt(client: Client, password: str, **more: str) -> str:
    return client.post("/login", {"username": "zhang", "password": password, **more}).content.decode()


def test_signs_in_and_goes_where_the_reader_wanted(client: Client, account: Any) -> None:
    answer = client.post("/login", {"username": "zhang", "password": PASSWORD, "next": "/desk/cases"})
    assert (answer.status_code, answer["Location"]) == (302, "/desk/cases")
    assert client.session["_auth_user_id"] == str(account.pk)


def test_never_goes_to_another_site(client: Client, account: Any, settings: object) -> None:
    answer = client.post(
        "/login", {"username": "zhang", "password": PASSWORD, "next": "https://elsewhere.example/"}
    )
    assert answer["Location"] == "/desk/"


def test_says_what_is_missing(client: Client, account: Any) -> None:
    said = client.post("/login", {}).content.decode()
    assert "请填写用户名" in said
    assert "请填写密码" in said


def test_a_wrong_name_and_a_wrong_password_sound_the_same(client: Client, account: Any) -> None:
    sentence = "用户名或密码不正确"
    assert sentence in attempt(client, "wrong")
    assert sentence in client.post("/login", {"username": "nobody", "password": "x"}).content.decode()


def test_repeated_failures_pause_even_the_right_password(client: Client, account: Any) -> None:
    for _ in range(lockout.ATTEMPTS - 1):
        attempt(client, "wrong")
    assert "请 15 分钟后再试" in attempt(client, "wrong")
    assert "分钟后再试" in attempt(client, PASSWORD)


def test_the_pause_ends(client: Client, account: Any) -> None:
    for _ in range(lockout.ATTEMPTS):
        attempt(client, "wrong")
    with at(now() + lockout.PAUSE + dt.timedelta(seconds=1)):
        answer = client.post("/login", {"username": "zhang", "password": PASSWORD})
    assert answer.status_code == 302


def test_nobody_can_lock_out_a_colleague_elsewhere(client: Client, account: Any) -> None:
    for _ in range(lockout.ATTEMPTS):
        attempt(client, "wrong")
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    assert elsewhere.post("/login", {"username": "zhang", "password": PASSWORD}).status_code == 302


def test_a_forged_address_header_is_not_believed(client: Client, account: Any) -> None:
    for n in range(lockout.ATTEMPTS):
        client.post(
            "/login",
            {"username": "zhang", "password": "wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
        )
    assert "分钟后再试" in attempt(client, PASSWORD)


def test_signs_out_by_post_only(client: Client, account: Any) -> None:
    client.force_login(account)
    assert client.get("/logout").status_code == 405
    assert client.post("/logout").status_code == 302
    assert "_auth_user_id" not in client.session
