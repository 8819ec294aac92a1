"""Pydantic's findings, said by field in the language in hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from pydantic import BaseModel, ValidationError

from linli.lib.errors import Invalid

_MESSAGES = {
    "missing": "「{label}」必须填写",
    "string_too_short": "「{label}」必须填写，且不少于 {min_length} 个字",
    "string_too_long": "「{label}」不能超过 {max_length} 个字",
    "string_type": "「{label}」应为文字",
    "int_parsing": "「{label}」应为整数",
    "int_type": "「{label}」应为整数",
    "int_from_float": "「{label}」应为整数",
    "float_parsing": "「{label}」应为数字",
    "float_type": "「{label}」应为数字",
    "finite_number": "「{label}」应为数字",
    "bool_parsing": "「{label}」应为是或否",
    "bool_type": "「{label}」应为是或否",
    "uuid_parsing": "「{label}」不是有效的标识（UUID）",
    "uuid_type": "「{label}」不是有效的标识（UUID）",
    "datetime_parsing": "「{label}」不是有效的时间",
    "datetime_from_date_parsing": "「{label}」不是有效的时间",
    "timezone_aware": "「{label}」必须带时区",
    "enum": "「{label}」只能是：{expected}",
    "literal_error": "「{label}」只能是：{expected}",
    "list_type": "「{label}」应为列表",
    "too_long": "「{label}」最多 {max_length} 项",
    "too_short": "「{label}」至少 {min_length} 项",
    "greater_than": "「{label}」必须大于 {gt}",
    "greater_than_equal": "「{label}」不能小于 {ge}",
    "less_than": "「{label}」必须小于 {lt}",
    "less_than_equal": "「{label}」不能大于 {le}",
    "extra_forbidden": "没有「{label}」这一项",
    "dict_type": "「{label}」格式不正确",
    "model_type": "「{label}」格式不正确",
}


def messages(
    error: ValidationError,
    model: type[BaseModel] | None = None,
    *,
    labels: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """``{field: message}`` for every finding; fields are named by ``labels``, else by their titles."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False):
        path = [str(part) for part in item["loc"]] or ["body"]
        context: dict[str, Any] = {**(item.get("ctx") or {}), "label": _label(path, model, labels or {})}
        if item["type"] == "value_error":
            told = {"label": context["label"], "error": gettext(str(context["error"]))}
            text = gettext("「{label}」{error}").format_map(told)
        else:
            text = gettext(_MESSAGES.get(item["type"], "「{label}」填写不正确")).format_map(context)
        found.setdefault(".".join(path), text)
    return found


def refuse_invalid(error: ValidationError, model: type[BaseModel] | None = None) -> Invalid:
    return Invalid(fields=messages(error, model))


def _label(path: list[str], model: type[BaseModel] | None, labels: Mapping[str, str]) -> str:
    if path[-1] in labels:
        return labels[path[-1]]
    if model is not None and path[0] in model.model_fields:
        return gettext(model.model_fields[path[0]].title or path[0])
    return path[0]
