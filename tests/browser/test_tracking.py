"""The tracking page in a browser: its forms, those of the shell, and what is added to a report."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_journey import somewhere_in

OpenPage = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def address(site: Site) -> str:
    """The private address of a report."""
    account = site.accounts["jiedao"]
    lng, lat = somewhere_in(site, account["area"].split()[0])
    body = {"text": "小区北门消防通道被三辆私家车堵死", "lng": lng, "lat": lat}
    request = urllib.request.Request(
        f"{site.url}/api/v1/reports",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {account['token']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return f"/r/{json.load(answer)['tracking']}/"


def test_language_and_type_size_can_be_chosen_on_a_page_that_hides_its_address(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address, size="390x844")
    page.get_by_role("button", name="放大字号").click()
    expect(page.locator("html")).to_have_class(re.compile("portal-large"))
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert address in page.url


def test_words_are_added_to_a_report(open_page: OpenPage, address: str, look: Look) -> None:
    page = open_page(address, size="390x844")
    form = page.locator("#supplement")
    form.get_by_role("button", name="提交补充").click()
    expect(form).to_contain_text("请写几句补充，或者添加照片")
    page.get_by_role("button", name="放大字号").click()
    expect(page.locator("html")).to_have_class(re.compile("portal-large"))
    page.goto(address)
    page.locator("#supplement [name=text]").fill("晚上又堵了一次")
    look(page, "portal-supplement", full_page=True)
    page.locator("#supplement").get_by_role("button", name="提交补充").click()
    expect(page.locator(".ll-timeline")).to_contain_text("晚上又堵了一次")
    look(page, "portal-supplemented", full_page=True)
