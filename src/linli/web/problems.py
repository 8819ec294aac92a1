"""How a refusal is told: problem+json (RFC 9457) to programs, a page or an inline message to people.

Every answer carries the same facts: the stable code, the message in the asker's language, the fields that are
wrong, and what else the refusal knows (after a conflict, the present state of the record).
"""

from __future__ import annotations

import datetime as dt
import re
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from linli.lib.errors import Invalid, NotAllowed, Refusal

API_PREFIX = "/api/"
MEDIA_TYPE = "application/problem+json"
MESSAGES = "#messages"
"""Where an inline message goes when the form names no place of its own."""

_SELECTOR = re.compile(r"#[A-Za-z][\w-]{0,80}")


class Malformed(Refusal):
    code = "malformed"
    status = 400
    title = "请求内容无法读取，请检查格式"


class Unauthenticated(Refusal):
    code = "unauthenticated"
    status = 401
    title = "请先登录，或提供有效的接口令牌"


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"
    status = 405
    title = "该地址不支持此请求方法"


class TooLarge(Refusal):
    code = "too_large"
    status = 413
    title = "提交的内容过大"


class TooMany(Refusal):
    code = "too_many_requests"
    status = 429
    title = "请求过于频繁，请稍后再试"


class Unexpected(Refusal):
    """An error of ours. Says nothing about the inside; the request id finds it in the log."""

    code = "unexpected"
    status = 500
    title = "系统出现错误，我们已经记录，请稍后再试"


class SessionExpired(NotAllowed):
    """The form's CSRF token does not match: the page was open too long or in another sign-in."""

    code = "session_expired"
    title = "页面停留时间过长或登录已失效，请刷新后重新提交"


def document(refusal: Refusal, request_id: str = "") -> dict[str, Any]:
    """The problem document. Members: type, title, status, detail, code, errors, request_id, and details."""
    errors = refusal.fields if isinstance(refusal, Invalid) else {}
    members: dict[str, Any] = {
        "type": f"urn:linli:problem:{refusal.code}",
        "title": refusal.heading,
        "status": refusal.status,
        "detail": str(refusal.message),
        "code": refusal.code,
        "errors": [{"field": field, "message": str(message)} for field, message in errors.items()],
    }
    if request_id:
        members["request_id"] = request_id
    return {**refusal.details, **members}


def problem(refusal: Refusal, request_id: str = "") -> HttpResponse:
    """The answer to a program."""
    content = orjson.dumps(document(refusal, request_id), default=_plain)
    response = HttpResponse(content, status=refusal.status, content_type=MEDIA_TYPE)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="linli"'
    return response


def page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The answer to a person who opened or submitted a page."""
    return render(request, "web/error.html", {"refusal": refusal}, status=refusal.status)


def message(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The answer to an htmx request: a message put where the form asked for it, the page left as it is.

    Rendered without context processors, since it also tells our own errors, which may come from them.
    """
    context = {"refusal": refusal, "request_id": getattr(request, "request_id", "")}
    response = HttpResponse(render_to_string("web/components/refusal.html", context), status=refusal.status)
    asked = request.headers.get("Linli-Messages", "")
    response["HX-Retarget"] = asked if _SELECTOR.fullmatch(asked) else MESSAGES
    response["HX-Reswap"] = "innerHTML"
    response["HX-Reselect"] = "#refusal"
    return response


def is_exchange(request: HttpRequest) -> bool:
    """Whether htmx asks, and can put a message into the page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def wants_problem(request: HttpRequest) -> bool:
    """Whether the asker is a program: under the API's address, or accepting JSON and not pages."""
    if request.path.startswith(API_PREFIX):
        return True
    accepted = request.headers.get("Accept", "")
    return "json" in accepted and "text/html" not in accepted


def respond(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Tell ``refusal`` in the way that whoever asked can use."""
    if wants_problem(request):
        return problem(refusal, getattr(request, "request_id", ""))
    if is_exchange(request):
        return message(request, refusal)
    return page(request, refusal)


def _plain(value: object) -> object:
    """Details may hold what JSON has no word for; anything else unknown is told as text."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, UUID):
        return str(value)
    return str(value)
