"""What every REST endpoint stands on: errors as problems, bearer tokens, parsing, idempotency.

``install(api)`` once per ``NinjaAPI``, made with ``parser=JsonParser()`` and ``auth=Bearer(lookup)``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, Self
from uuid import UUID

import ninja
import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from ninja import Field, NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.security import HttpBearer
from pydantic import ConfigDict, ModelWrapValidatorHandler, ValidationInfo, model_validator

from linli.lib.errors import Invalid, NotAllowed, NotFound, Refusal
from linli.lib.texts import NO_NUL, nul_paths
from linli.web import problems

log = logging.getLogger(__name__)

MESSAGES: Final[Mapping[str, str]] = {
    "missing": "必填",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "不能超过 {max_length} 个字",
    "string_pattern_mismatch": "格式不正确",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing_size": "数字过大",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "decimal_type": "应为数字",
    "decimal_parsing": "应为数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "multiple_of": "应为 {multiple_of} 的倍数",
    "date_type": "应为日期，如 2026-05-01",
    "date_parsing": "应为日期，如 2026-05-01",
    "date_from_datetime_parsing": "应为日期，如 2026-05-01",
    "date_from_datetime_inexact": "应为日期，如 2026-05-01",
    "datetime_type": "应为时间，如 2026-05-01T09:00:00+08:00",
    "datetime_parsing": "应为时间，如 2026-05-01T09:00:00+08:00",
    "datetime_from_date_parsing": "应为时间，如 2026-05-01T09:00:00+08:00",
    "datetime_object_invalid": "应为时间，如 2026-05-01T09:00:00+08:00",
    "timezone_aware": "时间应带时区，如 +08:00",
    "uuid_type": "应为 UUID",
    "uuid_parsing": "应为 UUID",
    "uuid_version": "应为 UUID",
    "enum": "只能是 {expected}",
    "literal_error": "只能是 {expected}",
    "list_type": "应为列表",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "extra_forbidden": "没有这个字段",
    "url_parsing": "应为网址",
    "json_invalid": "不是有效的 JSON",
}
"""Pydantic's error types in Chinese; ``{…}`` comes from the error's context."""


class Schema(ninja.Schema):
    """The base of what the API takes and tells.

    Ninja's own reads every value through a getter that also takes ORM objects: two thirds of what it costs to
    make an answer of thirty columns. Ours are made of values by name.
    """

    @model_validator(mode="wrap")
    @classmethod
    def _run_root_validator(
        cls, values: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        return handler(values)


class ClientId(Schema):
    """Mixin of every create: the same ``client_id`` again returns what the first request made."""

    client_id: UUID | None = Field(None, description="客户端生成的 UUID；用同一个值重试不会重复创建")


class WrongField(Schema):
    """一个字段的问题。"""

    field: str
    message: str


class ProblemOut(Schema):
    """RFC 9457 的问题说明。`code` 稳定不变，`errors` 逐项指明字段，其余成员因问题而异。"""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[WrongField]


class Api(NinjaAPI):
    """An API whose description says of every operation how it refuses."""

    def get_openapi_schema(self, **asked: Any) -> OpenAPISchema:
        described = super().get_openapi_schema(**asked)
        components = described.setdefault("components", {})
        shape = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
        components.setdefault("schemas", {}).update(shape.pop("$defs"), ProblemOut=shape)
        content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
        said = "未办理，原因见问题说明"  # not shown
        components["responses"] = {"Problem": {"description": said, "content": content}}
        for operations in described["paths"].values():
            for operation in operations.values():
                operation["responses"]["4XX"] = {"$ref": "#/components/responses/Problem"}
        return described


class Bearer(HttpBearer):
    """Bearer tokens. ``lookup(request, secret)`` returns the actor, or nothing for an unusable token."""

    def __init__(self, lookup: Callable[[HttpRequest, str], Any | None]) -> None:
        super().__init__()
        self.lookup = lookup

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        return self.lookup(request, token) if token and "\x00" not in token else None


class JsonParser(Parser):
    """Reads bodies with orjson and refuses NUL, which PostgreSQL cannot store."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise problems.Malformed("请求体不是有效的 JSON（UTF-8）") from error
        if rb"\u0000" in request.body:
            _refuse_nul("body", body)
        return body

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        parsed: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        source = "query" if isinstance(data, QueryDict) else "form"
        _refuse_nul(source, parsed)
        return parsed


