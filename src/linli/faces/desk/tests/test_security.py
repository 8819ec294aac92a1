"""登录安全: one's own ways to sign in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.city import City

from linli.kernel.identity import actions, app_codes
from linli.kernel.identity.models import Factor
from linli.kernel.units.entries import verify
from linli.kernel.units.models import Account, RegisterEntry
from linli.lib.time import at, now
from linli.web import lockout
from linli.web.sessions import FRESH_FOR

PASSWORD = "linli-test-2026"  # noqa: S105 - of the made-up accounts
HOME = "/desk/me/security/"
CONFIRM = "/desk/me/security/confirm/"


@pytest.fixture
def account(city: City) -> Account:
    return city.posts["dispatcher"].account


@pytest.fixture
def entered(account: Account) -> Client:
    """Somebody who has just signed in by the form."""
    client = Client()
    client.post("/login", {"username": account.username, "password": PASSWORD})
    return client


def code(secret: str) -> str:
    return app_codes.code_at(secret.replace(" ", ""), int(now().timestamp()) // app_codes.STEP)


def add_app(client: Client) -> Any:
    adding = client.get(f"{HOME}add/app/").context["adding"]
    given = {"secret": adding.carried, "code": code(adding.secret), "name": "工作手机"}
    return client.post(f"{HOME}add/app/", given)


def deeds() -> list[str]:
    return list(RegisterEntry.objects.order_by("number").values_list("deed", flat=True))


def test_says_what_is_there_and_what_is_kept(entered: Client) -> None:
    said = entered.get(HOME).content.decode()
    assert "还没有第二因素：仅凭密码就能登录" in said
    assert "平台不记录您何时登录" in said


def test_mine_leads_there(entered: Client) -> None:
    assert f'href="{HOME}"' in entered.get("/desk/me/").content.decode()


def test_adds_an_app_and_shows_its_recovery_codes_this_once(entered: Client, account: Account) -> None:
    done = add_app(entered)
    said = done.content.decode()
    assert len(done.context["codes"]) == 10
    assert all(one in said for one in done.context["codes"])
    assert "no-store" in done["Cache-Control"]
    again = entered.get(HOME).content.decode()
    assert "工作手机" in again
    assert "还有 10 个未使用的恢复码" in again
    assert not any(one in again for one in done.context["codes"])
    assert deeds() == ["add_factor"]
    assert RegisterEntry.objects.get().facts == {"kind": "app", "name": "工作手机"}
    assert verify()[1] == []


def test_another_app_takes_the_place_of_the_first(entered: Client, account: Account) -> None:
    add_app(entered)
    first = account.factors.get().pk
    done = add_app(entered)
    assert done["Location"] == HOME
    assert account.factors.get().pk != first
    assert account.recovery_codes.count() == 10


def test_a_wrong_code_keeps_what_was_typed(entered: Client, account: Account) -> None:
    adding = entered.get(f"{HOME}add/app/").context["adding"]
    given = {"secret": adding.carried, "code": "000000", "name": "家里的平板"}
    answer = entered.post(f"{HOME}add/app/", given)
    said = answer.content.decode()
    assert answer.status_code == 422
    assert "验证码不正确" in said
    assert "家里的平板" in said
    assert not account.factors.exists()


def test_a_secret_of_somebody_elses_page_is_not_taken(entered: Client, city: City, account: Account) -> None:
    other = city.posts["head"].account
    secret = app_codes.new_secret()
    from linli.kernel.identity.forms import AppForm

    given = {"secret": AppForm.sign(other, secret), "code": code(secret), "name": "手机"}
    answer = entered.post(f"{HOME}add/app/", given)
    assert "页面已过期，请重新扫描二维码" in answer.content.decode()
    assert not account.factors.exists()


def test_removes_a_factor_and_with_the_last_one_the_codes(entered: Client, account: Account) -> None:
    add_app(entered)
    entered.post(f"{HOME}factors/{account.factors.get().pk}/remove/")
    assert not account.factors.exists()
    assert not account.recovery_codes.exists()
    assert deeds() == ["add_factor", "remove_factor"]


def test_nobody_removes_a_colleagues_factor(entered: Client, city: City) -> None:
    other = city.posts["head"].account
    actions.add_app(account=other, name="手机", secret=app_codes.new_secret())
    answer = entered.post(f"{HOME}factors/{other.factors.get().pk}/remove/", follow=True)
    assert "没有这一项第二因素" in answer.content.decode()
    assert other.factors.exists()


def test_the_last_factor_stays_where_the_city_asks_for_one(
    entered: Client, account: Account, settings: Any
) -> None:
    settings.SECOND_FACTOR_ROLES = ["dispatcher"]
    add_app(entered)
    answer = entered.post(f"{HOME}factors/{account.factors.get().pk}/remove/", follow=True)
    assert "您的岗位必须使用第二因素" in answer.content.decode()
    assert account.factors.exists()


def test_new_codes_end_the_old_ones(entered: Client, account: Account) -> None:
    old = add_app(entered).context["codes"]
    new = entered.post(f"{HOME}codes/").context["codes"]
    assert not set(old) & set(new)
    assert not actions.use_recovery(account=account, given=old[0])
    assert actions.use_recovery(account=account, given=new[0])


@pytest.mark.parametrize(
    ("verb", "page"),
    [("get", "add/app/"), ("get", "add/passkey/"), ("post", "factors/1/remove/"), ("post", "codes/")],
)
def test_an_unattended_screen_changes_nothing(entered: Client, verb: str, page: str) -> None:
    with at(now() + FRESH_FOR + dt.timedelta(seconds=1)):
        answer = getattr(entered, verb)(f"{HOME}{page}")
    onwards = f"{HOME}{page}" if verb == "get" else HOME
    assert answer.status_code == 302
    assert answer["Location"].startswith(CONFIRM)
    assert answer["Location"].endswith(onwards.replace("/", "%2F"))


def test_the_password_opens_it_again(entered: Client) -> None:
    with at(now() + FRESH_FOR + dt.timedelta(seconds=1)):
        wrong = entered.post(CONFIRM, {"password": "wrong", "next": f"{HOME}add/app/"})
        assert (wrong.status_code, "不正确" in wrong.content.decode()) == (422, True)
        right = entered.post(CONFIRM, {"password": PASSWORD, "next": f"{HOME}add/app/"})
        assert right["Location"] == f"{HOME}add/app/"
        assert entered.get(f"{HOME}add/app/").status_code == 200


def test_guessing_it_there_is_paused_as_at_the_sign_in(entered: Client) -> None:
    for _ in range(lockout.ATTEMPTS):
        entered.post(CONFIRM, {"password": "wrong"})
    assert "分钟后再试" in entered.post(CONFIRM, {"password": PASSWORD}).content.decode()


def test_signs_out_everywhere_but_here(entered: Client, account: Account) -> None:
    other = Client()
    other.post("/login", {"username": account.username, "password": PASSWORD})
    assert other.get(HOME).status_code == 200
    entered.post(f"{HOME}sessions/end/")
    assert other.get(HOME).status_code == 302
    assert entered.get(HOME).status_code == 200
    assert deeds() == ["end_sessions"]


def test_a_security_administrator_clears_what_was_lost(
    city: City, account: Account, sign_in: Callable[[str], Client]
) -> None:
    actions.add_app(account=account, name="手机", secret=app_codes.new_secret())
    lost = Client()
    lost.force_login(account)
    address = f"/desk/registers/accounts/{account.pk}/factors/"
    guardian = sign_in("security_admin")
    assert "请写明事由" in guardian.post(address, {"reason": " "}, follow=True).content.decode()
    assert account.factors.exists()
    guardian.post(address, {"reason": "手机丢失，已当面核实"})
    assert not Factor.objects.filter(account=account).exists()
    assert not account.recovery_codes.exists()
    assert lost.get(HOME).status_code == 302, "signed out everywhere"
    entry = RegisterEntry.objects.latest("number")
    assert (entry.deed, entry.facts) == ("reset_factors", {"removed": 1, "reason": "手机丢失，已当面核实"})


@pytest.mark.parametrize("word", ["system_admin", "audit_admin", "head"])
def test_nobody_else_does(city: City, account: Account, sign_in: Callable[[str], Client], word: str) -> None:
    """Who resets passwords must not clear factors too: else one person alone could enter any account."""
    actions.add_app(account=account, name="手机", secret=app_codes.new_secret())
    sign_in(word).post(f"/desk/registers/accounts/{account.pk}/factors/", {"reason": "想进去看看"})
    assert account.factors.exists()


def test_not_even_a_security_administrator_for_themselves(
    city: City, sign_in: Callable[[str], Client]
) -> None:
    own = city.posts["security_admin"].account
    actions.add_app(account=own, name="手机", secret=app_codes.new_secret())
    sign_in("security_admin").post(f"/desk/registers/accounts/{own.pk}/factors/", {"reason": "换了手机"})
    assert own.factors.exists()


def test_the_account_page_offers_it_to_whom_it_is_open(
    city: City, account: Account, sign_in: Callable[[str], Client]
) -> None:
    page = f"/desk/registers/accounts/{account.pk}/"
    assert "清除第二因素" not in sign_in("security_admin").get(page).content.decode()
    actions.add_app(account=account, name="手机", secret=app_codes.new_secret())
    assert "清除第二因素" in sign_in("security_admin").get(page).content.decode()
    assert "清除第二因素" not in sign_in("system_admin").get(page).content.decode()
