"""Tables that people fill in elsewhere: the first sheet of a spreadsheet, or CSV in UTF-8 or GB18030.

Columns are known by their headings; each field has the headings under which it may come.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import python_calamine
from django.utils.translation import gettext

from linli.lib.errors import Invalid, Refusal
from linli.lib.texts import NO_NUL, NotText, decode, has_nul

Headings = Mapping[str, Sequence[str]]
"""Field → the headings by which it is known, the usual one first."""

_ZIP = b"PK\x03\x04"
"""The first bytes of an xlsx, whatever its name says."""


@dataclass(frozen=True)
class RowError:
    """Row ``row`` (counted as a spreadsheet shows it) cannot be taken."""

    row: int
    field: str
    message: str

    def __str__(self) -> str:
        told = {"n": self.row, "field": self.field, "message": self.message}
        if not self.field:
            return gettext("第 %(n)d 行：%(message)s") % told
        return gettext("第 %(n)d 行，%(field)s：%(message)s") % told


@dataclass(frozen=True)
class Sheet:
    """The rows that are not blank, each with its number, and the fields that the file has."""

    fields: Mapping[str, str]
    """Field → the heading that this file has for it."""
    rows: tuple[tuple[int, dict[str, Any]], ...]


def read(data: bytes, *, headings: Headings, required: Sequence[str], most: int) -> Sheet:
    """The table in ``data``. Refuses with ``Invalid`` what is no table, lacks a column, or is too long."""
    table = _spreadsheet(data) if data.startswith(_ZIP) else _csv(data)
    if not table:
        raise Invalid(fields={"file": "文件是空的"})
    fields = _fields(table[0], headings, required)
    if len(table) - 1 > most:
        raise Invalid(fields={"file": gettext("一次最多导入 %(n)d 行，请拆分后再导入") % {"n": most}})
    rows, named = tuple(_filled(table, fields)), {name: text(table[0][i]) for i, name in fields.items()}
    _refuse_nul(rows, named)
    return Sheet(named, rows)


def text(value: Any) -> str:
    """A cell as text. Spreadsheets give numbers for what people typed as text: 990101.0 is a code."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def date(value: Any) -> dt.date | None:
    """A cell as a date (2026-01-31, 2026/1/31, 2026年1月31日, or a spreadsheet's own); None for an empty one.

    Raises ``ValueError`` for anything else.
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    plain = text(value)
    if not plain:
        return None
    plain = plain.replace("年", "-").replace("月", "-").replace("日", "")  # not shown
    parts = plain.replace("/", "-").split("-")
    year, month, day = (int(part) for part in parts)
    return dt.date(year, month, day)


def errors_of(row: int, refusal: Refusal, headings: Mapping[str, str]) -> list[RowError]:
    """What was refused about a row, each field by its heading."""
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    if not fields:
        return [RowError(row, "", str(refusal.message))]
    return [RowError(row, headings.get(name, ""), str(told)) for name, told in fields.items()]


def named(sheet: Sheet, headings: Headings) -> dict[str, str]:
    """Field → its heading: the file's own, or the usual one where the file does not have the field."""
    return {name: known[0] for name, known in headings.items()} | dict(sheet.fields)


def _refuse_nul(rows: Sequence[tuple[int, dict[str, Any]]], headings: Mapping[str, str]) -> None:
    """A file with NUL in its cells was saved wrongly, and is not taken in part."""
    found = [
        str(RowError(number, headings[name], gettext(NO_NUL)))
        for number, row in rows
        for name, value in row.items()
        if isinstance(value, str) and has_nul(value)
    ]
    if found:
        raise Invalid(fields={"file": gettext("；").join(found)})


def _filled(
    table: Sequence[Sequence[Any]], fields: Mapping[int, str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, cells in enumerate(table[1:], start=2):
        row = {name: cells[i] for i, name in fields.items() if i < len(cells)}
        if any(text(value) for value in row.values()):
            yield number, row


def _fields(cells: Sequence[Any], headings: Headings, required: Sequence[str]) -> dict[int, str]:
    """Index of the column → field."""
    by_heading = {heading: name for name, known in headings.items() for heading in known}
    fields = {i: by_heading[text(cell)] for i, cell in enumerate(cells) if text(cell) in by_heading}
    missing = [headings[name][0] for name in required if name not in fields.values()]
    if missing:
        said = gettext("首行缺少栏目：%(names)s") % {"names": "、".join(missing)}
        raise Invalid(fields={"file": said})
    return fields


def _csv(data: bytes) -> list[list[Any]]:
    try:
        content = decode(data)
    except NotText as error:
        raise Invalid(fields={"file": "文件编码无法识别，请用 UTF-8 或 GB18030 编码保存"}) from error
    try:
        return [list(row) for row in csv.reader(io.StringIO(content, newline=""))]
    except csv.Error as error:
        raise Invalid(fields={"file": gettext("CSV 格式有误：%(error)s") % {"error": error}}) from error


def _spreadsheet(data: bytes) -> list[list[Any]]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [list(row) for row in book.get_sheet_by_index(0).to_python()]
    except python_calamine.CalamineError as error:
        raise Invalid(fields={"file": "无法读取该表格文件，请另存为 xlsx 后再试"}) from error
