from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.city import SIDE, SOUTH, WEST, City, centre_of

from linli.domains.cases import actions
from linli.domains.cases.models import Case, Report
from linli.faces.portal.tests.conftest import GRID, OTHER_GRID, TEXT, Fields, photo
from linli.kernel.access.actor import PUBLIC
from linli.kernel.files.models import Attachment, File
from linli.kernel.vault.models import Person


def claims_in(page: Any) -> list[str]:
    return re.findall(r'name="files" value="([^"]+)"', page.content.decode())


def test_a_report_is_filed_and_leads_to_its_private_page(client: Client, fields: Fields) -> None:
    answer = client.post("/report/", fields(address="3 号楼旁"))
    report = Report.objects.select_related("case").get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/r/{report.secret}/"
    assert report.case.area == GRID
    assert report.channel == "portal"
    assert report.address == "3 号楼旁"


def test_by_htmx_the_browser_is_told_where_to_go(client: Client, fields: Fields) -> None:
    answer = client.post("/report/", fields(), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer["HX-Redirect"] == f"/r/{Report.objects.get().secret}/"


def test_the_same_submission_twice_files_once(client: Client, fields: Fields) -> None:
    sent = fields()
    first = client.post("/report/", sent | {"photos": [photo()]})
    second = client.post("/report/", sent | {"photos": [photo()]})
    assert first["Location"] == second["Location"]
    assert Report.objects.count() == 1


def test_a_matter_alone_says_enough(client: Client, fields: Fields) -> None:
    client.post("/report/", fields(text="", matter="WG-SR-01"))
    case = Case.objects.select_related("matter").get()
    assert case.matter is not None
    assert case.matter.code == "WG-SR-01"
    assert case.matter.name in case.title


def test_photos_are_kept_with_the_case(client: Client, fields: Fields) -> None:
    client.post("/report/", fields(photos=[photo("1.jpg"), photo("2.jpg", (320, 240))]))
    assert Attachment.objects.filter(family="case", record_id=Case.objects.get().pk).count() == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"text": ""}, "请用一句话说明问题"),
        ({"text": "坏"}, "请再多写几个字"),
        ({"address": "北门\x00岗亭"}, "不能含有空字符"),
        ({"client_id": "nope"}, "提交标识</a>：不是有效的标识（UUID）"),
        ({"matter": "没有"}, "这个事项已不在清单中"),
        ({"lng": "", "lat": ""}, "请在地图上点一下事发地点"),
        ({"lng": "abc"}, "经度应是数字"),
        ({"phone": "12", "agree": "on"}, "电话号码应是 7 到 15 位数字"),
        ({"phone": "13800001234"}, "请先看告知并勾选同意"),
        ({"address": "打 13800001234 找我"}, "地址里请不要写手机号"),
        ({"about": "不存在的单位"}, "没有找到这个单位"),
        ({"about": "综治中心"}, "请写全称"),
        ({"lng": "", "lat": "", "place": "没有的地方"}, "没有找到这个地方"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    client: Client, fields: Fields, changed: dict[str, str], message: str
) -> None:
    sent = fields(address="北门岗亭旁", name="王女士") | changed
    page = client.post("/report/", sent | {"photos": [photo()]})
    text = page.content.decode()
    assert page.status_code == 422
    assert message in text
    assert len(claims_in(page)) == 1
    for name in ("text", "address", "name", "phone", "about", "client_id"):
        if sent.get(name):
            assert str(sent[name]) in text
    assert not Report.objects.exists()


def test_a_kept_photo_goes_with_the_mended_report(client: Client, fields: Fields) -> None:
    page = client.post("/report/", fields(text="坏", photos=[photo(), photo("2.jpg", (320, 240))]))
    kept = claims_in(page)
    assert len(kept) == 2
    client.post("/report/", fields(files=kept, drop=kept[:1]))
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    ("upload", "message"),
    [
        (SimpleUploadedFile("说明.jpg", b"<html>not a photo</html>", "image/jpeg"), "不支持这种文件"),
        (SimpleUploadedFile("空.jpg", b"", "image/jpeg"), "文件是空的"),
        (
            SimpleUploadedFile("文件.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF", "application/pdf"),
            "只能上传照片",
        ),
    ],
)
def test_a_photo_of_the_wrong_kind_keeps_the_text_and_the_good_photo(
    client: Client, fields: Fields, upload: SimpleUploadedFile, message: str
) -> None:
    page = client.post("/report/", fields(photos=[photo(), upload]))
    text = page.content.decode()
    assert page.status_code == 422
    assert message in text
    assert TEXT in text
    assert len(claims_in(page)) == 1


