from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.city import City

from linli.domains.cases import actions
from linli.domains.cases.actions import Filed
from linli.kernel.vault.models import Reading

SignIn = Callable[[str], Client]
FileReport = Callable[..., Filed]


def test_shows_the_case_with_the_moves_one_may_make(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    page = sign_in("dispatcher").get(f"/desk/cases/{case.number}/").content.decode()
    for said in (case.title, "消防通道堵塞", "受理", "分办", "词语：", "总时限", "办理过程"):
        assert said in page


def test_whoever_only_looks_gets_no_moves(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    page = sign_in("leader").get(f"/desk/cases/{case.number}/").content.decode()
    assert case.title in page
    assert "/moves/" not in page
    assert "您的岗位现在没有可办理的操作" in page


def test_a_move_that_is_held_back_says_why(city: City, sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    given = {"lead": city.unit("东湖区消防救援大队"), "assist": [city.unit("东湖区城市管理局")]}
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given=given)
    page = sign_in("urban").get(f"/desk/cases/{case.number}/").content.decode()
    assert "本单位不是此件的主办单位" in page
    assert f"/desk/cases/{case.number}/moves/finish/" in page


@pytest.mark.parametrize("word", ["far_dispatcher", "other_dispatcher", "urban", "system_admin"])
def test_is_not_found_by_whoever_may_not_see_it(word: str, sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    assert sign_in(word).get(f"/desk/cases/{case.number}/").status_code == 404


def test_tells_the_story_in_plain_words(city: City, sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    given = {"lead": city.unit("东湖区消防救援大队"), "opinion": "请两日内疏通"}
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given=given)
    actions.move(city.actor("fire"), case_id=case.pk, move="hand_back", given={"reason": "属于小区内部道路"})
    page = sign_in("dispatcher").get(f"/desk/cases/{case.number}/").content.decode()
    for said in (
        '主办：<span lang="zh-Hans">东湖区消防救援大队</span>',
        "请两日内疏通",
        "属于小区内部道路",
        "第 1 次退回",
        "综治中心分办员",
    ):
        assert said in page


def test_markup_in_words_stays_words(city: City, sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report("<script>alert(1)</script>消防通道堵塞").case
    client = sign_in("dispatcher")
    for address in ("/desk/?list=all", f"/desk/cases/{case.number}/", f"/desk/cases/{case.number}/?print=1"):
        page = client.get(address).content.decode()
        assert "<script>alert(1)" not in page
        assert "消防通道堵塞" in page


def test_prints_a_sheet(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    page = sign_in("dispatcher").get(f"/desk/cases/{case.number}/?print=1").content.decode()
    assert "事件办理单" in page
    assert case.number in page


def test_offers_the_same_problem_nearby_to_merge(sign_in: SignIn, file_report: FileReport) -> None:
    first, second = file_report().case, file_report("三栋消防通道被车堵住了").case
    page = sign_in("dispatcher").get(f"/desk/cases/{second.number}/").content.decode()
    assert f"/desk/cases/{second.number}/moves/merge/?into={first.number}" in page
    form = sign_in("dispatcher").get(f"/desk/cases/{second.number}/moves/merge/?into={first.number}")
    assert f'value="{first.number}"' in form.content.decode()


def test_merged_cases_name_each_other(city: City, sign_in: SignIn, file_report: FileReport) -> None:
    first, second = file_report().case, file_report("三栋消防通道被车堵住了").case
    actions.move(city.actor("dispatcher"), case_id=second.pk, move="merge", given={"into": first.number})
    client = sign_in("dispatcher")
    assert second.number in client.get(f"/desk/cases/{first.number}/").content.decode()
    assert "已并入" in client.get(f"/desk/cases/{second.number}/").content.decode()


def test_queries_do_not_grow_with_the_story(
    city: City, sign_in: SignIn, file_report: FileReport, django_assert_max_num_queries: Any
) -> None:
    case = file_report().case
    client = sign_in("dispatcher")
    client.get(f"/desk/cases/{case.number}/")
    for _ in range(2):
        for n in range(6):
            actions.move(
                city.actor("dispatcher"), case_id=case.pk, move="comment", given={"opinion": f"备注 {n}"}
            )
        with django_assert_max_num_queries(32):
            client.get(f"/desk/cases/{case.number}/")


def test_a_contact_is_masked_until_a_reason_is_given_and_its_reading_is_kept(
    sign_in: SignIn, file_report: FileReport
) -> None:
    filed = file_report(with_contact=True)
    number = filed.case.number
    client = sign_in("dispatcher")
    assert "13800138000" not in client.get(f"/desk/cases/{number}/").content.decode()
    assert "138****8000" in client.get(f"/desk/cases/{number}/").content.decode()
    sent = {"report": filed.report.pk, "reason": ""}
    assert client.post(f"/desk/cases/{number}/contact/", sent).status_code == 422
    page = client.post(f"/desk/cases/{number}/contact/", sent | {"reason": "核实具体楼栋"})
    assert "13800138000" in page.content.decode()
    assert Reading.objects.filter(reason="核实具体楼栋").exists()


def test_a_contact_is_refused_to_who_has_no_need_of_it(sign_in: SignIn, file_report: FileReport) -> None:
    filed = file_report(with_contact=True)
    sent = {"report": filed.report.pk, "reason": "想知道是谁"}
    response = sign_in("worker").post(f"/desk/cases/{filed.case.number}/contact/", sent)
    assert response.status_code == 403
    assert "13800138000" not in response.content.decode()


def test_a_request_says_how_much_time_it_asks_for(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    given = {"lead": city.unit("东湖区消防救援大队")}
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given=given)
    asked = {"amount": 2, "measure": "hours", "reason": "等待配件到货"}
    actions.move(city.actor("fire"), case_id=case.pk, move="ask_extension", given=asked)
    page = sign_in("dispatcher").get(f"/desk/cases/{case.number}/").content.decode()
    assert "2个自然时" in page
    assert f"/desk/cases/{case.number}/moves/approve/" in page
