"""What a reporter adds to a report: on record, told to whoever has the case, never after it is closed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from tests.city import City

from linli.domains.cases import actions
from linli.domains.cases.actions import Filed
from linli.domains.cases.models import Case, Channel
from linli.domains.cases.presentation import public_steps
from linli.domains.cases.tests.steps import CENTRE, FIRE, closed, dispatched, go, new_report, told
from linli.kernel.access.actor import PUBLIC, holder_of
from linli.kernel.files.models import Attachment
from linli.kernel.journal import queries as journal
from linli.kernel.journal.verify import verify
from linli.kernel.vault.models import Person
from linli.lib.errors import Invalid, WrongState


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def reported(**more: Any) -> Filed:
    return actions.report(PUBLIC, given=new_report(**more), channel=Channel.PORTAL)


def add(filed: Filed, text: str = "晚上又堵了一次", **more: Any) -> Case:
    reporter = holder_of(filed.case.pk, "reporter")
    return go(reporter, filed.case, "supplement", text=text, report=filed.report.pk, **more)


def photo() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (120, 140, 120)).save(out, "JPEG")
    return SimpleUploadedFile("又堵了.jpg", out.getvalue(), "image/jpeg")


def test_words_are_on_record_and_whoever_has_the_case_is_told(city: City) -> None:
    filed = reported()
    case = add(filed)
    entry, remark = journal.chain(case.pk)[-1]
    assert (entry.move, entry.facts["report"], case.state) == ("supplement", filed.report.pk, "reported")
    assert remark is not None
    assert remark.text == "晚上又堵了一次"
    assert ("case.supplement", city.unit(CENTRE)) in told(case)
    dispatched(city, case)
    assert ("case.supplement", city.unit(FIRE)) in told(add(filed))
    assert verify().sound


def test_personal_numbers_are_covered_and_kept_where_nothing_else_reaches_the_reporter(city: City) -> None:
    fire = city.unit(FIRE)
    filed = reported(about=fire)
    case = add(filed, "请打 13800001234 联系我")
    _, remark = journal.chain(case.pk)[-1]
    assert remark is not None
    assert remark.text == "请打 138****1234 联系我"
    kept = Person.objects.get(record_id=filed.report.pk)
    filed.report.refresh_from_db()
    assert (filed.report.contact, kept.hidden_from) == (kept.pk, [fire])
    add(filed, "也可以打 13900001234")
    assert Person.objects.count() == 1


def test_who_reported_the_same_does_not_read_the_words(city: City) -> None:
    filed = reported()
    other = actions.join(PUBLIC, number=filed.case.number, given=new_report(), channel=Channel.PORTAL)
    case = add(filed)
    assert "晚上又堵了一次" in [step.words for step in public_steps(case, filed.report)]
    theirs = public_steps(case, other.report)
    assert [step.words for step in theirs if step.title == "补充情况"] == [""]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"text": ""}, "text"), ({"text": "长" * 2001}, "text"), ({"text": "又堵了", "report": 5}, "report")],
)
def test_nothing_too_much_or_another_report_is_refused(city: City, given: dict[str, Any], field: str) -> None:
    filed = reported()
    with pytest.raises(Invalid) as refusal:
        go(
            holder_of(filed.case.pk, "reporter"),
            filed.case,
            "supplement",
            **{"report": filed.report.pk, **given},
        )
    assert list(refusal.value.fields) == [field]


def test_after_closing_nothing_is_added(city: City) -> None:
    filed = reported()
    go(city.actor("dispatcher"), filed.case, "return", reason="属于铁路部门", go_to="铁路热线 12306")
    with pytest.raises(WrongState):
        add(filed)


# Over REST -------------------------------------------------------------------------------------------------


def test_a_program_adds_words_and_photos_by_the_tracking_code_once(client: Client, city: City) -> None:
    filed = reported()
    claim = client.post(f"/api/v1/reports/{filed.secret}/photos", {"file": photo()}).json()["claim"]
    body = {"text": "又堵了", "files": [claim], "client_id": str(uuid4())}
    for _ in range(2):
        answer = client.post(f"/api/v1/reports/{filed.secret}/supplements", body, "application/json")
        assert answer.status_code == 200
    steps = [step for step in answer.json()["steps"] if step["title"] == "补充情况"]
    attached = Attachment.objects.get(record_id=filed.case.pk)
    assert [(step["words"], step["files"]) for step in steps] == [("又堵了", [attached.file_id])]
    assert answer.json()["may_supplement"] is True


def test_a_program_is_told_when_it_is_too_late_or_no_photo(client: Client, city: City) -> None:
    filed = reported()
    paper = SimpleUploadedFile("说明.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    answer = client.post(f"/api/v1/reports/{filed.secret}/photos", {"file": paper})
    assert answer.status_code == 422
    assert (
        client.post("/api/v1/reports/0000/supplements", {"text": "又堵了"}, "application/json").status_code
        == 404
    )
    closed(
        city,
        go(
            city.actor("worker"),
            go(city.actor("fire"), dispatched(city, filed.case), "handle", opinion="好了"),
            "verify",
        ),
    )
    for path, sent in (("photos", {"file": photo()}), ("supplements", None)):
        address = f"/api/v1/reports/{filed.secret}/{path}"
        answer = (
            client.post(address, sent)
            if sent
            else client.post(address, {"text": "又堵了"}, "application/json")
        )
        assert answer.status_code == 409
