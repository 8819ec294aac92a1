from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.city import City

from linli.domains.cases import actions
from linli.domains.cases.models import Case, CaseResult, CaseState, Report
from linli.faces.portal.tests.conftest import Fields, photo
from linli.faces.portal.tests.test_report import file_first
from linli.kernel.access.actor import holder_of
from linli.kernel.files.models import Attachment
from linli.kernel.records.editions import forget


def filed(client: Client, fields: Fields, **more: Any) -> tuple[str, Case]:
    address = client.post("/report/", fields(apart="1", **more))["Location"]
    secret = address.split("/")[2]
    return address, Report.objects.select_related("case").get(token=Report.digest_of(secret)).case


def handled(city: City, case: Case) -> None:
    fire = city.unit("东湖区消防救援大队")
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given={"lead": fire})
    actions.move(city.actor("fire"), case_id=case.pk, move="handle", given={"opinion": "内部：已处理"})
    actions.move(city.actor("worker"), case_id=case.pk, move="verify", given={"opinion": "内部：现场畅通"})


def test_from_report_to_answer_by_the_private_link(client: Client, city: City, fields: Fields) -> None:
    address, case = filed(client, fields)
    page = client.get(address).content.decode()
    assert "已收到，等待受理" in page
    assert case.number in page
    assert "柳湾街道综治中心" in page
    assert "上报成功" in page
    assert "问题解决了吗" not in page

    handled(city, case)
    page = client.get(address).content.decode()
    assert "请您看看是否解决" in page
    assert "内部" not in page

    assert client.post(f"{address}answer/", {"solved": "yes", "reason": "很快"})["Location"] == address
    case.refresh_from_db()
    assert (case.state, case.result, case.answer) == (CaseState.CLOSED, CaseResult.SOLVED, "solved")
    page = client.get(address).content.decode()
    assert "已办结：已解决" in page
    assert "问题解决了吗" not in page


def test_unsolved_goes_back_with_the_words(client: Client, city: City, fields: Fields) -> None:
    address, case = filed(client, fields)
    handled(city, case)
    client.post(f"{address}answer/", {"solved": "no", "reason": "又堵了，打 13800001234"})
    case.refresh_from_db()
    assert case.state == CaseState.HANDLING
    page = client.get(address).content.decode()
    assert "正在办理" in page
    assert "又堵了" in page
    assert "13800001234" not in page


def test_an_answer_too_early_changes_nothing_and_is_explained(client: Client, fields: Fields) -> None:
    address, case = filed(client, fields)
    assert client.post(f"{address}answer/", {"solved": "yes"}).status_code == 302
    assert client.post(f"{address}answer/", {}).status_code == 302
    case.refresh_from_db()
    assert case.state == CaseState.REPORTED


def test_a_report_can_be_taken_back_until_somebody_begins(client: Client, city: City, fields: Fields) -> None:
    address, case = filed(client, fields)
    assert "撤回上报" in client.get(address).content.decode()
    client.post(f"{address}withdraw/")
    case.refresh_from_db()
    assert case.result == CaseResult.WITHDRAWN
    assert "已办结：上报人撤回" in client.get(address).content.decode()

    address, case = filed(client, fields)
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="accept")
    assert "撤回上报" not in client.get(address).content.decode()
    client.post(f"{address}withdraw/")
    case.refresh_from_db()
    assert case.state == CaseState.ACCEPTED


def test_what_is_not_ours_says_where_to_go_and_claims_no_work(
    client: Client, city: City, fields: Fields
) -> None:
    address, case = filed(client, fields)
    given = {"reason": "属于高速公路路产", "go_to": "高速公路管理处 12122"}
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="return", given=given)
    page = client.get(address).content.decode()
    assert "不属受理范围" in page
    assert "12122" in page
    assert page.count("portal-step--done") == 2


def test_who_joined_sees_their_own_words_only(client: Client, fields: Fields) -> None:
    case = file_first(text="三单元老李家门口消防通道堵了", address="老李家")
    sent = fields(matter="WG-AQ-01", join=case.number)
    page = client.get(client.post("/report/", sent)["Location"]).content.decode()
    assert case.number in page
    assert sent["text"] in page
    assert "老李" not in page


def test_a_merged_case_is_followed_under_the_number_of_the_slip(
    client: Client, city: City, fields: Fields
) -> None:
    address, case = filed(client, fields)
    _other, into = filed(client, fields)
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="merge", given={"into": into.number})
    page = client.get(address).content.decode()
    assert case.number in page
    assert f"与编号 {into.number} 是同一个问题" in page
    found = client.post("/track/", {"code": address, "number": case.number})
    assert found["Location"] == address


def test_photos_after_handling_are_shown_as_cleaned_copies(
    client: Client, city: City, fields: Fields
) -> None:
    address, case = filed(client, fields, photos=[photo()])
    page = client.get(address).content.decode()
    assert page.count("data-lightbox") == 1
    assert "处理后的照片" not in page
    assert f"{case.pk}-original" not in page


def test_words_and_photos_are_added_while_the_case_is_open(
    client: Client, city: City, fields: Fields
) -> None:
    address, case = filed(client, fields, photos=[photo()])
    sent = {
        "text": "晚上又堵了，打 13800001234",
        "photos": [photo("晚上.jpg", (64, 48))],
        "client_id": str(uuid4()),
    }
    assert client.post(f"{address}supplement/", sent)["Location"] == address
    page = client.get(address).content.decode()
    assert "已补充，办理单位会看到" in page
    assert "晚上又堵了，打 138****1234" in page
    assert page.count("data-lightbox") == 2
    assert Attachment.objects.filter(record_id=case.pk).count() == 2


