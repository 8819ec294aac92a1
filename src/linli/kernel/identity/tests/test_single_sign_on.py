"""Single sign-on against a provider that runs as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client

from linli.kernel.identity import oidc
from linli.kernel.identity.tests.conftest import App, is_in
from linli.kernel.units.models import Account, Post
from linli.lib.time import now

CLIENT, SECRET = "linli", "s3cret:with/odd signs"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of the running provider."""
    script = Path(__file__).with_name("provider.py")
    command = [sys.executable, str(script), CLIENT, "s3cret%3Awith%2Fodd%20signs"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture(autouse=True)
def _configured(provider: str, settings: Any, tmp_path: Path) -> Iterator[None]:
    secret = tmp_path / "oidc_secret"
    secret.write_text(f"{SECRET}\n")
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = f"{provider}/", CLIENT
    settings.OIDC_CLIENT_SECRET_FILE, settings.OIDC_NAME = str(secret), "云汀市统一身份认证"
    oidc._metadata.clear()
    yield
    oidc._metadata.clear()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any) -> None:
        return None


def at_the_provider(address: str, username: str, **more: str) -> str:
    """Sign in at the provider; returns where it sends the browser, on our side."""
    try:
        urllib.request.build_opener(NoRedirect).open(f"{address}&{urlencode({'as': username, **more})}")
    except urllib.error.HTTPError as answer:
        answer.close()
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"
    raise AssertionError("the provider sent nobody back")


def come(client: Client, username: str, target: str = "", **more: str) -> Any:
    begun = client.get("/login/sso", {"next": target})
    return client.get(at_the_provider(begun["Location"], username, **more))


def test_the_sign_in_page_offers_it_and_keeps_the_way(client: Client, db: None) -> None:
    said = client.get("/login", {"next": "/desk/notices/"}).content.decode()
    assert "云汀市统一身份认证" in said
    assert "/login/sso?next=%2Fdesk%2Fnotices%2F" in said or "/login/sso?next=/desk/notices/" in said


def test_without_a_provider_there_is_neither_button_nor_page(client: Client, db: None, settings: Any) -> None:
    settings.OIDC_ISSUER = ""
    assert "/login/sso" not in client.get("/login").content.decode()
    assert client.get("/login/sso").status_code == 404
    assert client.get("/login/sso/back").status_code == 404


def test_lets_in_whoever_has_an_account(client: Client, account: Account) -> None:
    answer = come(client, account.username, "/desk/notices/")
    assert answer["Location"] == "/desk/notices/"
    assert client.session["_auth_user_id"] == str(account.pk)
    assert client.get("/desk/notices/").status_code == 200


def test_makes_neither_account_nor_post(client: Client, account: Account) -> None:
    before = (Account.objects.count(), Post.objects.count())
    answer = come(client, "stranger")
    said = answer.content.decode()
    assert answer.status_code == 403
    assert 'href="/login"' in said
    assert "统一身份认证已确认您是“stranger”，但本平台没有这个用户名的账号" in said
    assert not is_in(client)
    assert (Account.objects.count(), Post.objects.count()) == before


def test_an_account_that_is_switched_off_stays_out(client: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert come(client, account.username).status_code == 403
    assert not is_in(client)


def test_the_claim_is_configured(client: Client, account: Account, settings: Any) -> None:
    settings.OIDC_CLAIM = "employee_number"
    answer = come(client, account.username)
    assert "统一身份认证没有提供用户名（employee_number）" in answer.content.decode()


def test_who_came_this_way_needs_no_password_of_their_own(client: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(one_time_until=now())
    come(client, account.username)
    assert client.get("/desk/notices/").status_code == 200


def test_the_second_factor_is_asked_all_the_same(client: Client, account: Account, app: App) -> None:
    assert come(client, account.username)["Location"] == "/login/second"
    assert not is_in(client)
    client.post("/login/second", {"code": app.code()})
    assert is_in(client)


def test_unless_the_provider_has_asked_for_several(client: Client, account: Account, app: App) -> None:
    come(client, account.username, amr="mfa")
    assert is_in(client)


@pytest.mark.parametrize(
    "fault", ["forged", "unsigned", "issuer", "audience", "nonce", "expired", "userinfo"]
)
def test_a_token_that_does_not_hold_lets_nobody_in(client: Client, account: Account, fault: str) -> None:
    answer = come(client, account.username, fault=fault)
    assert answer.status_code == 403
    assert "统一身份认证没有完成，请从登录页重新开始" in answer.content.decode()
    assert not is_in(client)


def test_an_answer_to_somebody_elses_question_lets_nobody_in(client: Client, account: Account) -> None:
    begun = client.get("/login/sso")
    back = at_the_provider(begun["Location"], account.username)
    other = Client()
    assert other.get(back).status_code == 403, "never asked"
    other.get("/login/sso")
    assert other.get(back).status_code == 403, "asked something else"
    assert not is_in(other)


def test_an_answer_works_once(client: Client, account: Account) -> None:
    begun = client.get("/login/sso")
    back = at_the_provider(begun["Location"], account.username)
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 403


def test_an_answer_of_another_issuer_is_refused(client: Client, account: Account) -> None:
    begun = client.get("/login/sso")
    back = at_the_provider(begun["Location"], account.username)
    assert client.get(f"{back.partition('&iss')[0]}&iss=https://elsewhere.example").status_code == 403


def test_a_wrong_secret_lets_nobody_in(client: Client, account: Account, settings: Any) -> None:
    Path(settings.OIDC_CLIENT_SECRET_FILE).write_text("another")
    assert come(client, account.username).status_code == 403


def test_who_declines_at_the_provider_is_told_so(client: Client, db: None) -> None:
    client.get("/login/sso")
    state = client.session["sso"]["question"]["state"]
    answer = client.get("/login/sso/back", {"error": "access_denied", "state": state})
    assert answer.status_code == 403


def test_a_provider_that_is_away_leaves_the_password(client: Client, db: None, settings: Any) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    answer = client.get("/login/sso")
    assert answer.status_code == 503
    assert "以用户名和密码登录" in answer.content.decode()


@pytest.mark.parametrize("issuer", ["http://sso.example.cn", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_provider_is_reached_by_tls_or_not_at_all(
    client: Client, db: None, settings: Any, issuer: str
) -> None:
    settings.OIDC_ISSUER = issuer
    assert client.get("/login/sso").status_code == 503


def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    client: Client, db: None, settings: Any, provider: str
) -> None:
    settings.OIDC_ISSUER = provider.replace("127.0.0.1", "localhost")
    assert client.get("/login/sso").status_code == 503


def test_nothing_that_the_provider_tells_is_kept(client: Client, account: Account) -> None:
    come(client, account.username)
    kept = str(dict(client.session.items()))
    assert "13800138000" not in kept
    assert "nonce" not in kept
