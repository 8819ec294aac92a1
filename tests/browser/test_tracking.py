"""The tracking page in a browser: its forms, those of the shell, and what is added to a report."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.steps import file_report, grid_of, somewhere_in

OpenPage = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def address(site: Site) -> str:
    """The private address of a report."""
    account = site.accounts["jiedao"]
    lng, lat = somewhere_in(site, grid_of(account))
    filed = file_report(site, account, text="小区北门消防通道被三辆私家车堵死", at=(lng, lat))
    return f"/r/{filed['tracking']}/"


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