def test_what_cannot_be_added_yet_stays_filled_in(client: Client, city: City, fields: Fields) -> None:
    address, case = filed(client, fields)
    page = client.post(f"{address}supplement/", {"text": " "})
    assert page.status_code == 422
    assert "请写几句补充，或者添加照片" in page.content.decode()
    wrong = SimpleUploadedFile("说明.txt", b"plain words", "image/jpeg")
    page = client.post(f"{address}supplement/", {"text": "晚上又堵了", "photos": [photo(), wrong]})
    assert page.status_code == 422
    assert "晚上又堵了</textarea>" in page.content.decode()
    assert "不要这张" in page.content.decode()
    case.refresh_from_db()
    assert case.version == 1


def test_after_closing_the_page_offers_what_is_possible(client: Client, city: City, fields: Fields) -> None:
    address, case = filed(client, fields)
    given = {"reason": "属于高速公路路产", "go_to": "高速公路管理处 12122"}
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="return", given=given)
    assert "重新上报" in client.get(address).content.decode()
    page = client.post(f"{address}supplement/", {"text": "晚上又堵了"})
    assert page.status_code == 409
    assert "晚上又堵了" in page.content.decode()

    address, case = filed(client, fields)
    handled(city, case)
    closing = {"result": "solved", "opinion": "已解决"}
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="close", given=closing)
    page = client.post(f"{address}supplement/", {"text": "晚上又堵了"})
    assert page.status_code == 409
    assert "请在上面点“未解决”" in page.content.decode()
    assert "晚上又堵了</textarea>" in page.content.decode()


def test_adding_too_often_is_slowed_down(client: Client, city: City, fields: Fields, settings: Any) -> None:
    address, _case = filed(client, fields)
    settings.PORTAL_REPORTS_PER_HOUR = 1
    page = client.post(f"{address}supplement/", {"text": "晚上又堵了"})
    assert page.status_code == 429
    assert "晚上又堵了</textarea>" in page.content.decode()


@pytest.mark.parametrize("path", ["", "answer/", "supplement/", "withdraw/"])
def test_secret_pages_are_kept_out_of_indexes_caches_and_referrers(
    client: Client, fields: Fields, path: str
) -> None:
    address, _case = filed(client, fields)
    answer = client.post(address + path) if path else client.get(address)
    assert answer["Referrer-Policy"] == "strict-origin"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]


def test_forms_of_secret_pages_work_though_browsers_send_no_origin(city: City, fields: Fields) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Origin": "null"})
    case = file_first()
    report = Report.objects.get()
    handled(city, case)
    client.post(f"/r/{report.secret}/answer/", {"solved": "yes"})
    case.refresh_from_db()
    assert case.state == CaseState.CLOSED


def test_an_unknown_secret_is_told_clearly(client: Client, city: City) -> None:
    page = client.get(f"/r/{'0' * 24}/")
    assert page.status_code == 404
    assert "查询凭证无效" in page.content.decode()
    assert "no-store" in page["Cache-Control"]


# Looking up ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["{secret}", " {secret} ", "https://city.example/r/{secret}/", "{spaced}", "{upper}"]
)
def test_code_and_link_both_lead_back(client: Client, fields: Fields, written: str) -> None:
    address, case = filed(client, fields)
    secret = address.split("/")[2]
    spaced = " ".join(secret[n : n + 4] for n in range(0, 24, 4))
    code = written.format(secret=secret, spaced=spaced, upper=secret.upper())
    assert client.post("/track/", {"code": code, "number": case.number})["Location"] == address


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        ({"code": ""}, 422, "请填写查询码"),
        ({"code": "abc"}, 422, "查询码是 24 位"),
        ({"code": "0" * 24}, 404, "没有查到"),
        ({"code": "0" * 24, "number": "2600000001"}, 422, "请核对每一位数字"),
    ],
)
def test_a_wrong_code_is_told_clearly(
    client: Client, city: City, sent: dict[str, str], status: int, message: str
) -> None:
    page = client.post("/track/", sent)
    assert page.status_code == status
    assert message in page.content.decode()


def test_a_number_of_another_case_is_refused(client: Client, fields: Fields) -> None:
    address, _case = filed(client, fields)
    _other, other = filed(client, fields)
    page = client.post("/track/", {"code": address.split("/")[2], "number": other.number})
    assert page.status_code == 404
    assert "不是同一件" in page.content.decode()


def test_guessing_is_slowed_down(client: Client, city: City, settings: Any) -> None:
    settings.PORTAL_WRONG_CODES_PER_QUARTER = 2
    for _ in range(2):
        assert client.post("/track/", {"code": "0" * 24}).status_code == 404
    assert client.post("/track/", {"code": "0" * 24}).status_code == 429
    assert client.get(f"/r/{'1' * 24}/").status_code == 429


def test_a_long_history_costs_no_more_queries(
    client: Client, city: City, fields: Fields, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address, case = filed(client, fields)
    client.get(address)
    forget()
    with django_assert_max_num_queries(20) as short:
        client.get(address)
    handled(city, case)
    reporter = holder_of(case.pk, "reporter")
    for _ in range(3):
        actions.move(reporter, case_id=case.pk, move="answer", given={"solved": False})
        actions.move(city.actor("fire"), case_id=case.pk, move="handle", given={"opinion": "再次处理"})
        actions.move(city.actor("worker"), case_id=case.pk, move="verify")
    forget()
    with django_assert_max_num_queries(len(short)):
        client.get(address)
