"""What people do on the pages of a case, and what a test asks the running city beside them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site

Account = dict[str, str]


def ask(site: Site, path: str, account: Account) -> Any:
    """What the API answers to ``account``."""
    return _call(site, path, account, None)


def file_report(site: Site, account: Account, *, text: str, at: tuple[float, float]) -> Any:
    """A report taken in through the API at ``at`` (lng, lat); the number and the tracking secret."""
    return _call(site, "/reports", account, {"text": text, "lng": at[0], "lat": at[1]})


def _call(site: Site, path: str, account: Account, body: dict[str, Any] | None) -> Any:
    request = urllib.request.Request(
        f"{site.url}/api/v1{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {account['token']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def moves_of(site: Site, number: str, account: Account) -> list[str]:
    """The moves in the journal of a case, first to last."""
    return [entry["move"] for entry in ask(site, f"/cases/{number}/journal", account)]


def grid_of(account: Account) -> str:
    """The code of an account's area."""
    return account["area"].split()[0]


def somewhere_in(site: Site, grid: str) -> tuple[float, float]:
    """A point in a grid: where something has happened before."""
    found = ask(site, f"/cases?list=all&area={grid}&limit=1", site.accounts["jiedao"])["items"]
    return found[0]["lng"], found[0]["lat"]


def unit_of(site: Site, account: Account) -> int:
    """The id of an account's unit."""
    found = ask(site, f"/units?area={grid_of(account)}&limit=200", account)["items"]
    return next(one["id"] for one in found if one["name"] == account["unit"])


def choose(page: Page, name: str, unit: int) -> None:
    """Choose a unit in a form's list, whatever dresses the list up; one that is not near is added to it."""
    page.locator(f"select[name={name}]").evaluate(
        """(list, value) => {
            let option = [...list.options].find((one) => one.value === value);
            if (!option) list.append((option = new Option(value, value)));
            option.selected = true;
            list.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        str(unit),
    )


def make_move(page: Page, name: str, fill: Callable[[Page], None], *, link: Locator | None = None) -> None:
    """Open a move's form from the case page (or by ``link``), fill it in, and make it."""
    number = page.locator("#case").get_attribute("data-case")
    if link is None:
        link = page.locator(f"#case a[href$='/moves/{name}/']:visible")
        if not link.count():
            page.locator(".desk-offers__more summary").click()
    link.first.click()
    form = page.locator(f"form[data-move={name}]")
    form.wait_for()
    fill(page)
    photos_ready(form)
    form.locator("button[type=submit].ll-button--primary, button[type=submit].ll-button--danger").last.click()
    form.wait_for(state="detached")
    page.goto(f"/desk/cases/{number}/")


def photos_ready(form: Locator) -> None:
    """Wait until the photos chosen in ``form`` have been made smaller: nothing is sent before."""
    expect(form).not_to_have_attribute("data-sending", "photos")


def writing(words: str, field: str = "opinion") -> Callable[[Page], None]:
    """Fill in a form that asks for words alone."""
    return lambda page: page.fill(f"form[data-move] [name={field}]", words)
