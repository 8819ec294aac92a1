from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from PIL import Image
from tests.city import City

from linli.domains.cases import actions
from linli.domains.cases.actions import Filed
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseState, TaskKind
from linli.domains.matters import queries as matters
from linli.domains.matters.kinds import ListKind
from linli.domains.matters.models import RefusedDemand
from linli.faces.desk import forms
from linli.faces.desk.forms import READERS, widget_of
from linli.kernel.files.models import Attachment

SignIn = Callable[[str], Client]
FileReport = Callable[..., Filed]
PANEL = {"HX-Request": "true"}


def _url(case: Case, move: str) -> str:
    return f"/desk/cases/{case.number}/moves/{move}/"


def _photo() -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "JPEG")
    return SimpleUploadedFile("after.jpg", content.getvalue(), "image/jpeg")


def test_every_question_of_every_move_can_be_asked() -> None:
    asked = {
        widget_of(info)
        for move in flow.moves.values()
        if move.name not in {"join", "answer", "withdraw"}
        for info in move.given.model_fields.values()
    }
    assert asked <= READERS.keys() | {"hidden"}


@pytest.mark.parametrize("name", sorted(set(flow.moves) - {"join"}))
def test_the_form_of_every_move_is_drawn(name: str, sign_in: SignIn, file_report: FileReport) -> None:
    response = sign_in("head").get(_url(file_report().case, name))
    assert response.status_code == 200
    assert flow.moves[name].title in response.content.decode()