def test_an_oversize_photo_keeps_the_text(client: Client, fields: Fields, settings: Any) -> None:
    settings.UPLOAD_LIMIT = 1000
    page = client.post("/report/", fields(photos=[photo()]))
    assert page.status_code == 422
    assert "请压缩后再上传" in page.content.decode()
    assert TEXT in page.content.decode()


def test_more_photos_than_nine_are_said_to_be_too_many(client: Client, fields: Fields) -> None:
    page = client.post("/report/", fields(photos=[photo(f"{n}.jpg") for n in range(11)]))
    assert "多出的 2 张没有保留" in page.content.decode()
    assert len(claims_in(page)) == 9


def test_forged_claims_are_not_taken(client: Client, fields: Fields) -> None:
    page = client.post("/report/", fields(files=["1:forged"]))
    assert page.status_code == 422
    assert "照片已失效" in page.content.decode()


def test_a_point_outside_names_the_nearest_area(client: Client, fields: Fields) -> None:
    page = client.post("/report/", fields(lng=WEST - SIDE, lat=SOUTH))
    assert page.status_code == 422
    assert "第1社区 › 第1网格" in page.content.decode()


def test_a_place_can_be_named_instead_of_pointed_at(client: Client, fields: Fields) -> None:
    page = client.post("/report/", fields(lng="", lat="", place="第1社区", address="北门"))
    assert "有几个地方叫这个名称" in page.content.decode()
    assert 'value="990101001001"' in page.content.decode()
    chosen = fields(lng="", lat="", place="第1社区", area="990101001001", address="北门")
    assert client.post("/report/", chosen).status_code == 302
    assert Case.objects.get().area.startswith("990101001001")


def test_a_named_place_needs_the_address_in_words(client: Client, fields: Fields) -> None:
    page = client.post("/report/", fields(lng="", lat="", place="青坪镇"))
    assert page.status_code == 422
    assert "请写明详细位置" in page.content.decode()


def test_script_in_the_text_is_shown_as_text(client: Client, fields: Fields) -> None:
    script = "<script>alert(1)</script>井盖坏了"
    page = client.post("/report/", fields(text=script, phone="1"))
    assert "<script>alert(1)" not in page.content.decode()
    assert "&lt;script&gt;alert(1)" in page.content.decode()
    filed = client.post("/report/", fields(text=script))
    shown = client.get(filed["Location"]).content.decode()
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_a_contact_goes_to_the_vault_hidden_from_the_unit_complained_about(
    client: Client, city: City, fields: Fields
) -> None:
    unit = "东湖区城市管理局"
    client.post("/report/", fields(name="王女士", phone="138 0000 1234", agree="on", about=unit))
    report = Report.objects.get()
    assert report.about_id == city.unit(unit)
    assert Person.objects.get(pk=report.contact).hidden_from == [city.unit(unit)]
    assert "13800001234" not in report.text


# The same problem nearby -----------------------------------------------------------------------------------


def file_first(**more: object) -> Case:
    lng, lat = centre_of(GRID)
    given = {"text": "北门消防通道堵塞", "lng": lng, "lat": lat, "matter": "WG-AQ-01"} | more
    return actions.report(PUBLIC, given=actions.NewReport.model_validate(given), channel="portal").case


def test_the_same_problem_nearby_is_offered_and_can_be_joined(client: Client, fields: Fields) -> None:
    case = file_first()
    sent = fields(matter="WG-AQ-01")
    page = client.post("/report/", sent | {"photos": [photo()]})
    assert page.status_code == 200
    assert "附近有相同问题" in page.content.decode()
    assert case.number in page.content.decode()
    assert Report.objects.count() == 1
    answer = client.post("/report/", sent | {"join": case.number, "files": claims_in(page)})
    joined = Report.objects.get(client_id=sent["client_id"])
    assert answer["Location"] == f"/r/{joined.secret}/"
    assert joined.case_id == case.pk
    assert Attachment.objects.filter(record_id=case.pk).count() == 1
    again = client.post("/report/", sent | {"join": case.number})
    assert again["Location"] == answer["Location"]


