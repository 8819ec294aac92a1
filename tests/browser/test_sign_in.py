"""The way in."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site


def test_the_sign_in_page_is_drawn_whole(open_page: Callable[..., Page], look: Callable[..., None]) -> None:
    page = open_page("/login")
    expect(page.locator("[name=username]")).to_be_visible()
    look(page, "login")


def test_a_staff_member_signs_in(open_page: Callable[..., Page], site: Site) -> None:
    page = open_page("/login", account=site.account("dispatcher"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_static_files_are_served_for_good_under_hashed_names(
    open_page: Callable[..., Page], site: Site
) -> None:
    page = open_page("/login")
    style = page.locator("link[rel=stylesheet]").first.get_attribute("href")
    assert style is not None
    with urllib.request.urlopen(site.url + style) as response:
        assert "immutable" in response.headers["Cache-Control"]


def test_the_demo_says_who_may_sign_in(site: Site) -> None:
    written = json.loads((site.data / "demo.json").read_text())
    assert {"username", "password", "role", "unit", "area", "token"} <= set(written[0])
