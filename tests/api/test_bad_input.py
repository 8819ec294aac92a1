"""Whatever a program sends, it is told in Chinese what was wrong, and nothing is half-written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from linli.domains.cases.models import Case, Report
from linli.domains.cases.tests.steps import filed, new_report
from linli.kernel.units.models import Token
from linli.lib.time import now
from tests.api.conftest import Ask
from tests.city import City

BODY = new_report().model_dump(mode="json", include={"text", "lng", "lat"})


def fields(answer: Any) -> set[str]:
    return {error["field"] for error in answer.json()["errors"]}


@pytest.mark.django_db(transaction=True)
def test_a_report_is_filed_once_by_its_client_id(city: City, ask: Ask) -> None:
    body = BODY | {"client_id": str(uuid4())}
    first, again = (ask("dispatcher", "post", "/reports", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"repeated": True}
    assert Case.objects.count() == 1
    # the answer holds the tracking code, which is for who has filed it
    stranger = ask("far_urban", "post", "/reports", body)
    assert stranger.status_code == 409
    assert first.json()["tracking"] not in stranger.content.decode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"{" * 3000,
        b'{"text": NaN}',
        b'{"lng": 1e999}',
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("path", ["/reports", "/cases/{number}/moves", "/cases/{number}/reports"])
def test_a_body_that_is_no_json_object_is_refused(city: City, ask: Ask, raw: bytes, path: str) -> None:
    answer = ask("dispatcher", "post", path.format(number=filed().number), raw=raw)
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "短"}, "text"),
        ({"text": 5}, "text"),
        ({"text": "长" * 2001}, "text"),
        ({"text": "含有\x00空字符的文字"}, "text"),
        ({"lng": 999}, "lng"),
        ({"lat": "北边"}, "lat"),
        ({"lng": None}, "lng"),
        ({"client_id": "not-a-uuid"}, "client_id"),
        ({"colour": "red"}, "colour"),
        ({"about": 2**70}, "about"),
        ({"about": -1}, "about"),
        ({"channel": "portal"}, "channel"),
        ({"urgency": "now"}, "urgency"),
        ({"files": ["x"] * 10}, "files"),
        ({"contact": {"phone": "1" * 21}}, "contact.phone"),
        ({"contact": {"phone": "abc"}}, "phone"),
        ({"contact": {"wechat": "x"}}, "contact.wechat"),
    ],
)
def test_a_wrong_field_is_named(city: City, ask: Ask, wrong: dict[str, Any], field: str) -> None:
    answer = ask("dispatcher", "post", "/reports", BODY | wrong)
    assert answer.status_code == 422
    assert any(name.endswith(field) for name in fields(answer)), answer.json()
    assert not Case.objects.exists()
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "status"), [({"lng": 120.5}, 422), ({"matter": "没有"}, 422), ({"files": ["伪造的凭据"]}, 403)]
)
def test_an_unknown_place_matter_or_file_is_refused(
    city: City, ask: Ask, wrong: dict[str, Any], status: int
) -> None:
    answer = ask("dispatcher", "post", "/reports", BODY | wrong)
    assert answer.status_code in (status, 403, 404, 422)
    assert not Case.objects.exists()


def test_another_content_type_is_refused_or_read_as_json(city: City, ask: Ask) -> None:
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "image/png",
    ):
        answer = ask("dispatcher", "post", "/reports", raw=b"text=abc", **{"Content-Type": kind})
        assert answer.status_code in (400, 415, 422)


NUMBERS = [
    *("0", "%00", "2600000010", "26%0000000", "²²²", "１２３", "%27%20OR%201=1", "9" * 400, "-"),
    "%F0%9F%98%80",
]
NOT_THERE = (400, 404)
"""An address with a NUL is refused before anybody looks for it."""


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_is_none_is_not_found(city: City, ask: Ask, number: str) -> None:
    for method, path in (
        ("get", f"/cases/{number}"),
        ("get", f"/cases/{number}/journal"),
        ("get", f"/cases/{number}/moves"),
        ("get", f"/reports/{number}"),
    ):
        assert ask("dispatcher", method, path).status_code in NOT_THERE
    assert ask("dispatcher", "post", f"/cases/{number}/moves", {"move": "accept"}).status_code in NOT_THERE
    assert ask("dispatcher", "post", f"/cases/{number}/reports", BODY).status_code in NOT_THERE
    assert ask(None, "post", f"/reports/{number}/answer", {"solved": True}).status_code in NOT_THERE


QUERIES = """
list=nothing cursor=x cursor=99999999999999999999999 list=todo&cursor=nan_1 list=todo&cursor=1e400_1
list=todo&cursor=1_99999999999999999999 limit=0 limit=100000 limit=x area=%25 area=1 unit=x state=open
unit=99999999999999999999 opened_from=2026-13-01 opened_to=9999-12-31 closed_from=0001-01-01 q=%00 urgency=x
"""


@pytest.mark.parametrize("query", QUERIES.split())
def test_a_wrong_query_is_refused_or_finds_nothing(city: City, ask: Ask, query: str) -> None:
    answer = ask("dispatcher", "get", f"/cases?{query}")
    assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    "q", ["'; DROP TABLE cases_case; --", "消防 & | ! ( ) :*", "%", "_", "\\", "<script>", "🙂", " "]
)
def test_any_words_may_be_searched_for(city: City, ask: Ask, q: str) -> None:
    assert ask("dispatcher", "get", f"/cases?q={quote(q)}").status_code == 200
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"move": "fly"}, 422),
        ({"move": "accept", "version": 99}, 409),
        ({"move": "accept", "version": 2**70}, 422),
        ({"move": "accept", "version": "x"}, 422),
        ({"move": "accept", "colour": 1}, 422),
        ({"move": "dispatch", "lead": 2**70}, 422),
        ({"move": "dispatch", "lead": "x"}, 422),
        ({"move": "comment", "opinion": {"a": 1}}, 422),
        ({"move": "comment", "opinion": "有\x00"}, 422),
        ({"move": "handle", "opinion": "完成"}, 409),
        ({"move": 5}, 422),
        ({"move": "accept", "client_id": 5}, 422),
    ],
)
def test_a_wrong_move_is_refused(city: City, ask: Ask, body: dict[str, Any], status: int) -> None:
    case = filed()
    assert ask("dispatcher", "post", f"/cases/{case.number}/moves", body).status_code == status
    assert Case.objects.get().version == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"move": "fly"}, "move"),
        ({"move": "classify", "matter": "没有"}, "matter"),
        ({"move": "classify", "matter": "WG-SR-01", "area": "990101999"}, "area"),
    ],
)
def test_a_move_with_a_word_that_is_unknown_names_its_field(
    city: City, ask: Ask, body: dict[str, Any], field: str
) -> None:
    case = filed()
    assert ask("dispatcher", "post", f"/cases/{case.number}/moves", {"move": "accept"}).status_code == 200
    answer = ask("dispatcher", "post", f"/cases/{case.number}/moves", body)
    assert (answer.status_code, fields(answer)) == (422, {field}), answer.json()


def test_a_report_of_an_unknown_matter_names_the_field(city: City, ask: Ask) -> None:
    answer = ask("dispatcher", "post", "/reports", BODY | {"matter": "没有"})
    assert (answer.status_code, answer.json()["code"], fields(answer)) == (422, "matter_unknown", {"matter"})


@pytest.mark.parametrize("area", ["5101", "990101999", "abcd"])
def test_cases_of_an_area_that_is_none_are_refused_by_field(city: City, ask: Ask, area: str) -> None:
    answer = ask("dispatcher", "get", f"/cases?area={area}")
    assert (answer.status_code, fields(answer)) == (422, {"area"})


def test_an_ended_token_is_said_to_have_ended(city: City, ask: Ask, secret_of: Callable[..., str]) -> None:
    ended = secret_of("dispatcher", expires_at=now() - dt.timedelta(seconds=1))
    for secret, said in ((ended, True), (ended + "x", False)):
        answer = ask(None, "get", "/cases", Authorization=f"Bearer {secret}")
        assert (answer.status_code, "已过期" in answer.json()["detail"]) == (401, said)


def test_a_conflict_tells_how_the_case_stands(city: City, ask: Ask) -> None:
    case = filed()
    told = ask("dispatcher", "post", f"/cases/{case.number}/moves", {"move": "accept", "version": 7}).json()
    assert (told["code"], told["state"], told["version"]) == ("conflict", "reported", 1)


def test_who_brings_no_usable_token_is_not_let_in(
    city: City, ask: Ask, secret_of: Callable[..., str]
) -> None:
    ended = secret_of("dispatcher", expires_at=now() - dt.timedelta(seconds=1))
    revoked = secret_of("dispatcher")
    Token.objects.filter(digest=Token.digest_of(revoked)).update(revoked_at=now())
    unusable = [
        {},
        *(
            {"Authorization": text}
            for text in ("Bearer", "Bearer ", "Basic eDp5", "Bearer 无效", "Bearer a\x00b")
        ),
    ]
    unusable += [{"Authorization": f"Bearer {secret}"} for secret in (ended, revoked, revoked + "x")]
    for headers in unusable:
        answer = ask(None, "get", "/cases", **headers)
        assert answer.status_code == 401, headers
        assert "Bearer" in answer["WWW-Authenticate"]
        assert ask(None, "post", "/reports", BODY, **headers).status_code == 401
    assert not Case.objects.exists()


def test_a_case_elsewhere_is_told_of_as_one_that_is_not(city: City, ask: Ask) -> None:
    case = filed()
    for path in ("", "/journal", "/moves"):
        there = ask("far_dispatcher", "get", f"/cases/{case.number}{path}").json()
        nowhere = ask("far_dispatcher", "get", f"/cases/2600000010{path}").json()
        assert {k: there[k] for k in ("code", "detail")} == {k: nowhere[k] for k in ("code", "detail")}
    there = ask("far_dispatcher", "post", f"/cases/{case.number}/moves", {"move": "accept"}).json()
    nowhere = ask("far_dispatcher", "post", "/cases/2600000010/moves", {"move": "accept"}).json()
    assert {k: v for k, v in there.items() if k != "request_id"} == {
        k: v for k, v in nowhere.items() if k != "request_id"
    }
