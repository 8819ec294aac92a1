"""One problem from the resident's phone to the wall, as the people concerned do it."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site

OpenPage = Callable[..., Page]
Look = Callable[..., None]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo as a phone takes it."""
    buffer = io.BytesIO()
    Image.effect_noise((900, 700), 60).convert("RGB").save(buffer, "JPEG")
    path = tmp_path / "现场.jpg"
    path.write_bytes(buffer.getvalue())
    return path


def ask(site: Site, path: str, account: dict[str, str]) -> Any:
    request = urllib.request.Request(
        f"{site.url}/api/v1{path}", headers={"Authorization": f"Bearer {account['token']}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def somewhere_in(site: Site, grid: str) -> tuple[float, float]:
    """A point in a grid: where something has happened before."""
    found = ask(site, f"/cases?list=all&area={grid}&limit=1", site.accounts["jiedao"])["items"]
    return found[0]["lng"], found[0]["lat"]


def report(page: Page, lng: float, lat: float, photo: Path) -> str:
    """File a report at the portal; returns the tracking page's address."""
    page.fill("[name=text]", "小区北门消防通道被三辆私家车堵死，救护车进不来")
    page.locator("details.ll-pin__numbers summary").click()
    page.fill("#id_lng", str(lng))
    page.fill("#id_lat", str(lat))
    page.set_input_files("#id_photos", str(photo))
    page.locator("button.portal-send").click()
    page.wait_for_url(re.compile(r"/r/|/report/"))
    page.wait_for_load_state("networkidle")
    if "/r/" not in page.url:  # the same problem is known nearby: this one is another
        page.get_by_role("button", name=re.compile("不是同一件|继续上报")).click()
        page.wait_for_url(re.compile(r"/r/"))
    return page.url


def make_move(page: Page, name: str, fill: Callable[[Page], None]) -> None:
    """Open a move's form from the case page, fill it in, and make it."""
    number = page.locator("#case").get_attribute("data-case")
    link = page.locator(f"#case a[href$='/moves/{name}/']:visible")
    if not link.count():
        page.locator(".desk-offers__more summary").click()
    link.first.click()
    form = page.locator(f"form[data-move={name}]")
    form.wait_for()
    fill(page)
    form.locator("button[type=submit].ll-button--primary, button[type=submit].ll-button--danger").last.click()
    form.wait_for(state="detached")
    page.goto(f"/desk/cases/{number}/")


def unit_of(site: Site, account: dict[str, str]) -> int:
    """The id of an account's unit."""
    area = account["area"].split()[0]
    found = ask(site, f"/units?area={area}&limit=200", account)["items"]
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


def test_a_problem_goes_from_the_phone_to_the_wall(
    site: Site, open_page: OpenPage, look: Look, photo: Path
) -> None:
    street, worker = site.accounts["jiedao"], site.accounts["wangge"]
    fire, urban = site.accounts["xiaofang"], site.accounts["chengguan"]
    lng, lat = somewhere_in(site, worker["area"].split()[0])

    # the resident, without an account
    resident = open_page("/report/", size="390x844")
    tracking = report(resident, lng, lat, photo)
    expect(resident.locator("h1#standing")).to_be_visible()
    number = resident.locator(".portal-number strong").inner_text().strip()
    look(resident, "journey-1-receipt")

    # the street's centre: located, matched, dispatched to two units in one move
    desk = open_page(f"/desk/cases/{number}/", account=street)
    expect(desk.locator("#case")).to_contain_text("消防通道")
    look(desk, "journey-2-desk")

    def dispatch(page: Page) -> None:
        choose(page, "lead", unit_of(site, fire))
        choose(page, "assist", unit_of(site, urban))

    make_move(desk, "dispatch", dispatch)
    expect(desk.locator("#case")).to_contain_text("处置中")

    # the assisting unit does its share, the lead unit handles with a photo
    assisting = open_page(f"/desk/cases/{number}/", account=urban)
    make_move(assisting, "finish", lambda page: page.fill("[name=opinion]", "已协助拖离两辆车"))
    lead = open_page(f"/desk/cases/{number}/", account=fire)

    def handle(page: Page) -> None:
        page.fill("[name=opinion]", "车辆已全部挪开，划设禁停线")
        page.set_input_files("form[data-move=handle] [name=upload]", str(photo))

    make_move(lead, "handle", handle)
    expect(lead.locator("#case")).to_contain_text("待核查")

    # the grid worker verifies on the spot, on a phone
    patrol = open_page(f"/desk/cases/{number}/", account=worker, size="390x844")
    make_move(patrol, "verify", lambda page: page.fill("[name=opinion]", "现场畅通"))
    look(patrol, "journey-3-verified")

    # the reporter says it is not solved: it goes back, with its history
    resident.goto(tracking)
    resident.get_by_role("button", name="未解决").click()
    resident.wait_for_load_state("networkidle")
    lead.goto(f"/desk/cases/{number}/")
    expect(lead.locator("#case")).to_contain_text("处置中")
    make_move(lead, "handle", lambda page: page.fill("[name=opinion]", "加装了隔离桩"))
    patrol.goto(f"/desk/cases/{number}/")
    make_move(patrol, "verify", lambda page: page.fill("[name=opinion]", "已装好"))
    resident.goto(tracking)
    resident.get_by_role("button", name="已解决", exact=True).click()
    resident.wait_for_load_state("networkidle")
    resident.goto(tracking)
    expect(resident.locator("h1#standing")).to_be_visible()
    look(resident, "journey-4-solved")
    found = ask(site, f"/cases/{number}", street)
    assert (found["state"], found["result"]) == ("closed", "solved")
    moves = [entry["move"] for entry in ask(site, f"/cases/{number}/journal", street)]
    assert moves == [
        "report",
        "dispatch",
        "finish",
        "handle",
        "verify",
        "answer",
        "handle",
        "verify",
        "answer",
    ]

    # the district head sees it in the figures
    wall = open_page("/wall/", account=site.accounts["quzhang"])
    expect(wall.locator("main")).to_contain_text("今日结案")
    look(wall, "journey-5-wall")


def test_a_supervisor_finds_what_is_overdue_and_asks_for_a_reply(
    site: Site, open_page: OpenPage, look: Look
) -> None:
    page = open_page("/desk/?list=overdue", account=site.accounts["duban"])
    look(page, "journey-6-overdue")
    page.locator("table a[href*='/desk/cases/']").first.click()
    page.wait_for_url(re.compile(r"/desk/cases/\d+/"))

    def supervise(form: Page) -> None:
        value = form.locator("select[name=unit] option[value]:not([value=''])").first.get_attribute("value")
        form.locator("select[name=unit]").evaluate("(list, value) => { list.value = value }", value)
        form.fill("[name=opinion]", "请说明超期原因并尽快办结")

    make_move(page, "supervise", supervise)
    expect(page.locator("#case")).to_contain_text("督办")


@pytest.mark.parametrize("username", ["jiedao", "xiaofang", "wangge", "duban", "quzhang", "admin"])
def test_nothing_sticks_out_at_the_width_of_a_small_phone(
    site: Site, open_page: OpenPage, username: str
) -> None:
    page = open_page("/desk/", account=site.accounts[username])
    page.set_viewport_size({"width": 360, "height": 740})
    addresses = ["/desk/", "/desk/?list=all", "/desk/me/", "/desk/notices/"]
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
