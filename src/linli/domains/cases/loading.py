"""Reports from another system's file: a hotline's CSV or spreadsheet.

Columns are known by their Chinese headings or by the API's field names; what the file calls them is listed
in ``COLUMNS``. Every row is checked like a report at the portal, all of them before the first is written.
Errors are told by row; good rows are kept only when that was asked for.

Rows are written in batches, each one statement. Where the process ends in between, the same file goes on
where it stopped: a row is known by its source number, or else by its file and place in it (``client_id``).
While one batch is written the next is planned; a command has a second process check, plan and write every
other batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError
from django.utils.translation import gettext
from pydantic import ValidationError

from linli.domains.cases import actions, intake
from linli.domains.cases import permissions as may
from linli.domains.cases.intake import Checked, NewReport
from linli.domains.cases.models import Channel
from linli.kernel.access.actor import Actor
from linli.kernel.flow.input import messages
from linli.kernel.records.changes import Changes
from linli.kernel.records.second import Line, is_over, second
from linli.lib import sheets
from linli.lib.batches import batched
from linli.lib.errors import Invalid, Refusal
from linli.lib.garbage import unsearched
from linli.lib.sheets import RowError, Sheet
from linli.lib.time import now

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
ROWS = UUID("0f3f6a4e-9f3a-5c8e-8a53-3f1f9f4e9d27")
"""The names under which rows without a source number are known."""


class LoadFaulty(Invalid):
    code = "reports_faulty"
    title = "文件有误，未导入任何上报"

    def __init__(self, errors: list[RowError]) -> None:
        self.problems = tuple(errors)
        said = gettext("文件有 %(n)d 处错误，未导入任何上报：") % {"n": len(errors)}
        super().__init__(
            "\n".join([said, *map(str, errors)]),
            fields={f"{e.row}.{e.field}": e.message for e in errors[:200]},
        )


@dataclass
class Loaded:
    """What became of a file."""

    filed: int = 0
    repeated: int = 0
    """Rows that had been taken in before."""
    errors: list[RowError] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [gettext("导入 %(n)d 件") % {"n": self.filed}]
        if self.repeated:
            parts.append(gettext("%(n)d 件此前已导入") % {"n": self.repeated})
        if self.errors:
            parts.append(gettext("%(n)d 处错误未导入：") % {"n": len(self.errors)})
        return "\n".join([gettext("，").join(parts), *map(str, self.errors)])


class LoadInterrupted(Refusal):
    """The second process is gone with a part of the file."""

    code = "load_interrupted"
    status = 500
    title = "导入中断，部分行可能尚未导入：请重新导入同一文件，已导入的不会重复"


Row = tuple[int, dict[str, Any]]
"""A row by its number in the file."""


@dataclass(frozen=True)
class _Load:
    """What holds for every row of a file."""

    actor: Actor
    channel: str
    headings: Mapping[str, str]
    keep_good: bool


def load_reports(
    source: Path | bytes,
    *,
    actor: Actor,
    channel: str = Channel.HOTLINE,
    keep_good: bool = False,
    is_alone: bool = False,
) -> Loaded:
    """Take the reports of a file in. ``source`` is a path, or the bytes of an upload.

    Nothing is filed where a row is wrong, unless ``keep_good``: then rows without errors are kept and the
    others are told. A row that has been taken in before is not filed twice. ``is_alone``: this process does
    nothing else, so that a second one may take half of a long file (``kernel.records.second``).

    Refuses NotAllowed, Invalid, LoadFaulty, LoadInterrupted.
    """
    actor.require(may.IMPORT)
    with unsearched():
        data = source.read_bytes() if isinstance(source, Path) else source
        sheet = sheets.read(data, headings=COLUMNS, required=REQUIRED, most=LARGEST)
        load, loaded = _Load(actor, channel, _headings(sheet), keep_good), Loaded()
        file = hashlib.sha256(data).hexdigest()
        rows = list(_new(sheet.rows, channel, file, loaded, load.headings))
        if is_alone and len(rows) > BATCH:
            _load_with_second(load, rows, loaded)
        else:
            checked, errors = _check(load, rows)
            _refuse_faulty(load, loaded, errors)
            _file(actor, batched(checked, BATCH), len(checked), loaded)
    return loaded


def _load_with_second(load: _Load, rows: Sequence[Row], loaded: Loaded) -> None:
    """Every other batch in a second process. Nothing is written before all rows are checked in both."""
    mine, others = ([row for n, row in enumerate(rows) if n // BATCH % 2 == half] for half in (0, 1))
    with second(lambda line: _second(load, others, line)) as line:
        checked, errors = _check(load, mine)
        _refuse_faulty(load, loaded, [*errors, *_heard(line)])
        line.send("go")
        _file(load.actor, batched(checked, BATCH), len(checked), loaded)
        filed, repeated = _heard(line)
        loaded.filed += filed
        loaded.repeated += repeated


def _second(load: _Load, rows: Sequence[Row], line: Line) -> None:
    """What the second process does: tell its errors, wait, write, tell its counts."""
    checked, errors = _check(load, rows)
    line.send(errors)
    line.recv()  # an end of the line where nothing is to be filed
    batches = takewhile(lambda _: not is_over(line), batched(checked, BATCH))
    loaded = Loaded()
    _file(load.actor, batches, len(checked), loaded)
    line.send((loaded.filed, loaded.repeated))


def _heard(line: Line) -> Any:
    try:
        return line.recv()
    except (EOFError, ConnectionResetError) as gone:
        raise LoadInterrupted from gone


def _check(load: _Load, rows: Sequence[Row]) -> tuple[list[Checked], list[RowError]]:
    """The rows that may be taken in, and what is wrong with the others."""
    errors: list[RowError] = []
    given: dict[int, NewReport] = {}
    for number, row in rows:
        try:
            given[number] = _given(row, load.headings)
        except Invalid as refusal:
            errors += sheets.errors_of(number, refusal, load.headings)
    checked: list[Checked] = []
    checks = intake.check_many(load.actor, given=list(given.values()), channel=load.channel)
    for number, outcome in zip(given, checks, strict=True):
        if isinstance(outcome, Refusal):
            errors += sheets.errors_of(number, outcome, load.headings)
        else:
            checked.append(outcome)
    return checked, errors


def _refuse_faulty(load: _Load, loaded: Loaded, errors: Iterable[RowError]) -> None:
    loaded.errors += errors
    loaded.errors.sort(key=lambda error: error.row)
    if loaded.errors and not load.keep_good:
        raise LoadFaulty(loaded.errors)


def _headings(sheet: Sheet) -> dict[str, str]:
    """What a report's fields are called in this file."""
    named = sheets.named(sheet, COLUMNS)
    return named | {
        "location": f"{named['lng']}、{named['lat']}",
        "contact.name": named["name"],
        "contact.phone": named["phone"],
    }


