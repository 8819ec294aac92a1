"""A second factor in a real browser: an authenticator app, and a passkey on a virtual device."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from linli.kernel.identity import app_codes
from tests.browser.conftest import Site

SECURITY = "/desk/me/security/"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


Lend = Callable[[str], dict[str, str]]


@pytest.fixture
def lend(site: Site) -> Iterator[Lend]:
    """``lend("clerk")``: an account of the city, which is given back as it was: without a second factor.

    Other journeys sign in by its password alone, and come in any order.
    """
    lent: list[str] = []

    def one(role: str) -> dict[str, str]:
        account = site.account(role)
        lent.append(account["username"])
        return account

    yield one
    for username in lent:
        site.linli("account", "factors", username, "--reason", "走查结束")


def give_password(page: Page, account: dict[str, str]) -> None:
    page.fill("[name=username]", account["username"])
    page.fill("[name=password]", account["password"])
    page.press("[name=password]", "Enter")


def sign_out(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/login")


def code(secret: str, later: int = 0) -> str:
    step = int(time.time()) // app_codes.STEP + later  # noqa: TID251 - the phone's clock, not the platform's
    return app_codes.code_at(secret, step)


def device(page: Page) -> CDPSession:
    """A device that makes and keeps passkeys, and on which its owner always agrees."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session


def test_an_app_is_added_by_keyboard_and_asked_for_at_the_next_sign_in(
    open_page: Callable[..., Page], lend: Lend, look: Callable[..., None]
) -> None:
    account = lend("clerk")
    page = open_page(SECURITY, account=account)
    look(page, "security-empty")
    page.get_by_role("link", name="添加身份验证器应用").focus()
    page.keyboard.press("Enter")
    expect(page.locator("svg.identity-qr")).to_be_visible()
    look(page, "security-add-app", full_page=True)
    secret = page.locator(".identity-secret").inner_text().removeprefix("密钥").replace(" ", "").strip()
    page.get_by_label("应用显示的 6 位数字").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("验证码不正确。请核对手机时间是否准确")).to_be_visible()
    page.get_by_label("应用显示的 6 位数字").fill(code(secret))
    page.keyboard.press("Enter")
    codes = page.locator(".identity-codes li")
    expect(codes).to_have_count(10)
    look(page, "security-codes", full_page=True)
    recovery = codes.first.inner_text()
    page.get_by_role("link", name="已保管好").click()
    expect(page.get_by_text("还有 10 个未使用的恢复码")).to_be_visible()
    look(page, "security", full_page=True)

    sign_out(page)
    give_password(page, account)
    expect(page.get_by_role("heading", name="第二步验证")).to_be_visible()
    expect(page.get_by_label("验证码或恢复码")).to_be_focused()
    look(page, "second-app")
    page.keyboard.type(code(secret))
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/")

    sign_out(page)
    give_password(page, account)
    page.get_by_label("验证码或恢复码").fill(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/")
    page.goto(SECURITY)
    expect(page.get_by_text("还有 9 个未使用的恢复码")).to_be_visible()


def test_a_passkey_is_made_and_asked_for(
    open_page: Callable[..., Page], site: Site, lend: Lend, look: Callable[..., None]
) -> None:
    account = lend("supervisor")
    # passkeys belong to a name: browsers make none for a bare address
    home = site.url.replace("127.0.0.1", "localhost")
    page = open_page("/login")
    page.goto(f"{home}/login")
    authenticator = device(page)
    give_password(page, account)
    page.wait_for_url("**/desk/")
    page.goto(f"{home}{SECURITY}add/passkey/")
    look(page, "security-add-passkey")
    page.get_by_label("名称").fill("办公电脑")
    page.get_by_role("button", name="生成通行密钥").click()
    expect(page.locator(".identity-codes li")).to_have_count(10)
    page.goto(f"{home}{SECURITY}")
    expect(page.get_by_text("办公电脑")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"{home}/login")
    give_password(page, account)
    expect(page.get_by_role("button", name="使用通行密钥")).to_be_visible()
    look(page, "second-passkey")
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/desk/")

    # on a device that has no passkey of the account, the page says so and the session does not begin
    page.context.clear_cookies()
    authenticator.send("WebAuthn.disable")
    device(page)
    page.goto(f"{home}/login")
    give_password(page, account)
    page.get_by_role("button", name="使用通行密钥").click()
    expect(page.get_by_text("没有取得通行密钥，请重试或改用其他方式")).to_be_visible()
    page.goto(f"{home}/desk/")
    expect(page).to_have_url(re.compile("/login"))