def test_dispatch_offers_the_responsible_unit_first_and_chosen(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    page = sign_in("dispatcher").get(_url(file_report().case, "dispatch"), headers=PANEL).content.decode()
    fire = city.unit("东湖区消防救援大队")
    assert "按事项推荐" in page
    assert re.search(rf'<option value="{fire}"[^>]*selected', page)
    assert "<html" not in page


def test_more_time_is_offered_in_the_measure_of_the_time_for_handling(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    given = {"lead": city.unit("东湖区消防救援大队")}
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given=given)
    page = sign_in("fire").get(_url(case, "ask_extension"), headers=PANEL).content.decode()
    assert re.search(r'<option value="hours"[^>]*selected', page)
    assert '<option value="days"' in page
    assert "work_days" not in page


def test_another_matter_brings_its_own_units_and_keeps_the_words(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report("有件事情要反映一下").case
    fire_lane = next(m for m in matters.current(area=case.area) if m.lead_function == "fire")
    entered = {"refresh": "1", "matter": fire_lane.code, "opinion": "请尽快"}
    page = sign_in("dispatcher").get(_url(case, "dispatch"), entered, headers=PANEL).content.decode()
    lead = city.unit("东湖区消防救援大队")
    assert re.search(rf'<option value="{lead}"[^>]*selected', page)
    assert "请尽快" in page


def test_dispatches_to_lead_and_assisting_units(city: City, sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    sent = {
        "version": case.version,
        "lead": city.unit("东湖区消防救援大队"),
        "assist": [city.unit("东湖区城市管理局"), city.unit("东湖区公安分局")],
        "opinion": "请尽快疏通",
    }
    response = sign_in("dispatcher").post(_url(case, "dispatch"), sent)
    assert response["Location"] == f"/desk/cases/{case.number}/"
    case.refresh_from_db()
    assert case.state == CaseState.HANDLING
    assert {t.kind for t in case.task_rows.all()} == {TaskKind.LEAD, TaskKind.ASSIST}
    assert case.task_rows.count() == 3


def test_goes_back_to_the_list_it_came_from_but_to_no_other_site(
    sign_in: SignIn, file_report: FileReport
) -> None:
    client = sign_in("dispatcher")
    case = file_report().case
    response = client.post(_url(case, "accept") + "?back=/desk/%3Flist%3Dtodo", {"version": case.version})
    assert response["Location"] == "/desk/?list=todo"
    other = file_report("路灯不亮已经一周").case
    response = client.post(_url(other, "accept") + "?back=https://evil.example/", {"version": other.version})
    assert response["Location"] == f"/desk/cases/{other.number}/"


def test_in_the_panel_the_page_is_told_to_renew_itself(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    response = sign_in("dispatcher").post(_url(case, "accept"), {"version": case.version}, headers=PANEL)
    assert response.status_code == 200
    assert "desk:moved" in response["HX-Trigger"]


def test_names_every_wrong_field_in_chinese_and_keeps_what_was_written(
    sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    response = sign_in("dispatcher").post(
        _url(case, "return"),
        {"version": case.version, "reason": "属于省级河道管理范围", "go_to": ""},
        headers=PANEL,
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "「应向何处反映」必须填写" in page
    assert "属于省级河道管理范围" in page
    case.refresh_from_db()
    assert case.state == CaseState.REPORTED


def test_an_overtaken_clerk_sees_the_present_state_and_loses_no_text(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    seen = case.version
    actions.move(city.actor("dispatcher"), case_id=case.pk, move="accept")
    sent = {"version": seen, "lead": city.unit("东湖区消防救援大队"), "opinion": "写了很久的意见"}
    client = sign_in("dispatcher")
    response = client.post(_url(case, "dispatch"), sent, headers=PANEL)
    page = response.content.decode()
    assert response.status_code == 409
    assert "此件刚刚被他人办理过" in page
    assert "待分办" in page
    assert "写了很久的意见" in page
    case.refresh_from_db()
    assert f'name="version" value="{case.version}"' in page
    again = client.post(_url(case, "dispatch"), sent | {"version": case.version}, headers=PANEL)
    assert again.status_code == 200


def test_the_same_form_sent_twice_moves_once(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    sent = {"version": case.version, "client_id": "0b0b2a0e-9a5c-4a7e-8f0e-6f2f3f7d1c11", "opinion": "已受理"}
    client = sign_in("dispatcher")
    for _ in range(2):
        assert client.post(_url(case, "accept"), sent, headers=PANEL).status_code == 200
    case.refresh_from_db()
    assert case.version == 2


def test_what_is_on_no_list_is_refused_with_the_rule(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    departments_own = matters.current(ListKind.CITY, area=case.area)[0]
    committee = city.unit("柳湾街道第1社区居委会")
    sent = {"version": case.version, "matter": departments_own.code, "lead": committee, "opinion": "请办理"}
    response = sign_in("dispatcher").post(_url(case, "dispatch"), sent, headers=PANEL)
    assert response.status_code == 403
    assert "《条例》第二十四条" in response.content.decode()
    assert "请办理" in response.content.decode()
    assert RefusedDemand.objects.get().target_id == committee


def test_a_photo_goes_with_the_move(city: City, sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    lead = {"lead": city.unit("东湖区消防救援大队")}
    case = actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given=lead)
    sent = {"version": case.version, "opinion": "已清理", "upload": _photo()}
    response = sign_in("fire").post(_url(case, "handle"), sent)
    assert response.status_code == 302
    assert Attachment.objects.filter(record_id=case.pk).count() == 1


def test_an_error_elsewhere_does_not_lose_the_photo(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    lead = {"lead": city.unit("东湖区消防救援大队")}
    case = actions.move(city.actor("dispatcher"), case_id=case.pk, move="dispatch", given=lead)
    sent = {"version": case.version, "opinion": "", "upload": _photo()}
    response = sign_in("fire").post(_url(case, "handle"), sent)
    assert response.status_code == 422
    assert "已上传的文件 1" in response.content.decode()


def test_a_file_of_a_wrong_kind_is_refused_by_its_name(
    city: City, sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    upload = SimpleUploadedFile("setup.exe", b"MZ\x90\x00" * 40)
    response = sign_in("dispatcher").post(
        _url(case, "comment"), {"opinion": "见附件", "upload": upload}, headers=PANEL
    )
    assert response.status_code == 422
    assert "setup.exe" in response.content.decode()


def test_splits_a_report_into_further_cases(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    sent = {
        "version": case.version,
        "reason": "一次上报了几件事",
        "parts-0-text": "路灯不亮已经一周",
        "parts-1-text": "",
    }
    assert sign_in("dispatcher").post(_url(case, "split"), sent).status_code == 302
    assert Case.objects.get(split_from=case).title == "路灯不亮已经一周"


def test_a_viewer_without_the_right_is_told_so_before_writing(
    sign_in: SignIn, file_report: FileReport
) -> None:
    case = file_report().case
    page = sign_in("leader").get(_url(case, "dispatch")).content.decode()
    assert "您的岗位现在不能对此件进行「分办」" in page
    response = sign_in("leader").post(_url(case, "accept"), {"version": case.version})
    assert response.status_code == 403


def test_a_case_out_of_sight_is_not_found(sign_in: SignIn, file_report: FileReport) -> None:
    case = file_report().case
    client = sign_in("far_dispatcher")
    assert client.get(_url(case, "accept")).status_code == 404
    assert client.post(_url(case, "accept"), {"version": 1}).status_code == 404


def test_an_unknown_move_is_not_found(sign_in: SignIn, file_report: FileReport) -> None:
    assert sign_in("dispatcher").get(_url(file_report().case, "dance")).status_code == 404


def test_an_empty_answer_is_left_to_the_default() -> None:
    read = forms.read(flow.moves["dispatch"], QueryDict("lead=7&assist=&urgency=&opinion="))
    assert read == {"lead": "7"}