class JsonRenderer(BaseRenderer):
    """Writes answers with orjson, in UTF-8 as people read it."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, default=str)


def written(data: object) -> HttpResponse:
    """An answer with ``data`` as it stands, in the shape that the endpoint declares.

    For long lists of what the platform itself has put together: to check each row against its schema costs
    more than all the rest of the request.
    """
    return HttpResponse(orjson.dumps(data), content_type="application/json; charset=utf-8")


def install(api: NinjaAPI) -> None:
    """Register the one way in which every error of ``api`` is told."""

    def tell(refusal: Refusal, request: HttpRequest) -> HttpResponse:
        return problems.problem(refusal, getattr(request, "request_id", ""))

    @api.exception_handler(Refusal)
    def on_refusal(request: HttpRequest, error: Refusal) -> HttpResponse:
        return tell(error, request)

    @api.exception_handler(ValidationError)
    def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        return tell(Invalid(fields=fields_of(error)), request)

    @api.exception_handler(Http404)
    def on_missing(request: HttpRequest, _: Http404) -> HttpResponse:
        return tell(NotFound(), request)

    @api.exception_handler(PermissionDenied)
    def on_denied(request: HttpRequest, _: PermissionDenied) -> HttpResponse:
        return tell(NotAllowed(), request)

    @api.exception_handler(RequestDataTooBig)
    def on_too_large(request: HttpRequest, _: RequestDataTooBig) -> HttpResponse:
        return tell(problems.TooLarge(), request)

    @api.exception_handler(HttpError)
    def on_http(request: HttpRequest, error: HttpError) -> HttpResponse:
        # ninja wraps whatever the parser raised
        refusal = error.__cause__ if isinstance(error.__cause__, Refusal) else _refusal_of(error)
        return tell(refusal, request)

    @api.exception_handler(Exception)
    def on_unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
        request_id = getattr(request, "request_id", "")
        log.error("unexpected error in %s %s [%s]", request.method, request.path, request_id, exc_info=error)
        return tell(problems.Unexpected(), request)


def fields_of(error: ValidationError) -> dict[str, str]:
    """``{field: message}``; a nested field is named ``photos.0.name``."""
    return {_field(one["loc"]): _said(one) for one in error.errors}


def _field(loc: tuple[str | int, ...]) -> str:
    """Drop the source (body, query …) and, for bodies and forms, the parameter that holds them."""
    source, *path = loc
    if source in ("body", "form", "query") and len(path) > 1:
        path = path[1:]
    return ".".join(str(part) for part in path) or str(source)


def _said(error: Mapping[str, Any]) -> str:
    context = {**error.get("ctx", {})}
    if error["type"] in ("value_error", "assertion_error"):
        return gettext(str(context.get("error", "填写有误")))
    if "expected" in context:
        context["expected"] = (
            str(context["expected"]).replace("'", "").replace(" or ", ", ").replace(", ", gettext("、"))
        )
    template = MESSAGES.get(error["type"])
    return gettext(template).format_map(context) if template else gettext("填写有误")


def _refusal_of(error: HttpError) -> Refusal:
    known: dict[int, type[Refusal]] = {
        400: problems.Malformed,
        401: problems.Unauthenticated,
        403: NotAllowed,
        404: NotFound,
        429: problems.TooMany,
    }
    kind = known.get(error.status_code)
    if kind is None:
        raise error
    return kind()


def _refuse_nul(source: str, value: object) -> None:
    wrong = dict.fromkeys(nul_paths(value), NO_NUL)
    if wrong:
        raise Invalid(fields={path or source: told for path, told in wrong.items()})
