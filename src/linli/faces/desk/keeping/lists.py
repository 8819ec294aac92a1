"""A register as a page: tabs, search, filters, rows, the way on; and the same rows as a spreadsheet."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import xlsxwriter
from django.db.models import Model, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.faces.desk.entrance import framed
from linli.faces.desk.sheets import TYPE
from linli.kernel.access.actor import Actor
from linli.kernel.access.permissions import AUDIT_REGISTERS, VIEW_REGISTERS
from linli.lib.time import now, today
from linli.web.components import Choice, Column, Crumb, Text, moment, row
from linli.web.pages import keyset

M = TypeVar("M", bound=Model)
Columns = Callable[[Sequence[M]], Sequence[Column[M]]]
"""Columns for the rows of one page, so that what they need besides is asked for once."""

ALL = gettext_lazy("全部")
EXPORT_LIMIT = 50_000
CHUNK = 2_000
TABS: tuple[tuple[str, Text, str], ...] = (
    ("desk:unit-list", gettext_lazy("单位"), VIEW_REGISTERS),
    ("desk:account-list", gettext_lazy("账号"), VIEW_REGISTERS),
    ("desk:post-list", gettext_lazy("岗位"), VIEW_REGISTERS),
    ("desk:token-list", gettext_lazy("令牌"), VIEW_REGISTERS),
    ("desk:change-list", gettext_lazy("变更记录"), AUDIT_REGISTERS),
)


@dataclass(frozen=True)
class Condition:
    """A select of the filter bar; ``usual`` is what holds when nothing is chosen."""

    name: str
    title: Text
    options: Sequence[tuple[str, str | Promise]]
    usual: Text = ALL


@dataclass(frozen=True)
class Deed:
    """A button at the head of the page."""

    title: Text
    icon: str
    url: str
    is_primary: bool = False


@dataclass
class Register(Generic[M]):
    """What one page of a register is made of. ``found`` is cut and narrowed already."""

    tab: str
    title: Text
    lead: Text
    empty: Text
    found: QuerySet[M]
    order: Sequence[str]
    columns: Columns[M]
    url_of: Callable[[M], str]
    conditions: Sequence[Condition] = ()
    placeholder: Text = ""
    deeds: Sequence[Deed] = ()
    trail: Sequence[Crumb] = ()
    kept: Sequence[str] = field(default_factory=tuple)
    """Further parameters of the address that stay from page to page."""
    export: str = ""
    """Name of the address of the spreadsheet."""


def tabs(actor: Actor, current: str) -> list[Choice]:
    return [
        Choice(title, reverse(name), name == current) for name, title, ability in TABS if actor.can(ability)
    ]


def show(request: HttpRequest, actor: Actor, register: Register[M]) -> HttpResponse:
    """One page of the register."""
    page = keyset(register.found, order=register.order, cursor=request.GET.get("after", ""))
    columns = register.columns(page.items)
    given = _given(request, register)
    context = {
        "register": register,
        "tabs": tabs(actor, register.tab),
        "rows": [row(one, columns, key=str(one.pk), url=register.url_of(one)) for one in page.items],
        "columns": columns,
        "words": request.GET.get("words", ""),
        "chosen": {one.name: request.GET.get(one.name, "") for one in register.conditions},
        "kept": {name: request.GET.get(name, "") for name in register.kept if request.GET.get(name)},
        "next_url": f"?{urlencode({**given, 'after': page.next})}" if page.next else "",
        "first_url": f"?{urlencode(given)}" if request.GET.get("after") else "",
        "is_narrowed": bool(given),
        "empty_text": _("没有符合条件的记录") if given else register.empty,
        "export_url": f"{reverse(register.export)}?{urlencode(given)}" if register.export else "",
    }
    return framed(request, actor, "desk/keeping/list.html", context)


def _given(request: HttpRequest, register: Register[M]) -> dict[str, str]:
    """The conditions in force, as the address carries them."""
    names = ["words", *(one.name for one in register.conditions), *register.kept]
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def spreadsheet(actor: Actor, register: Register[M]) -> FileResponse:
    """All rows of the register as a download. Text stays text: nothing is read as a formula."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    _write(file, register, f"{actor.unit_name} {moment(now())}")
    file.seek(0)
    response = FileResponse(file, content_type=TYPE)
    name = quote(f"{register.title}-{today():%Y%m%d}.xlsx")
    response["Content-Disposition"] = f"attachment; filename=\"register.xlsx\"; filename*=UTF-8''{name}"
    return response


def _write(file: Any, register: Register[M], made_by: str) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        sheet = workbook.add_worksheet(str(register.title)[:31])
        sheet.freeze_panes(1, 1)
        count = 0
        cursor = ""
        while True:
            page = keyset(register.found, order=register.order, cursor=cursor, size=CHUNK)
            columns = register.columns(page.items)
            if not cursor:
                sheet.set_column(0, len(columns) - 1, 22)
                for number, column in enumerate(columns):
                    sheet.write_string(0, number, str(column.title), bold)
            for one in page.items:
                count += 1
                for number, column in enumerate(columns):
                    sheet.write_string(count, number, str(column.value(one) or ""))
            cursor = page.next
            if not cursor or count >= EXPORT_LIMIT:
                break
        sheet.write_string(count + 2, 0, _("共 %(n)d 条，由 %(who)s 导出") % {"n": count, "who": made_by})
