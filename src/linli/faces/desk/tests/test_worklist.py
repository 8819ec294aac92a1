from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.city import City

from linli.domains.cases import actions
from linli.domains.cases.actions import Filed
from linli.domains.cases.models import Case, CaseState
from linli.faces.desk.models import SavedFilter

SignIn = Callable[[str], Client]
FileReport = Callable[..., Filed]


def test_sends_strangers_to_sign_in(client: Client, city: City) -> None:
    response = client.get("/desk/")
    assert response.status_code == 302
    assert response["Location"].startswith("/login")


def test_a_panel_of_a_stranger_sends_the_whole_window_to_sign_in(client: Client, city: City) -> None:
    response = client.get("/desk/", headers={"HX-Request": "true"})
    assert response["HX-Redirect"] == "/login"


def test_shows_the_cases_of_the_post_with_their_next_move(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    page = sign_in("dispatcher").get("/desk/").content.decode()
    assert case.number in page
    assert f"/desk/cases/{case.number}/moves/dispatch/" in page
    assert "推荐" in page


def test_another_street_sees_nothing_of_it(city: City, sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    page = sign_in("other_dispatcher").get("/desk/?list=all")
    assert page.status_code == 200
    assert case.number not in page.content.decode()


def test_whoever_sees_no_cases_is_shown_their_own_page(sign_in: SignIn) -> None:
    assert sign_in("system_admin").get("/desk/")["Location"] == "/desk/me/"


def test_a_whole_number_goes_straight_to_its_case(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    assert (
        sign_in("dispatcher").get("/desk/", {"q": case.number})["Location"] == f"/desk/cases/{case.number}/"
    )


def test_a_number_out_of_sight_finds_nothing(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    page = sign_in("far_urban").get("/desk/", {"q": case.number})
    assert page.status_code == 200
    assert "没有符合条件的事件" in page.content.decode()


def test_finds_chinese_words(sign_in: SignIn, file_report: FileReport) -> None:
    found, other = file_report().case, file_report("路灯不亮已经一周").case
    page = sign_in("dispatcher").get("/desk/", {"q": "路灯"}).content.decode()
    assert other.number in page
    assert found.number not in page


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("opened_from=gestern", "日期应为"),
        ("state=zzz", "没有「zzz」这一选项"),
        ("area=5101", "没有代码为 5101 的区域"),
    ],
)
def test_says_what_it_does_not_understand_and_shows_the_rest(
    sign_in: SignIn, file_report: FileReport, asked: str, told: str
) -> None:
    case = file_report().case
    page = sign_in("dispatcher").get(f"/desk/?list=all&{asked}").content.decode()
    assert told in page
    assert case.number in page


@pytest.mark.parametrize("word", ["dispatcher", "worker", "urban", "supervisor", "leader", "committee"])
def test_every_list_of_every_role_opens(word: str, sign_in: SignIn, file_report: FileReport) -> None:
    file_report()
    client = sign_in(word)
    for code in (
        "todo",
        "unit",
        "area",
        "soon",
        "overdue",
        "supervised",
        "verify",
        "requests",
        "closed",
        "all",
    ):
        assert client.get("/desk/", {"list": code}).status_code == 200


def test_queries_do_not_grow_with_rows(
    sign_in: SignIn, file_report: FileReport, django_assert_max_num_queries: Any
) -> None:
    client = sign_in("dispatcher")
    client.get("/desk/?list=all")  # what processes hold in memory is read
    for count in (1, 12):
        for _ in range(count):
            file_report()
        with django_assert_max_num_queries(22):
            client.get("/desk/?list=all")


def test_keeps_and_forgets_a_filter_of_ones_own(city: City, sign_in: SignIn) -> None:
    client = sign_in("dispatcher")
    client.post("/desk/filters/", {"name": "急件", "query": "list=todo&urgency=urgent&evil=1"})
    kept = SavedFilter.objects.get()
    assert (kept.post, kept.query) == (city.posts["dispatcher"].pk, "list=todo&urgency=urgent")
    assert "急件" in client.get("/desk/").content.decode()
    sign_in("worker").post(f"/desk/filters/{kept.pk}/drop/")
    assert SavedFilter.objects.exists()
    client.post(f"/desk/filters/{kept.pk}/drop/")
    assert not SavedFilter.objects.exists()


def test_a_filter_without_a_name_is_refused(sign_in: SignIn) -> None:
    response = sign_in("dispatcher").post("/desk/filters/", {"name": " ", "query": "list=todo"})
    assert response.status_code == 422


def test_the_same_name_again_replaces_the_filter(sign_in: SignIn) -> None:
    client = sign_in("dispatcher")
    for code in ("todo", "overdue"):
        client.post("/desk/filters/", {"name": "常用", "query": f"list={code}"})
    assert SavedFilter.objects.get().query == "list=overdue"


def _key(case: Case) -> str:
    return f"{case.number}-{case.version}"


def test_a_move_on_many_first_shows_its_form(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    page = sign_in("dispatcher").post("/desk/bulk/", {"move": "accept", "chosen": [_key(case)]})
    assert page.status_code == 200
    assert "受理意见" in page.content.decode()
    case.refresh_from_db()
    assert case.state == CaseState.REPORTED


def test_a_move_on_many_says_what_became_of_each(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    fresh, moved = file_report().case, file_report("路灯不亮已经一周").case
    stale = _key(moved)
    actions.move(city.actor("dispatcher"), case_id=moved.pk, move="accept")
    sent = {"move": "accept", "chosen": [_key(fresh), stale], "confirmed": "1"}
    page = sign_in("dispatcher").post("/desk/bulk/", sent, headers={"HX-Request": "true"})
    told = page.content.decode()
    assert "办理 1 件" in told
    assert "未办理 1 件" in told
    assert "刚刚被他人更新" in told
    fresh.refresh_from_db()
    assert fresh.state == CaseState.ACCEPTED


def test_a_wrong_form_moves_none_of_many(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    sent = {"move": "close", "chosen": [_key(case)], "confirmed": "1", "opinion": "好"}
    page = sign_in("dispatcher").post("/desk/bulk/", sent)
    assert page.status_code == 422
    assert "不少于 2 个字" in page.content.decode()


def test_refuses_to_move_what_was_not_chosen_or_not_seen(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    assert sign_in("dispatcher").post("/desk/bulk/", {"move": "accept"}).status_code == 422
    sent = {"move": "accept", "chosen": [_key(case)], "confirmed": "1"}
    assert sign_in("far_dispatcher").post("/desk/bulk/", sent).status_code == 422
    assert sign_in("leader").post("/desk/bulk/", sent).status_code == 403


def test_an_empty_list_says_what_to_do_next(sign_in: SignIn) -> None:
    worker = sign_in("worker")
    ways = worker.get("/desk/?list=todo").context["ways_on"]
    assert [way.url for way in ways] == ["/desk/report/", "/desk/?list=unit", "/desk/?list=area"]
    assert [way.url for way in worker.get("/desk/?list=todo&q=没有的词").context["ways_on"]] == [
        "/desk/?list=todo"
    ]
