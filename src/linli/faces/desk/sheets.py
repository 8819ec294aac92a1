"""Worklists as spreadsheets: written row by row, so that 50,000 cases need no more memory than 50."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import xlsxwriter
from django.db.models import QuerySet
from django.http import FileResponse
from django.utils.translation import gettext as _

from linli.domains.cases.finding import EXPORT_LIMIT
from linli.domains.cases.models import Case
from linli.kernel.access.actor import Actor
from linli.kernel.areas.queries import paths_of
from linli.lib.time import LOCAL, now, today
from linli.web.components import moment

CHUNK = 2_000
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = Callable[[Case, dict[str, str]], Any]

COLUMNS: tuple[tuple[str, int, Cell], ...] = (
    ("编号", 13, lambda case, paths: case.number),
    ("标题", 40, lambda case, paths: case.title),
    ("事项", 22, lambda case, paths: case.matter.name if case.matter else ""),
    ("事项已认定", 10, lambda case, paths: _("是") if case.matter_confirmed else _("否")),
    ("区域", 40, lambda case, paths: paths[case.area]),
    ("区域代码", 18, lambda case, paths: case.area),
    ("地址", 30, lambda case, paths: case.address),
    ("经度", 11, lambda case, paths: case.lng),
    ("纬度", 11, lambda case, paths: case.lat),
    ("来源", 10, lambda case, paths: _(case.get_channel_display())),
    ("紧急程度", 9, lambda case, paths: _(case.get_urgency_display())),
    ("状态", 12, lambda case, paths: _(case.state_title)),
    ("结果", 14, lambda case, paths: _(case.get_result_display()) if case.result else ""),
    ("当前办理单位", 22, lambda case, paths: str(case.holder or "")),
    ("主办单位", 22, lambda case, paths: str(case.lead or "")),
    ("上报数", 8, lambda case, paths: case.reports_count),
    ("退回次数", 9, lambda case, paths: case.hand_backs),
    ("重新办理次数", 12, lambda case, paths: case.reopened),
    ("上报人反馈", 11, lambda case, paths: _(case.get_answer_display()) if case.answer else ""),
    ("上报时间", 17, lambda case, paths: _local(case.opened_at)),
    ("本环节时限", 17, lambda case, paths: _local(case.stage_due_at)),
    ("总时限", 17, lambda case, paths: _local(case.due_at)),
    ("处置完成时间", 17, lambda case, paths: _local(case.handled_at)),
    ("结案时间", 17, lambda case, paths: _local(case.closed_at)),
    ("结果说明", 50, lambda case, paths: case.statement),
)


def answer(actor: Actor, title: str, cases: QuerySet[Case]) -> FileResponse:
    """The spreadsheet of ``cases`` as a download."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write(file, title, f"{actor.unit_name} {moment(now())}", cases)
    file.seek(0)
    response = FileResponse(file, content_type=TYPE)
    name = quote(f"{title}-{today():%Y%m%d}.xlsx")
    response["Content-Disposition"] = f"attachment; filename=\"cases.xlsx\"; filename*=UTF-8''{name}"
    return response


def write(file: Any, title: str, made_by: str, cases: QuerySet[Case]) -> int:
    """Write the sheet; returns the number of cases. Text stays text: nothing is read as a formula."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
        "default_date_format": "yyyy-mm-dd hh:mm",
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        sheet = workbook.add_worksheet(title[:31])
        for number, (name, width, _cell) in enumerate(COLUMNS):
            sheet.set_column(number, number, width)
            sheet.write_string(0, number, _(name), bold)
        sheet.freeze_panes(1, 2)
        count = 0
        for case, paths in _with_paths(cases):
            count += 1
            for number, (_name, _width, cell) in enumerate(COLUMNS):
                _write_cell(sheet, count, number, cell(case, paths))
        sheet.autofilter(0, 0, count, len(COLUMNS) - 1)
        sheet.write_string(
            count + 2, 0, _("共 %(n)d 件，由 %(by)s 导出；时间为北京时间") % {"n": count, "by": made_by}
        )
        if count >= EXPORT_LIMIT:
            told = _("一次最多导出 %(n)d 件，其余请缩小范围后分次导出") % {"n": EXPORT_LIMIT}
            sheet.write_string(count + 3, 0, told)
    return count


def _with_paths(cases: QuerySet[Case]) -> Iterator[tuple[Case, dict[str, str]]]:
    """The cases, a chunk at a time, with the names of their areas."""
    chunk: list[Case] = []
    for case in cases.iterator(chunk_size=CHUNK):
        chunk.append(case)
        if len(chunk) == CHUNK:
            yield from _named(chunk)
            chunk = []
    yield from _named(chunk)


def _named(chunk: list[Case]) -> Iterator[tuple[Case, dict[str, str]]]:
    paths = paths_of({case.area for case in chunk})
    return ((case, paths) for case in chunk)


def _write_cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value)
    elif value is not None:
        sheet.write(row, column, value)


def _local(at: dt.datetime | None) -> dt.datetime | None:
    return at.astimezone(LOCAL).replace(tzinfo=None, microsecond=0) if at else None
