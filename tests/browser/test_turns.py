"""The turns a case can take on its way, on the pages where people take them, each told in its timeline."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.steps import (
    ask,
    choose,
    file_report,
    grid_of,
    make_move,
    moves_of,
    somewhere_in,
    unit_of,
    writing,
)

OpenPage = Callable[..., Page]
Look = Callable[..., None]

TEXT = "菜场后门的消防通道被货车堵死，旁边路灯不亮，垃圾成堆"


@pytest.fixture
def numbers(site: Site) -> tuple[str, str]:
    """Two cases of the same words at the same place."""
    street = site.accounts["jiedao"]
    place = somewhere_in(site, grid_of(site.accounts["wangge"]))
    first, second = (file_report(site, street, text=TEXT, at=place)["number"] for _ in range(2))
    return first, second


def timeline_tells(page: Page, *words: str) -> None:
    """The timeline has an entry with all of ``words``."""
    entry = page.locator("#case .ll-timeline__entry")
    for word in words:
        entry = entry.filter(has_text=word)
    expect(entry.first).to_be_visible()


def dispatch(page: Page, unit: int) -> None:
    """Send the case in hand to ``unit``."""
    make_move(page, "dispatch", lambda form: choose(form, "lead", unit))
    expect(page.locator("#case")).to_contain_text("处置中")


def test_cases_are_merged_parted_split_and_escalated(
    site: Site, open_page: OpenPage, look: Look, numbers: tuple[str, str]
) -> None:
    first, second = numbers
    street, district, urban = (site.accounts[name] for name in ("jiedao", "qufenban", "chengguan"))

    # the second report of the same problem is offered beside the first, and merged into it
    desk = open_page(f"/desk/cases/{second}/", account=street)
    offered = desk.locator(f"#case a[href$='/moves/merge/?into={first}']")
    make_move(desk, "merge", writing("同一处消防通道"), link=offered)
    timeline_tells(desk, "并案", f"并入事件：{first}")
    look(desk, "turns-1-merged")
    desk.goto(f"/desk/cases/{first}/")
    timeline_tells(desk, f"并入的事件：{second}")
    expect(desk.locator(".desk-head")).to_contain_text("2 人上报")

    # it was another after all: its report comes back
    desk.goto(f"/desk/cases/{second}/")
    make_move(desk, "unmerge", writing("核实后是另一处通道", "reason"))
    timeline_tells(desk, "撤销并案", "核实后是另一处通道")
    expect(desk.locator(".desk-reports")).to_contain_text("菜场后门")

    # the street cannot do it alone: the district's centre takes it up and sends its department
    make_move(desk, "escalate", writing("街道没有执法权，请区里派部门报到", "reason"))
    timeline_tells(desk, "上报上级中心", "街道没有执法权", "交由：")
    look(desk, "turns-2-escalated")
    above = open_page(f"/desk/cases/{second}/", account=district)
    dispatch(above, unit_of(site, urban))
    timeline_tells(above, "分办", "主办：")
    assert ask(site, f"/cases/{second}", district)["lead"]["id"] == unit_of(site, urban)
    assert moves_of(site, second, street) == ["report", "merge", "unmerge", "escalate", "dispatch"]

    # several problems in one report: each further one becomes a case of its own
    def split(form: Page) -> None:
        form.fill("[name=parts-0-text]", "菜场后门路灯不亮")
        form.fill("[name=parts-1-text]", "菜场后门垃圾成堆")
        form.fill("form[data-move=split] [name=reason]", "一份上报说了三件事")

    desk.goto(f"/desk/cases/{first}/")
    make_move(desk, "split", split)
    timeline_tells(desk, "分案", "一份上报说了三件事", "分出事件")
    look(desk, "turns-3-split")
    parted = desk.locator("#case .desk-plain a[href*='/desk/cases/']", has_text="路灯不亮")
    parted.first.click()
    desk.wait_for_url(lambda url: first not in url)
    timeline_tells(desk, f"分自事件：{first}")
    assert moves_of(site, first, street) == ["report", "take_in", "give_back", "split"]


def test_after_two_hand_backs_the_centre_decides_and_more_time_is_approved(
    site: Site, open_page: OpenPage, look: Look, numbers: tuple[str, str]
) -> None:
    number = numbers[0]
    street, head = site.accounts["jiedao"], site.accounts["zhongxin"]
    fire = site.accounts["xiaofang"]
    desk = open_page(f"/desk/cases/{number}/", account=street)
    reasons = {"xiaofang": "占道货车不归消防管", "chengguan": "通道在围墙内，不归城管管"}
    for count, (name, reason) in enumerate(reasons.items(), start=1):
        desk.goto(f"/desk/cases/{number}/")
        dispatch(desk, unit_of(site, site.accounts[name]))
        unit = open_page(f"/desk/cases/{number}/", account=site.accounts[name])
        make_move(unit, "hand_back", writing(reason, "reason"))
        timeline_tells(unit, "退回", reason, f"第 {count} 次退回")

    # twice is the limit: whom the centre chooses now cannot hand it back
    desk.goto(f"/desk/cases/{number}/")
    expect(desk.locator(".desk-head")).to_contain_text("退回 2 次")
    dispatch(desk, unit_of(site, fire))
    timeline_tells(desk, "分办", "由综治中心裁定，不再退回")
    look(desk, "turns-4-final")
    lead = open_page(f"/desk/cases/{number}/", account=fire)
    lead.locator(".desk-offers__more summary").click()
    expect(lead.get_by_role("button", name="退回", exact=True)).to_be_disabled()
    expect(lead.locator("#held-hand_back")).to_contain_text("不能再退回")
    look(lead, "turns-5-hand-back-refused")
    lead.goto(f"/desk/cases/{number}/")

    # suspended and taken up again, both by the centre's word
    make_move(lead, "ask_suspension", writing("等待货主到场", "reason"))
    approval = open_page(f"/desk/cases/{number}/", account=head)
    make_move(approval, "approve", writing("同意，到场即恢复"))
    timeline_tells(approval, "批准申请", "时限暂停")
    look(approval, "turns-6-suspended")
    make_move(approval, "resume", writing("货主已到场"))
    timeline_tells(approval, "恢复办理", "时限恢复")

    # and more time, by the centre's word too
    def ask_for_more(form: Page) -> None:
        form.fill("[name=amount]", "2")
        form.fill("form[data-move=ask_extension] [name=reason]", "吊车明天才到")

    lead.goto(f"/desk/cases/{number}/")
    make_move(lead, "ask_extension", ask_for_more)
    timeline_tells(lead, "申请延期", "吊车明天才到")
    approval.goto(f"/desk/cases/{number}/")
    make_move(approval, "approve", writing("同意延期"))
    timeline_tells(approval, "批准申请", "时限延长")
    look(approval, "turns-7-extended")
    assert moves_of(site, number, street) == [
        "report",
        *["dispatch", "hand_back"] * 2,
        "dispatch",
        "ask_suspension",
        "approve",
        "resume",
        "ask_extension",
        "approve",
    ]
