"""Programs at the API: a token of a post, and how they ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from linli.kernel.units.models import Token
from tests.city import City

Ask = Callable[..., Any]


@pytest.fixture
def secret_of(city: City) -> Callable[..., str]:
    """``secret_of("dispatcher")``: a fresh token of that post."""

    def issue(word: str, *, expires_at: dt.datetime | None = None) -> str:
        return Token.issue(city.posts[word], "测试", expires_at=expires_at)[1]

    return issue


@pytest.fixture
def ask(secret_of: Callable[..., str]) -> Ask:
    """``ask("dispatcher", "post", "/reports", {…})``: the answer, which is never one of our own errors."""
    client, secrets = Client(raise_request_exception=False), dict[str, str]()

    def send(
        word: str | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        **headers: str,
    ) -> HttpResponse:
        if word is not None:
            secrets.setdefault(word, secret_of(word))
            headers = {"Authorization": f"Bearer {secrets[word]}"} | headers
        sent: dict[str, Any] = {"headers": headers}
        if raw is not None:
            sent |= {"data": raw, "content_type": headers.get("Content-Type", "application/json")}
        elif body is not None:
            sent |= {"data": body, "content_type": "application/json"}
        answer: HttpResponse = getattr(client, method)(f"/api/v1{path}", **sent)  # type: ignore[assignment]
        assert answer.status_code < 500, (method, path, body, answer.content.decode())
        if answer.status_code >= 400:
            problem(answer)
        return answer

    return send


def problem(answer: Any) -> dict[str, Any]:
    """The problem document of an answer, in the shape of RFC 9457 with our members."""
    assert answer["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "errors"} <= set(told)
    assert told["status"] == answer.status_code
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told["detail"])
    assert all({"field", "message"} == set(error) for error in told["errors"])
    return told