def _new(
    rows: Sequence[Row],
    channel: str,
    file: str,
    loaded: Loaded,
    headings: Mapping[str, str],
) -> Iterator[Row]:
    """Rows that have not been taken in before, each with what it will be known by.

    A number that the file has twice is an error, wherever its rows have been before: two problems under one
    number are two problems, and only whoever exported the file can say which number is whose.
    """
    known = intake.known_sources(channel, [sheets.text(row.get("source_number")) for _, row in rows])
    own = {number: uuid5(ROWS, f"{file} {number}") for number, row in rows if not row.get("source_number")}
    filed = intake.known_submissions(own.values())
    first: dict[str, int] = {}
    for number, row in rows:
        source_number = sheets.text(row.get("source_number"))
        if source_number and first.setdefault(source_number, number) != number:
            told = {"number": source_number, "n": first[source_number]}
            said = gettext("编号 %(number)s 与第 %(n)d 行重复，一个编号只能有一件") % told
            loaded.errors += sheets.errors_of(number, Invalid(fields={"source_number": said}), headings)
        elif source_number in known or own.get(number) in filed:
            loaded.repeated += 1
        elif source_number:
            yield number, row
        else:
            yield number, row | {"client_id": own[number]}


def _file(actor: Actor, batches: Iterable[Sequence[Checked]], count: int, loaded: Loaded) -> None:
    """Write ``count`` checked reports, a batch behind the one that is planned."""
    intake.reserve_ids(count)  # all of them now: later the line is busy
    with ThreadPoolExecutor(max_workers=1) as writer:
        written: Future[None] | None = None
        batch: Sequence[Checked] = ()
        for following in batches:
            carry_out = _plan(actor, following).ready()
            _settle(actor, batch, written, loaded)
            written, batch = writer.submit(carry_out), following
        _settle(actor, batch, written, loaded)


def _plan(actor: Actor, checked: Sequence[Checked]) -> Changes:
    changes, at = Changes(), now()
    for one in checked:
        intake.plan(changes, actor, checked=one, at=at)
    return changes


def _settle(actor: Actor, batch: Sequence[Checked], written: Future[None] | None, loaded: Loaded) -> None:
    """Count a batch once it is written. Where a row of it was filed by somebody else meanwhile, nothing of it
    is: then each is filed by itself."""
    if written is None:
        return
    try:
        written.result()
    except IntegrityError:
        for one in batch:
            try:
                filed = actions.report(actor, given=one.given, channel=one.channel)
            except Invalid as refusal:
                if "source_number" not in refusal.fields:
                    raise
                loaded.repeated += 1  # its number is used by now
            else:
                loaded.filed += not filed.repeated
                loaded.repeated += filed.repeated
    else:
        loaded.filed += len(batch)


def _given(row: Mapping[str, Any], headings: Mapping[str, str]) -> NewReport:
    values = {k: v for k, v in row.items() if v not in ("", None) and k not in ("name", "phone")}
    if "urgency" in values:
        urgency = sheets.text(values["urgency"])
        values["urgency"] = URGENCIES.get(urgency, urgency)
    for text in ("text", "address", "matter", "source_number"):
        if text in values:
            values[text] = sheets.text(values[text])
    contact = {k: sheets.text(row[k]) for k in ("name", "phone") if row.get(k) not in ("", None)}
    if contact:
        values["contact"] = contact
    try:
        return NewReport.model_validate(values)
    except ValidationError as error:
        wrong = messages(error, NewReport, labels=headings)
        if "urgency" in wrong:
            wrong["urgency"] = gettext("只能是：%(words)s") % {"words": "、".join(URGENCIES)}
        raise Invalid(fields=wrong) from error