def test_other_problems_nearby_are_not_offered_to_who_only_types(client: Client, fields: Fields) -> None:
    lamp = file_first(text="路灯不亮", matter="WG-BJ-05")
    assert lamp.number not in client.post("/report/nearby/", fields()).content.decode()
    same = file_first()
    offered = client.post("/report/nearby/", fields()).content.decode()
    assert same.number in offered
    assert lamp.number not in offered


def test_who_says_it_is_another_problem_files_a_case_of_its_own(client: Client, fields: Fields) -> None:
    file_first()
    sent = fields(matter="WG-AQ-01")
    client.post("/report/", sent | {"apart": "1"})
    assert Case.objects.count() == 2


def test_going_back_to_change_keeps_everything(client: Client, fields: Fields) -> None:
    file_first()
    page = client.post("/report/", fields(matter="WG-AQ-01", edit="1", photos=[photo()]))
    assert page.status_code == 200
    assert TEXT in page.content.decode()
    assert len(claims_in(page)) == 1


def test_another_residents_words_are_not_shown(client: Client, fields: Fields) -> None:
    file_first(text="三单元老李家门口消防通道堵了", address="老李家")
    page = client.post("/report/", fields(matter="WG-AQ-01")).content.decode()
    assert "附近有相同问题" in page
    assert "老李" not in page


def test_sensitive_cases_are_never_offered(client: Client, fields: Fields) -> None:
    case = file_first()
    Case.objects.filter(pk=case.pk).update(sensitive=True)
    assert client.post("/report/", fields(matter="WG-AQ-01")).status_code == 302


def test_cases_whose_matter_is_not_known_yet_are_left_to_the_desk(client: Client, fields: Fields) -> None:
    case = file_first()
    Case.objects.filter(pk=case.pk).update(matter=None)
    assert client.post("/report/", fields(matter="WG-AQ-01")).status_code == 302


def test_only_what_is_offered_can_be_joined(client: Client, fields: Fields) -> None:
    far = file_first(lng=centre_of(OTHER_GRID)[0], lat=centre_of(OTHER_GRID)[1])
    page = client.post("/report/", fields(matter="WG-AQ-01", join=far.number))
    assert page.status_code == 404
    assert TEXT in page.content.decode()
    assert Report.objects.count() == 1


def test_who_complains_about_a_unit_is_not_offered_to_join(client: Client, fields: Fields) -> None:
    file_first()
    answer = client.post("/report/", fields(matter="WG-AQ-01", about="东湖区城市管理局"))
    assert answer.status_code == 302
    assert Case.objects.count() == 2


def test_duplicates_show_while_the_form_is_filled_in(client: Client, fields: Fields) -> None:
    file_first()
    assert "附近有相同问题" in client.post("/report/nearby/", fields(matter="WG-AQ-01")).content.decode()
    assert client.post("/report/nearby/", {"text": TEXT}).content.strip() == b""


# Beside the form -------------------------------------------------------------------------------------------


def test_matters_are_suggested_with_the_reason(client: Client, city: City) -> None:
    page = client.post("/report/suggestions/", {"text": TEXT}).content.decode()
    assert "消防通道堵塞" in page
    assert "词语：" in page
    assert client.post("/report/suggestions/", {"text": "坏"}).content.strip() == b""


def test_units_are_offered_by_name(client: Client, city: City) -> None:
    assert "东湖区城市管理局" in client.get("/report/units/?about=城市管理").content.decode()
    assert client.get("/report/units/?about=城").content.strip() == b""


def test_after_many_reports_from_one_address_a_pause_that_loses_nothing(
    client: Client, fields: Fields, settings: Any
) -> None:
    settings.PORTAL_REPORTS_PER_HOUR = 1
    assert client.post("/report/", fields()).status_code == 302
    page = client.post("/report/", fields(grid=OTHER_GRID))
    assert page.status_code == 429
    assert TEXT in page.content.decode()
    assert Report.objects.count() == 1


def test_a_pause_of_photos_leaves_the_report_possible(client: Client, fields: Fields, settings: Any) -> None:
    settings.PORTAL_PHOTOS_PER_HOUR = 1
    page = client.post("/report/", fields(photos=[photo(), photo("2.jpg", (320, 240))]))
    assert "上传过于频繁" in page.content.decode()
    assert len(claims_in(page)) == 1
    assert File.objects.count() == 1
