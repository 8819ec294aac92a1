"""Signing in with a second factor."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from linli.kernel.identity import actions
from linli.kernel.identity.entering import PENDING_FOR
from linli.kernel.identity.tests.conftest import App, is_in
from linli.kernel.units.entries import verify
from linli.kernel.units.models import Account, RegisterEntry
from linli.lib.time import at, now
from linli.web import lockout

SECOND = "/login/second"
Give = Callable[..., Any]


def send(client: Client, code: str) -> Any:
    return client.post(SECOND, {"code": code})


def test_without_a_factor_the_password_is_enough(
    client: Client, account: Account, give_password: Give
) -> None:
    assert give_password(account)["Location"] == "/desk/"
    assert is_in(client)


def test_with_a_factor_nobody_is_in_before_its_code(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    assert give_password(account, next="/desk/notices/")["Location"] == SECOND
    assert not is_in(client)
    assert client.get("/desk/")["Location"].startswith("/login")
    answer = send(client, app.code())
    assert answer["Location"] == "/desk/notices/"
    assert is_in(client)


def test_the_code_may_be_typed_with_a_space(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    give_password(account)
    code = app.code()
    assert send(client, f"{code[:3]} {code[3:]}").status_code == 302


def test_a_code_works_once(client: Client, app: App, account: Account, give_password: Give) -> None:
    code = app.code()
    give_password(account)
    send(client, code)
    client.logout()
    give_password(account)
    answer = send(client, code)
    assert answer.status_code == 422
    assert "验证码不正确或已经用过" in answer.content.decode()
    assert not is_in(client)


def test_a_recovery_code_works_once_and_is_written_down(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    code = app.recovery[0]
    give_password(account)
    assert send(client, code.upper().replace("-", " ")).status_code == 302
    client.logout()
    give_password(account)
    assert send(client, code).status_code == 422
    entry = RegisterEntry.objects.latest("number")
    assert (entry.deed, entry.account, entry.facts) == ("use_recovery", account.pk, {"left": 9})
    assert verify()[1] == []


def test_nothing_typed_is_told_at_the_field(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    give_password(account)
    assert "请填写身份验证器应用显示的 6 位数字" in send(client, "").content.decode()


def test_wrong_codes_pause_even_the_right_one_wherever_they_come_from(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    give_password(account)
    for n in range(lockout.ATTEMPTS):
        client.post(SECOND, {"code": "000000"}, REMOTE_ADDR=f"10.0.0.{n}")
    answer = send(client, app.code())
    assert "分钟后再试" in answer.content.decode()
    assert not is_in(client)


def test_the_right_password_alone_is_forgotten_after_ten_minutes(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    give_password(account)
    with at(now() + PENDING_FOR + dt.timedelta(seconds=1)):
        assert send(client, app.code())["Location"] == "/login"


def test_a_password_changed_meanwhile_ends_it(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    give_password(account)
    account.set_password("another long word")
    account.save()
    assert send(client, app.code())["Location"] == "/login"


def test_an_account_switched_off_meanwhile_ends_it(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    give_password(account)
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert send(client, app.code())["Location"] == "/login"


def test_the_session_gets_another_key_at_each_step(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    give_password(account)
    before = client.session.session_key
    send(client, app.code())
    assert client.session.session_key != before


def test_whoever_must_have_a_factor_is_led_to_it(client: Client, admin: Account, give_password: Give) -> None:
    assert give_password(admin)["Location"] == "/login/set-up"
    assert not is_in(client)
    page = client.get("/login/set-up")
    said = page.content.decode()
    assert "系统管理员登录时除密码外还须使用第二因素" in said
    assert "<svg" in said
    adding = page.context["adding"]
    wrong = client.post("/login/set-up", {"secret": adding.carried, "code": "000000", "name": "手机"})
    assert wrong.status_code == 422
    assert wrong.context["adding"].secret == adding.secret, "the QR code that was scanned stays good"
    app = App.__new__(App)
    app.secret = adding.secret.replace(" ", "")
    done = client.post("/login/set-up", {"secret": adding.carried, "code": app.code(), "name": "手机"})
    assert is_in(client)
    assert all(code in done.content.decode() for code in done.context["codes"])
    assert admin.recovery_codes.count() == 10


def test_the_city_says_which_roles_must_have_one(
    client: Client, admin: Account, give_password: Give, settings: Any
) -> None:
    settings.SECOND_FACTOR_ROLES = []
    assert give_password(admin)["Location"] == "/desk/"


def test_set_up_is_not_for_whoever_has_a_factor(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    """Else a stolen password could put a factor of its own beside the owner's."""
    give_password(account)
    assert client.get("/login/set-up")["Location"] == "/login"
    assert client.post("/login/set-up", {"code": "1"})["Location"] == "/login"


@pytest.mark.parametrize("page", [SECOND, "/login/set-up"])
def test_both_pages_begin_at_the_sign_in(client: Client, db: None, page: str) -> None:
    assert client.get(page)["Location"] == "/login"


def test_failures_are_logged_and_successes_are_not(
    client: Client, app: App, account: Account, give_password: Give, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "linli.security")
    client.post("/login", {"username": account.username, "password": "my-secret"})
    give_password(account)
    send(client, "000000")
    before = list(caplog.messages)
    send(client, app.code())
    assert caplog.messages == before
    assert [f"account {account.pk}" in line for line in before] == [True, True]
    assert "wrong password" in before[0]
    assert "wrong code" in before[1]
    assert "my-secret" not in caplog.text
    assert account.username not in caplog.text


def test_signing_in_leaves_no_trace_in_any_table(
    client: Client, app: App, account: Account, give_password: Give
) -> None:
    """No attendance record by the back door: of the account's own rows none changes."""
    entries = RegisterEntry.objects.count()
    before = (list(Account.objects.filter(pk=account.pk).values()), list(account.factors.values()))
    give_password(account)
    send(client, app.code())
    assert is_in(client)
    after = (list(Account.objects.filter(pk=account.pk).values()), list(account.factors.values()))
    assert after == before
    assert RegisterEntry.objects.count() == entries


def test_the_secret_is_sealed_and_follows_a_change_of_keys(account: Account, app: App, settings: Any) -> None:
    kept = account.factors.get()
    assert app.secret not in kept.sealed
    old, new = settings.VAULT_KEY, "9:" + "n" * 40
    settings.VAULT_KEY = f"{new},{old}"
    assert actions.reseal() == 1
    assert actions.reseal() == 0
    settings.VAULT_KEY = new
    assert actions.code_is_good(account=account, code=app.code())
