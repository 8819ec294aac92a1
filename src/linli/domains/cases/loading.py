"""Reports from another system's file: a hotline's CSV or spreadsheet.

Columns are known by their Chinese headings or by the API's field names; what the file calls them is listed
in ``COLUMNS``. Every row is checked like a report at the portal. Errors are told by row; good rows are kept
only when that was asked for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import python_calamine
from django.utils.translation import gettext
from pydantic import ValidationError

from linli.domains.cases import actions
from linli.domains.cases import permissions as may
from linli.domains.cases.actions import NewReport, Planned
from linli.domains.cases.models import Channel
from linli.kernel.access.actor import Actor
from linli.kernel.flow.input import messages
from linli.lib.errors import Invalid, Refusal
from linli.lib.texts import NotText, decode

COLUMNS: dict[str, tuple[str, ...]] = {
    "text": ("问题描述", "诉求内容", "工单内容", "内容", "text"),
    "lng": ("经度", "lng", "lon", "longitude"),
    "lat": ("纬度", "lat", "latitude"),
    "address": ("地址", "事发地址", "address"),
    "matter": ("事项代码", "matter"),
    "urgency": ("紧急程度", "urgency"),
    "source_number": ("工单编号", "来源编号", "source_number"),
    "name": ("姓名", "来电人", "联系人", "name"),
    "phone": ("电话", "来电号码", "联系电话", "phone"),
}
REQUIRED = ("text", "lng", "lat")
URGENCIES = {"一般": "normal", "紧急": "urgent", "特急": "very_urgent"}
LARGEST = 50_000
"""Rows of one file; larger ones are split by whoever exports them."""
BATCH = 500
"""Rows written in one statement."""


@dataclass(frozen=True)
class RowError:
    """Row ``row`` (counted as a spreadsheet shows it) cannot be taken."""

    row: int
    field: str
    message: str

    def __str__(self) -> str:
        told = {"n": self.row, "field": self.field, "message": self.message}
        return gettext("第 %(n)d 行，%(field)s：%(message)s") % told


class LoadFaulty(Invalid):
    code = "reports_faulty"
    title = "文件有误，未导入任何上报"

    def __init__(self, errors: list[RowError]) -> None:
        self.problems = tuple(errors)
        shown = "\n".join(str(error) for error in errors[:50])
        more = "\n" + gettext("……共 %(n)d 处") % {"n": len(errors)} if len(errors) > 50 else ""
        said = gettext("文件有 %(n)d 处错误，未导入任何上报：") % {"n": len(errors)}
        super().__init__(
            f"{said}\n{shown}{more}",
            fields={f"{e.row}.{e.field}": e.message for e in errors[:200]},
        )


@dataclass
class Loaded:
    """What became of a file."""

    filed: int = 0
    repeated: int = 0
    """Rows whose source number had been taken in before."""
    errors: list[RowError] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [gettext("导入 %(n)d 件") % {"n": self.filed}]
        if self.repeated:
            parts.append(gettext("%(n)d 件此前已导入") % {"n": self.repeated})
        if self.errors:
            parts.append(gettext("%(n)d 处错误未导入：") % {"n": len(self.errors)})
        return "\n".join([gettext("，").join(parts), *map(str, self.errors[:50])])


def load_reports(
    source: Path | bytes,
    *,
    actor: Actor,
    name: str = "",
    channel: str = Channel.HOTLINE,
    keep_good: bool = False,
) -> Loaded:
    """Take the reports of a file in. ``source`` is a path, or the bytes of an upload called ``name``.

    All or nothing unless ``keep_good``: then rows without errors are kept and the others are told. A row
    whose source number is known already is not filed twice. Refuses NotAllowed, Invalid, LoadFaulty.
    """
    actor.require(may.IMPORT)
    data = source.read_bytes() if isinstance(source, Path) else source
    rows = list(_rows(data, name or (source.name if isinstance(source, Path) else "")))
    loaded = Loaded()
    known = actions.known_sources(channel, [str(row.get("source_number", "")) for _, row in rows])
    planned: list[Planned] = []
    for number, row in rows:
        source_number = str(row.get("source_number", ""))
        if source_number and source_number in known:
            loaded.repeated += 1
            continue
        known.add(source_number)
        try:
            planned.append(actions.plan_report(actor, given=_given(row), channel=channel))
        except Refusal as refusal:
            loaded.errors += _errors(number, refusal)
    if loaded.errors and not keep_good:
        raise LoadFaulty(loaded.errors)
    loaded.filed = actions.file_many(planned, size=BATCH)
    return loaded


def _given(row: Mapping[str, Any]) -> NewReport:
    values = {k: v for k, v in row.items() if v not in ("", None) and k not in ("name", "phone")}
    if "urgency" in values:
        values["urgency"] = URGENCIES.get(str(values["urgency"]), values["urgency"])
    for text in ("text", "address", "matter", "source_number"):
        if text in values:
            values[text] = _as_text(values[text])
    contact = {k: _as_text(row[k]) for k in ("name", "phone") if row.get(k) not in ("", None)}
    if contact:
        values["contact"] = contact
    try:
        return NewReport.model_validate(values)
    except ValidationError as error:
        raise Invalid(fields=messages(error, NewReport)) from error


def _as_text(value: Any) -> str:
    """Spreadsheets give numbers for what people typed as text: 13800000000.0 is a phone number."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _errors(row: int, refusal: Refusal) -> list[RowError]:
    fields = refusal.fields if isinstance(refusal, Invalid) else {}
    if not fields:
        return [RowError(row, gettext("整行"), refusal.message)]
    return [RowError(row, name, message) for name, message in fields.items()]


def _rows(data: bytes, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row number, {field: value}) of the file's rows that are not blank."""
    table = _spreadsheet(data) if data[:4] == b"PK\x03\x04" else _csv(data)
    if not table:
        raise Invalid(fields={"file": "文件是空的"})
    fields = _header(table[0])
    if len(table) - 1 > LARGEST:
        raise Invalid(fields={"file": gettext("一次最多导入 %(n)d 行，请拆分后再导入") % {"n": LARGEST}})
    for number, cells in enumerate(table[1:], start=2):
        row = {name: cells[i] for i, name in fields.items() if i < len(cells)}
        if any(value not in ("", None) for value in row.values()):
            yield number, row


def _header(cells: list[Any]) -> dict[int, str]:
    """Column index → field."""
    by_heading = {heading: name for name, headings in COLUMNS.items() for heading in headings}
    fields = {
        i: by_heading[str(cell).strip()] for i, cell in enumerate(cells) if str(cell).strip() in by_heading
    }
    missing = [COLUMNS[name][0] for name in REQUIRED if name not in fields.values()]
    if missing:
        said = gettext("首行缺少栏目：%(names)s") % {"names": "、".join(missing)}
        raise Invalid(fields={"file": said})
    return fields


def _csv(data: bytes) -> list[list[Any]]:
    try:
        text = decode(data)
    except NotText as error:
        raise Invalid(fields={"file": "文件编码无法识别，请用 UTF-8 或 GB18030 编码保存"}) from error
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as error:
        raise Invalid(fields={"file": gettext("CSV 格式有误：%(error)s") % {"error": error}}) from error


def _spreadsheet(data: bytes) -> list[list[Any]]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [list(row) for row in book.get_sheet_by_index(0).to_python()]
    except python_calamine.CalamineError as error:
        raise Invalid(fields={"file": "无法读取该表格文件，请另存为 xlsx 后再试"}) from error
