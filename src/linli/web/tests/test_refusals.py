from __future__ import annotations

import pytest
from django.test import Client

HTMX = {"HX-Request": "true"}


def test_a_page_tells_a_refusal_in_chinese(client: Client) -> None:
    answer = client.get("/refuse")
    assert answer.status_code == 403
    assert "这件事由区综治中心办理" in answer.content.decode()


def test_htmx_gets_a_message_for_the_place_the_form_named(client: Client) -> None:
    answer = client.get("/refuse", headers={**HTMX, "Linli-Messages": "#said"})
    assert answer.status_code == 403
    assert answer["HX-Retarget"] == "#said"
    assert "<html" not in answer.content.decode()


def test_a_place_that_is_not_an_id_is_not_used(client: Client) -> None:
    answer = client.get("/refuse", headers={**HTMX, "Linli-Messages": "body, #x"})
    assert answer["HX-Retarget"] == "#messages"


def test_a_program_gets_a_problem(client: Client) -> None:
    answer = client.get("/refuse", headers={"Accept": "application/json"})
    assert answer.json()["code"] == "not_allowed"


def test_an_unknown_page_is_told_in_chinese(client: Client) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "未找到该内容" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX, {"Accept": "application/json"}])
def test_an_error_of_ours_tells_nothing_of_the_inside(headers: dict[str, str]) -> None:
    answer = Client(raise_request_exception=False).get("/fail", headers=headers)
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert "系统出现错误" in answer.content.decode()


def test_a_missing_csrf_token_is_told_in_chinese() -> None:
    answer = Client(enforce_csrf_checks=True).post("/login", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "请刷新后重新提交" in answer.content.decode()


def test_the_browser_may_run_only_what_we_serve(client: Client) -> None:
    answer = client.get("/login")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "geolocation=(self)" in answer["Permissions-Policy"]


def test_a_request_id_is_kept_or_made(client: Client) -> None:
    assert client.get("/login", headers={"X-Request-ID": "proxy-12345"})["X-Request-ID"] == "proxy-12345"
    assert len(client.get("/login", headers={"X-Request-ID": "<script>"})["X-Request-ID"]) == 16
