"""A screen on a wall: it looks, for as long as its token holds, and does nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from tests.city import City

from linli.faces.wall.screen import COOKIE
from linli.kernel.records.editions import drop_all
from linli.kernel.units.models import Account, Post, Token, Unit
from linli.lib.time import at, now


@pytest.fixture
def token(city: City) -> tuple[Token, str]:
    """The token of a screen's post in the district."""
    account = Account.objects.create_user("hall", None, name="大厅屏幕")
    unit = Unit.objects.get(pk=city.unit("东湖区综治中心"))
    post = Post.objects.create(account=account, unit=unit, role="screen", area="990101", title="大厅屏幕")
    return Token.issue(post, "大厅屏幕")


def screen(secret: str) -> Client:
    client = Client()
    assert client.post("/wall/screen/", {"token": secret})["Location"] == "/wall/"
    return client


def test_a_screen_shows_the_wall_and_is_offered_no_desk(token: tuple[Token, str]) -> None:
    client = screen(token[1])
    page = client.get("/wall/")
    assert page.status_code == 200
    assert "今日全链条" in page.content.decode()
    assert "工作台" not in page.content.decode()
    assert client.get("/wall/live").status_code == 200
    assert client.get("/wall/figures/open/").status_code == 200
    kept = page.cookies[COOKIE]
    assert (kept["path"], kept["samesite"], bool(kept["httponly"])) == ("/wall/", "Strict", True)


def test_it_stays_for_months_and_opens_nothing_else(token: tuple[Token, str]) -> None:
    client = screen(token[1])
    with at(now() + dt.timedelta(days=300)):
        assert client.get("/wall/live").status_code == 200
        assert client.get("/desk/").status_code == 302
        assert client.get("/api/v1/cases").status_code == 401


def test_a_revoked_screen_says_so_and_comes_back_with_another_token(token: tuple[Token, str]) -> None:
    client = screen(token[1])
    Token.objects.filter(pk=token[0].pk).update(revoked_at=now())
    drop_all()
    assert client.get("/wall/live").status_code == 401
    assert client.get("/wall/")["Location"] == "/wall/screen/"
    assert "已到期或已撤销" in client.get("/wall/screen/").content.decode()
    _, secret = Token.issue(token[0].post, "大厅屏幕")
    client.post("/wall/screen/", {"token": secret})
    assert client.get("/wall/live").status_code == 200


def test_a_screen_is_one_no_more_when_it_is_told_so(token: tuple[Token, str]) -> None:
    client = screen(token[1])
    assert "这台屏幕已登录：东湖区综治中心" in client.get("/wall/screen/").content.decode()
    client.post("/wall/screen/leave/")
    assert client.get("/wall/live").status_code == 401
    assert "/login" in client.get("/wall/")["Location"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "令牌无效、已到期或已撤销"),
        ("urban", "没有查看本区域事件的权限"),
        ("mayor", "不能用于无人看管的屏幕"),
    ],
)
def test_a_token_that_is_none_or_can_do_more_is_refused(city: City, word: str, said: str) -> None:
    secret = Token.issue(city.posts[word], "程序")[1] if word else "ll_nothing"
    client = Client()
    page = client.post("/wall/screen/", {"token": secret})
    assert page.status_code == 422
    assert said in page.content.decode()
    assert COOKIE not in client.cookies
    assert secret not in page.content.decode()


def test_somebody_signed_in_at_a_screen_is_themselves(city: City, token: tuple[Token, str]) -> None:
    client = screen(token[1])
    client.force_login(city.posts["mayor"].account)
    assert "工作台" in client.get("/wall/").content.decode()
