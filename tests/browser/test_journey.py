"""One problem from the resident's phone to the wall, as the people concerned do it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.steps import ask, choose, grid_of, make_move, moves_of, photos_ready, somewhere_in, unit_of

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


def put_pin(page: Page) -> None:
    """Press the map beside the position that the phone has told: near to it, and clear of its pin."""
    longitude, said = page.locator("#id_lng"), page.locator("[data-pin-said]")
    page.get_by_role("button", name="用我的位置").click()
    expect(longitude).to_have_value(re.compile(r"^\d+\.\d+$"))
    expect(said).not_to_be_empty()
    told = longitude.input_value()
    drawn = page.locator("[data-map] svg.ll-map__drawing, [data-map] canvas").first
    for _ in range(20):
        drawn.press("=")
    box = drawn.bounding_box()
    assert box is not None
    drawn.click(position={"x": box["width"] / 2 + 30, "y": box["height"] / 2})
    expect(longitude).not_to_have_value(told)
    expect(said).not_to_be_empty()
    assert abs(float(longitude.input_value()) - float(told)) < 0.001, (
        "the pin stands where the map was pressed"
    )


def report(page: Page, photo: Path) -> str:
    """File a report at the portal; returns the tracking page's address."""
    page.fill("[name=text]", "小区北门消防通道被三辆私家车堵死，救护车进不来")
    put_pin(page)
    page.set_input_files("#id_photos", str(photo))
    photos_ready(page.locator("#report-form"))
    page.locator("button.portal-send").click()
    page.wait_for_url(re.compile(r"/r/|/report/"))
    receipt = page.locator("h1#standing")
    another = page.get_by_role("button", name=re.compile("不是同一件|继续上报"))
    expect(receipt.or_(another).first).to_be_visible()
    if another.is_visible():  # the same problem is known nearby: this one is another
        another.click()
        page.wait_for_url(re.compile(r"/r/"))
    return page.url


def test_a_problem_goes_from_the_phone_to_the_wall(
    site: Site, open_page: OpenPage, look: Look, photo: Path
) -> None:
    street, worker = site.accounts["jiedao"], site.accounts["wangge"]
    fire, urban = site.accounts["xiaofang"], site.accounts["chengguan"]
    lng, lat = somewhere_in(site, grid_of(worker))

    # the resident, without an account
    position = {"longitude": lng, "latitude": lat}
    resident = open_page(
        "/report/",
        size="390x844",
        geolocation=position,
        permissions=["geolocation"],
        reduced_motion="reduce",  # so that the map stands still when it is pressed
    )
    tracking = report(resident, photo)
    expect(resident.locator("h1#standing")).to_be_visible()
    number = resident.locator(".portal-number strong").inner_text().strip()
    look(resident, "journey-1-receipt")

    # the street's centre: located, matched, dispatched to two units in one move
    desk = open_page(f"/desk/cases/{number}/", account=street)
    found = ask(site, f"/cases/{number}", street)
    assert found["area"][:15] == grid_of(worker)
    shown = desk.locator("#case")
    expect(shown).to_contain_text("消防通道堵塞")
    expect(shown.locator(".ll-facts", has_text="认定理由")).to_contain_text("词语：消防通道")
    for name in found["area_path"].split(" › ")[-2:]:
        expect(shown.locator(".desk-head")).to_contain_text(name)
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
    assert moves_of(site, number, street) == [
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

    # and looks behind a figure: the list of what it has counted
    wall.get_by_role("link", name=re.compile("今日结案")).first.click()
    wall.wait_for_url(re.compile(r"/desk/|/wall/figures/"))
    expect(wall.locator("table")).to_contain_text(number)
    look(wall, "journey-5-wall-list")


def test_a_supervisor_finds_what_is_overdue_and_asks_for_a_reply(
    site: Site, open_page: OpenPage, look: Look
) -> None:
    page = open_page("/desk/?list=overdue", account=site.accounts["duban"])
    look(page, "journey-6-overdue")
    cases = page.locator("table a[href*='/desk/cases/']")
    if not cases.count():  # a city this small may have kept every limit: then the next to fall due
        page.goto("/desk/?list=area")
    cases.first.click()
    page.wait_for_url(re.compile(r"/desk/cases/\d+/"))

    def supervise(form: Page) -> None:
        value = form.locator("select[name=unit] option[value]:not([value=''])").first.get_attribute("value")
        form.locator("select[name=unit]").evaluate("(list, value) => { list.value = value }", value)
        form.fill("[name=opinion]", "请说明超期原因并尽快办结")

    make_move(page, "supervise", supervise)
    notice = page.locator("#case .desk-clocks li", has_text="请说明超期原因并尽快办结").last
    expect(notice).to_contain_text("答复时限")
    expect(notice.locator("time")).to_be_visible()
    look(page, "journey-6-supervised")


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
        for tab in page.locator(".ll-tabs [aria-current]").all():
            expect(tab).to_be_in_viewport(ratio=0.9)
