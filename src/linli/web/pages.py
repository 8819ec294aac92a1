"""Keyset pages: the next page starts after the last row, so page 1,000 costs what page 1 costs.

A cursor is the last row's sort values, signed, and bound to the order it was made for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet
from ninja import Field

from linli.lib.errors import Invalid
from linli.web.rest import Schema

M = TypeVar("M", bound=Model)
T = TypeVar("T")

SIZE = 50
LARGEST = 200


@dataclass(frozen=True)
class Slice(Generic[T]):
    """The rows of one page and the cursor of the next; ``next`` is empty on the last page."""

    items: list[T]
    next: str = ""


class Page(Schema, Generic[T]):
    """一页结果；`next` 为空表示没有下一页。"""

    items: list[T]
    next: str | None = Field(None, description="下一页的游标，作为 cursor 参数传回")


class PageQuery(Schema):
    """The query parameters of every list."""

    cursor: str = Field("", max_length=1000, description="上一页返回的 next")
    limit: int = Field(SIZE, ge=1, le=LARGEST, description="每页条数")


def keyset(queryset: QuerySet[M], *, order: Sequence[str], cursor: str = "", size: int = SIZE) -> Slice[M]:
    """One page of ``queryset`` in ``order``, after ``cursor``.

    ``order`` names non-null fields, ``-`` for descending, and ends in a unique one; an index on the same
    fields makes every page one range scan. Refuses a cursor that is not ours or belongs to another order.
    """
    ordered = queryset.order_by(*order)
    if cursor:
        ordered = ordered.filter(_after(order, _read(cursor, order)))
    rows = list(ordered[: size + 1])
    more = len(rows) > size
    return Slice(rows[:size], _write(rows[size - 1], order) if more else "")


def _salt(order: Sequence[str]) -> str:
    return "linli.pages:" + ",".join(order)


def _write(row: Model, order: Sequence[str]) -> str:
    values = [_pack(getattr(row, name.removeprefix("-"))) for name in order]
    return signing.dumps(values, salt=_salt(order))


def _read(cursor: str, order: Sequence[str]) -> list[Any]:
    try:
        packed = signing.loads(cursor, salt=_salt(order))
    except (signing.BadSignature, ValueError) as error:
        raise Invalid(fields={"cursor": "翻页标记无效，请从第一页重新开始"}) from error
    return [_unpack(value) for value in packed]


def _pack(value: object) -> object:
    if isinstance(value, dt.datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    return value


def _unpack(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "instant" in value:
        return dt.datetime.fromisoformat(value["instant"])
    return dt.date.fromisoformat(value["date"])


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after ``values``: the first field bounds the index range, the rest settles ties."""
    first, *others = order
    step = "lt" if first.startswith("-") else "gt"
    name = first.removeprefix("-")
    if not others:
        return Q(**{f"{name}__{step}": values[0]})
    later = Q(**{f"{name}__{step}": values[0]}) | (Q(**{name: values[0]}) & _after(others, values[1:]))
    return Q(**{f"{name}__{step}e": values[0]}) & later
