"""Reports from another system's file: a hotline's CSV or spreadsheet.

Columns are known by their Chinese headings or by the API's field names; what the file calls them is listed
in ``COLUMNS``. Every row is checked like a report at the portal. Errors are told by row; good rows are kept
only when that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext
from pydantic import ValidationError

from linli.domains.cases import actions
from linli.domains.cases import permissions as may
from linli.domains.cases.actions import NewReport, Planned
from linli.domains.cases.models import Channel
from linli.kernel.access.actor import Actor
from linli.kernel.flow.input import messages
from linli.lib import sheets
from linli.lib.errors import Invalid, Refusal
from linli.lib.sheets import RowError

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
    channel: str = Channel.HOTLINE,
    keep_good: bool = False,
) -> Loaded:
    """Take the reports of a file in. ``source`` is a path, or the bytes of an upload.

    All or nothing unless ``keep_good``: then rows without errors are kept and the others are told. A row
    whose source number is known already is not filed twice. Refuses NotAllowed, Invalid, LoadFaulty.
    """
    actor.require(may.IMPORT)
    data = source.read_bytes() if isinstance(source, Path) else source
    rows = sheets.read(data, headings=COLUMNS, required=REQUIRED, most=LARGEST).rows
    loaded = Loaded()
    known = actions.known_sources(channel, [sheets.text(row.get("source_number")) for _, row in rows])
    planned: list[Planned] = []
    for number, row in rows:
        source_number = sheets.text(row.get("source_number"))
        if source_number and source_number in known:
            loaded.repeated += 1
            continue
        known.add(source_number)
        try:
            planned.append(actions.plan_report(actor, given=_given(row), channel=channel))
        except Refusal as refusal:
            loaded.errors += sheets.errors_of(number, refusal, COLUMNS)
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
            values[text] = sheets.text(values[text])
    contact = {k: sheets.text(row[k]) for k in ("name", "phone") if row.get(k) not in ("", None)}
    if contact:
        values["contact"] = contact
    try:
        return NewReport.model_validate(values)
    except ValidationError as error:
        raise Invalid(fields=messages(error, NewReport)) from error
