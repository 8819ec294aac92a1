"""Reports taken down, messages, posts, registers, spreadsheets, files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.city import City, centre_of

from linli.domains.cases import actions
from linli.domains.cases.actions import Filed
from linli.domains.cases.models import Case, CaseState
from linli.domains.matters import queries as matters
from linli.domains.matters.models import Matter
from linli.kernel.clocks.models import CalendarDay
from linli.kernel.flow.models import Setting
from linli.kernel.notices.models import Notice
from linli.kernel.units.models import Post

SignIn = Callable[[str], Client]
FileReport = Callable[..., Filed]
GRID = "990101001001001"


def _report(**more: str) -> dict[str, str]:
    lng, lat = centre_of(GRID)
    return {"channel": "desk", "text": "3栋旁消防通道被私家车堵塞", "lng": str(lng), "lat": str(lat), **more}


def test_takes_a_report_down_and_prints_its_slip(sign_in: SignIn, city: City) -> None:
    client = sign_in("dispatcher")
    response = client.post("/desk/report/", _report(name="王小明", phone="13800138000"))
    case = Case.objects.get()
    assert response["Location"] == f"/desk/cases/{case.number}/filed/"
    slip = client.get(response["Location"]).content.decode()
    assert case.number in slip
    assert "<svg" in slip
    assert "/r/" in slip


def test_only_who_took_a_report_down_gets_its_slip(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    assert sign_in("dispatcher").get(f"/desk/cases/{case.number}/filed/").status_code == 404


def test_keeps_what_was_written_when_a_report_is_wrong(sign_in: SignIn, city: City) -> None:
    response = sign_in("dispatcher").post("/desk/report/", _report(text="路灯坏了一周", lng="", lat=""))
    page = response.content.decode()
    assert response.status_code == 422
    assert "请在地图上选点" in page
    assert "路灯坏了一周" in page


def test_a_place_outside_the_city_is_told_by_its_field(sign_in: SignIn, city: City) -> None:
    response = sign_in("dispatcher").post("/desk/report/", _report(lng="100.0", lat="20.0"))
    assert response.status_code == 422
    assert "不在本市网格范围内" in response.content.decode()


def test_a_wrong_phone_loses_nothing(sign_in: SignIn, city: City) -> None:
    response = sign_in("dispatcher").post("/desk/report/", _report(phone="123"))
    assert response.status_code == 422
    assert not Case.objects.exists()
    assert "3栋旁消防通道" in response.content.decode()


def test_joins_the_same_problem_instead_of_a_second_case(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    client = sign_in("dispatcher")
    offered = client.get("/desk/report/likely/", _report()).content.decode()
    assert case.number in offered
    assert "消防通道堵塞" in offered
    client.post("/desk/report/", _report(join=case.number))
    case.refresh_from_db()
    assert case.reports_count == 2
    assert Case.objects.count() == 1


def test_nothing_out_of_sight_is_offered_as_the_same_problem(
    sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    assert case.number not in sign_in("fire").get("/desk/report/likely/", _report()).content.decode()


def test_a_grid_worker_solves_on_the_spot_in_one_step(sign_in: SignIn, city: City) -> None:
    code = matters.current(area=GRID)[0].code
    sent = _report(channel="patrol", matter=code, is_solved="on", statement="已联系车主挪车")
    assert sign_in("worker").post("/desk/report/", sent).status_code == 302
    case = Case.objects.get()
    assert (case.state, case.on_the_spot) == (CaseState.CLOSED, True)


def test_solved_on_the_spot_says_how(sign_in: SignIn, city: City) -> None:
    response = sign_in("worker").post("/desk/report/", _report(is_solved="on"))
    assert response.status_code == 422
    assert "请写明怎样解决的" in response.content.decode()


def test_who_may_not_report_gets_no_form(sign_in: SignIn) -> None:
    assert sign_in("leader").get("/desk/report/").status_code == 403


def test_finds_places_by_name_and_by_point(sign_in: SignIn) -> None:
    client = sign_in("dispatcher")
    lng, lat = centre_of(GRID)
    assert client.get("/desk/places/search?q=第1社区").json()
    assert client.get(f"/desk/places/locate?longitude={lng}&latitude={lat}").json()["code"] == GRID
    assert client.get("/desk/places/locate?longitude=x&latitude=1").status_code == 400
    assert client.get("/desk/places/areas.json").json()["features"]


def test_finds_units_by_name_the_near_ones_first(sign_in: SignIn) -> None:
    found = sign_in("dispatcher").get("/desk/choices/units/?q=城市管理局&area=990102101").json()
    assert [one["label"] for one in found] == ["西山区城市管理局", "东湖区城市管理局"]


def test_the_export_holds_what_may_be_seen_and_nothing_else(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report("=HYPERLINK(1)路灯不亮").case
    other = file_report(grid="990101002001001").case
    response = sign_in("dispatcher").get("/desk/export/?list=all")
    sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    numbers = {row[0] for row in rows}
    assert case.number in numbers
    assert other.number not in numbers
    assert rows[0][:3] == ("编号", "标题", "事项")
    line = next(row for row in rows if row[0] == case.number)
    assert line[1].startswith("=HYPERLINK")
    assert isinstance(line[19], dt.datetime)


def test_who_may_not_export_is_refused(sign_in: SignIn, file_report: FileReport) -> None:
    assert sign_in("worker").get("/desk/export/?list=all").status_code == 403
    assert sign_in("dispatcher").get("/desk/export/?list=all&opened_from=x").status_code == 422


def test_messages_are_read_one_by_one_and_all_at_once(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    given = {"lead": city.unit("东湖区消防救援大队")}
    for _ in range(3):
        case = file_report().case
        actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given=given)
    client = sign_in("fire")
    page = client.get("/desk/notices/")
    assert "新任务" in page.content.decode()
    first = Notice.objects.filter(to_unit=given["lead"]).first()
    assert first is not None
    sent = {"notice": first.pk, "open": first.number}
    assert client.post("/desk/notices/read/", sent)["Location"] == f"/desk/cases/{first.number}/"
    client.post("/desk/notices/read/", {"until": page.context["shown_at"]})
    assert not Notice.objects.filter(to_unit=given["lead"], is_read=False).exists()
    assert client.post("/desk/notices/read/", {"until": "gestern"}).status_code == 422


def test_another_unit_cannot_take_note_of_our_messages(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    given = {"lead": city.unit("东湖区消防救援大队")}
    actions.move(city.actor("dispatcher"), case_id=file_report().case.pk, move="dispatch", given=given)
    notice = Notice.objects.get(to_unit=given["lead"])
    sign_in("urban").post("/desk/notices/read/", {"notice": notice.pk})
    notice.refresh_from_db()
    assert not notice.is_read


def test_changes_to_another_of_ones_own_posts(city: City, sign_in: SignIn) -> None:
    old = city.posts["dispatcher"]
    new = Post.objects.create(
        account=old.account, unit=city.units["东湖区城市管理局"], role="clerk", area="990101"
    )
    client = sign_in("dispatcher")
    client.post("/desk/post/", {"post": new.pk})
    assert "东湖区城市管理局" in client.get("/desk/me/").content.decode()
    assert client.get("/desk/me/").context["actor"].post == new.pk


@pytest.mark.parametrize("wanted", ["worker", "", "x"])
def test_nobody_changes_to_a_post_of_others(wanted: str, city: City, sign_in: SignIn) -> None:
    post = str(city.posts[wanted].pk) if wanted in city.posts else wanted
    assert sign_in("dispatcher").post("/desk/post/", {"post": post}).status_code == 403


def test_a_post_that_has_ended_cannot_be_changed_to(city: City, sign_in: SignIn) -> None:
    old = city.posts["dispatcher"]
    ended = Post.objects.create(
        account=old.account,
        unit=old.unit,
        role="clerk",
        area="990101",
        valid_from=dt.date(2024, 1, 1),
        valid_to=dt.date(2024, 2, 1),
    )
    assert sign_in("dispatcher").post("/desk/post/", {"post": ended.pk}).status_code == 403


def test_an_account_without_a_post_is_told_so(city: City, client: Client) -> None:
    Post.objects.filter(account=city.posts["leader"].account).update(valid_to=dt.date(2024, 1, 1))
    client.force_login(city.posts["leader"].account)
    response = client.get("/desk/")
    assert response.status_code == 403
    assert "没有在任岗位" in response.content.decode()


def test_lists_and_finds_matters(sign_in: SignIn) -> None:
    client = sign_in("dispatcher")
    assert "消防通道" in client.get("/desk/matters/").content.decode()
    assert "消防通道" in client.get("/desk/matters/", {"words": "消防通道"}).content.decode()
    assert "没有找到事项" in client.get("/desk/matters/", {"words": "飞碟"}).content.decode()
    assert sign_in("security_admin").get("/desk/matters/").status_code == 403


def test_a_revision_of_a_matter_makes_a_new_version_with_its_reason(sign_in: SignIn, city: City) -> None:
    matter = next(m for m in matters.current(area="9901") if m.area == "9901")
    client = sign_in("system_admin")
    address = f"/desk/matters/{matter.code}/"
    assert matter.name in client.get(address).content.decode()
    assert client.post(address, {"note": "新说明", "reason": ""}).status_code == 422
    assert client.post(address, {"note": "新说明", "reason": "年度复核"}).status_code == 302
    assert Matter.objects.get(code=matter.code, valid_to=None).note == "新说明"
    assert sign_in("dispatcher").post(address, {"note": "x", "reason": "y"}).status_code == 403


def test_an_unknown_matter_is_not_found(sign_in: SignIn) -> None:
    assert sign_in("dispatcher").get("/desk/matters/NO-SUCH/").status_code == 404


def test_the_calendar_marks_what_is_provisional(sign_in: SignIn) -> None:
    client = sign_in("dispatcher")
    assert "按正式通知" in client.get("/desk/calendar/?month=2026-10").content.decode()
    assert "暂定" in client.get("/desk/calendar/?month=2031-10").content.decode()
    assert client.get("/desk/calendar/?month=nonsense").status_code == 200


def test_a_day_is_changed_with_its_basis_by_who_may(sign_in: SignIn, city: City) -> None:
    sent = {
        "date": "2026-08-12",
        "kind": "off",
        "name": "台风停工",
        "source": "市政府通告第3号",
        "reason": "台风",
    }
    assert sign_in("dispatcher").post("/desk/calendar/", sent).status_code == 403
    assert not CalendarDay.objects.filter(date="2026-08-12").exists()
    client = sign_in("system_admin")
    assert client.post("/desk/calendar/", sent | {"source": ""}).status_code == 422
    assert client.post("/desk/calendar/", sent).status_code == 302
    assert CalendarDay.objects.get(date="2026-08-12").is_off


def test_a_parameter_is_set_for_ones_own_area_with_its_basis(sign_in: SignIn, city: City) -> None:
    sent = {"name": "hand_backs", "value": "3", "source": "街道办〔2026〕5号"}
    assert sign_in("dispatcher").post("/desk/parameters/", sent).status_code == 403
    client = sign_in("head")
    assert client.post("/desk/parameters/", sent | {"value": "三"}).status_code == 422
    assert client.post("/desk/parameters/", sent).status_code == 302
    assert Setting.objects.get().area == city.posts["head"].area
    assert "街道办〔2026〕5号" in client.get("/desk/parameters/").content.decode()


def test_refused_demands_are_shown_to_who_may_see_them(sign_in: SignIn) -> None:
    assert "没有被拒绝" in sign_in("head").get("/desk/refusals/").content.decode()


def test_imports_a_file_or_says_what_is_wrong_with_each_row(sign_in: SignIn, city: City) -> None:
    client = sign_in("dispatcher")
    lng, lat = centre_of(GRID)
    good = f"工单编号,问题描述,经度,纬度\nA1,路灯不亮已经一周,{lng},{lat}\n"
    bad = good + "A2,井盖缺失很危险,100,20\n"

    def send(text: str, **more: str) -> object:
        file = SimpleUploadedFile("hotline.csv", text.encode("gb18030"), "text/csv")
        return client.post("/desk/import/", {"file": file, "channel": "hotline", **more})

    refused = send(bad)
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert Case.objects.count() == 0
    assert "未导入任何上报" in refused.content.decode()  # type: ignore[attr-defined]
    assert "已导入 1 件" in send(bad, keep_good="on").content.decode()  # type: ignore[attr-defined]
    assert client.post("/desk/import/", {"channel": "hotline"}).status_code == 422
    assert sign_in("urban").get("/desk/import/").status_code == 403


@pytest.mark.parametrize("word", ["dispatcher", "worker", "urban", "supervisor", "mayor", "system_admin"])
def test_one_s_own_page_says_what_the_post_may_do(word: str, sign_in: SignIn, city: City) -> None:
    page = sign_in(word).get("/desk/me/").content.decode()
    assert "正在使用" in page
    assert "可以办理" in page
