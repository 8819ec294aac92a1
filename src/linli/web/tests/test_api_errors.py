from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client

BEARER = {"Authorization": "Bearer good"}


def send(client: Client, body: str | bytes, **headers: str) -> Any:
    return client.post(
        "/api/v1/reports", data=body, content_type="application/json", headers={**BEARER, **headers}
    )


def test_a_good_request_passes(client: Client) -> None:
    answer = send(client, '{"text": "路灯坏了", "client_id": "6f2d1c5e-6d0e-4b0a-9a53-0d9a9f4d8a11"}')
    assert answer.status_code == 201
    assert answer.json() == {"client_id": "6f2d1c5e-6d0e-4b0a-9a53-0d9a9f4d8a11"}


def test_invalid_fields_are_named_in_chinese(client: Client) -> None:
    answer = send(client, '{"text": "短", "places": [{"longitude": 7}], "client_id": "x"}')
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["type"] == "urn:linli:problem:invalid"
    assert {one["field"]: one["message"] for one in told["errors"]} == {
        "text": "至少 2 个字",
        "places.0.longitude": "不能小于 73.0",
        "client_id": "应为 UUID",
    }


@pytest.mark.parametrize("body", ["{", b"\xff\xfe", '{"text": "\\ud800"}', "NaN"])
def test_a_body_that_is_not_json_is_refused(client: Client, body: str | bytes) -> None:
    answer = send(client, body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed"


def test_a_nul_is_refused_where_it_stands(client: Client) -> None:
    answer = send(client, '{"text": "ab\\u0000", "places": []}')
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "text", "message": "不能含有空字符"}]


def test_a_nul_in_the_query_or_the_path_is_refused(client: Client) -> None:
    assert client.get("/api/v1/accounts?cursor=%00", headers=BEARER).status_code == 422
    assert client.get("/api/v1/x%00y", headers=BEARER).status_code == 400


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer bad"}, {"Authorization": "Basic good"}])
def test_without_a_good_token_there_is_a_401_problem(client: Client, header: dict[str, str]) -> None:
    answer = client.get("/api/v1/conflict", headers=header)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_conflict_shows_the_present_state(client: Client) -> None:
    answer = client.get("/api/v1/conflict", headers=BEARER)
    assert answer.status_code == 409
    told = answer.json()
    assert (told["code"], told["state"], told["version"]) == ("conflict", "closed", 3)


def test_an_error_of_ours_tells_nothing_of_the_inside(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/v1/fails", headers={**BEARER, "X-Request-ID": "abcdef123456"})
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert answer.json()["request_id"] == "abcdef123456"
    assert "abcdef123456" in caplog.text


def test_unknown_addresses_and_methods_are_problems_too(client: Client) -> None:
    assert client.get("/api/v1/nowhere").json()["code"] == "not_found"
    answer = client.delete("/api/v1/reports", headers=BEARER)
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer["Allow"] == "POST"


def test_an_oversize_body_is_refused(client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert send(client, '{"text": "路灯坏了路灯坏了"}').json()["code"] == "too_large"
