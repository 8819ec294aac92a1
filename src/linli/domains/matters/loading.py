"""Publishing lists from files: read everything, name every problem, then change all or nothing.

A list file is YAML (UTF-8, or GB18030 as Chinese office software saves it)::

    kind: grid                      # one of ListKind
    title: 网格化服务管理事项清单
    published_on: 2026-11-01
    valid_from: 2026-11-01          # optional; when the list first takes effect
    source: 依据……
    sources: {demo: 示范值，待本市核定}   # named once, cited as @demo
    defaults: {evidence: optional, …}   # fields that a row does not state
    matters:
      - code: WG-SR-01
        name: 暴露垃圾
        …

A directory may also hold ``functions.csv`` (代码、名称、通常承担单位) and ``urgency.csv`` (词语、紧急程度).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from linli.domains.matters import versions
from linli.domains.matters.entries import MatterEntry, check_names, read_entry
from linli.domains.matters.errors import ListFaulty, Problem
from linli.domains.matters.kinds import ListKind
from linli.domains.matters.models import EDITION, Function, Matter, MatterList, Revision, UrgencyWord
from linli.domains.matters.standing import AREA_WIDTHS, check_entry, standing
from linli.kernel.clocks.models import Urgency
from linli.kernel.records.editions import raise_edition
from linli.lib.texts import NO_NUL, NotText, decode, has_nul, nul_paths
from linli.lib.time import today

FUNCTIONS = "functions.csv"
URGENCY = "urgency.csv"
HEAD = frozenset({"kind", "title", "published_on", "valid_from", "source", "sources", "defaults", "matters"})


@dataclass
class Summary:
    """What a load did."""

    lists: list[str] = field(default_factory=list)
    functions: int = 0
    difference: versions.Difference = field(default_factory=versions.Difference)
    revision: Revision | None = None
    """The entry that this load left in the history of the lists; none where nothing changed."""

    def __str__(self) -> str:
        done = self.difference
        return (
            f"清单 {len(self.lists)} 份：新增 {len(done.added)} 项，修改 {len(done.changed)} 项，"
            f"退出 {len(done.ended)} 项，未变 {done.unchanged} 项"
        )


@dataclass
class Publication:
    """One list as its file says it."""

    file: str
    kind: str
    title: str
    published_on: dt.date
    valid_from: dt.date | None
    source: str
    entries: list[MatterEntry]


@dataclass
class Reading:
    """Everything read from the path, and everything that is wrong with it."""

    publications: list[Publication] = field(default_factory=list)
    functions: dict[str, Function] = field(default_factory=dict)
    urgency: dict[str, str] | None = None
    problems: list[Problem] = field(default_factory=list)

    def fault(self, file: str, row: str, field_: str, message: str) -> None:
        self.problems.append(Problem(file, row, field_, message))


def load_matters(path_or_dir: Path | str, *, area: str) -> Summary:
    """Publish the list in a file, or all lists in a directory, for ``area`` and everything below it.

    The file is the whole list: a matter that it no longer names leaves the list. Unchanged matters keep
    their version. Raises ``ListFaulty`` naming every problem; then nothing was changed.
    """
    path = Path(path_or_dir)
    with transaction.atomic():
        versions.lock_lists()
        reading = _read(path)
        if not (area.isascii() and area.isdigit() and len(area) in AREA_WIDTHS):
            reading.fault("", "", "area", f"“{area}”不是区域代码")
        _check_across(reading, area)
        if reading.problems:
            raise ListFaulty(reading.problems)
        return _publish(reading, area, path.name)


# Reading ---------------------------------------------------------------------------------------------------


def _read(path: Path) -> Reading:
    reading = Reading()
    known = set(Function.objects.values_list("code", flat=True))
    if path.is_dir():
        _read_functions(path / FUNCTIONS, reading)
        _read_urgency(path / URGENCY, reading)
        files = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
    else:
        files = [path]
    known |= set(reading.functions)
    for file in files:
        _read_list(file, reading, known)
    if not files:
        reading.fault(path.name, "", "", "没有清单文件（*.yaml）")
    return reading


def _text_of(file: Path, reading: Reading) -> str | None:
    try:
        raw = file.read_bytes()
    except OSError as error:
        reading.fault(file.name, "", "", f"无法读取：{error.strerror}")
        return None
    try:
        return decode(raw)
    except NotText:
        reading.fault(file.name, "", "", "文字编码既不是 UTF-8 也不是 GB18030")
        return None


def _read_table(file: Path, columns: tuple[str, ...], reading: Reading) -> list[dict[str, str]]:
    """Rows of a CSV with a heading line; lines that start with # are remarks."""
    if not file.exists():
        return []
    text = _text_of(file, reading)
    if text is None:
        return []
    lines = [line for line in io.StringIO(text) if not line.startswith("#")]
    table = csv.DictReader(lines, restval="")
    missing = [column for column in columns if column not in (table.fieldnames or ())]
    if missing:
        reading.fault(file.name, "", "", f"缺少栏目：{'、'.join(missing)}")
        return []
    rows: list[dict[str, str]] = []
    for row in table:
        if row[columns[0]] in {given[columns[0]] for given in rows}:
            reading.fault(file.name, row[columns[0]], columns[0], "重复")
        for column in columns:
            if has_nul(row[column] or ""):
                reading.fault(file.name, f"第 {len(rows) + 1} 项", column, NO_NUL)
        rows.append({column: (row[column] or "").strip() for column in columns})
    return rows


def _read_functions(file: Path, reading: Reading) -> None:
    for row in _read_table(file, ("code", "name", "department"), reading):
        for column in ("code", "name"):
            if not row[column] or len(row[column]) > 30:
                reading.fault(file.name, row["code"], column, "必须填写，不超过 30 字")
        reading.functions[row["code"]] = Function(**row)


def _read_urgency(file: Path, reading: Reading) -> None:
    if not file.exists():
        return
    reading.urgency = {}
    for row in _read_table(file, ("word", "urgency"), reading):
        if row["urgency"] not in (Urgency.URGENT, Urgency.VERY_URGENT):
            reading.fault(file.name, row["word"], "urgency", "须为 urgent 或 very_urgent")
        if not 1 <= len(row["word"]) <= 20:
            reading.fault(file.name, row["word"], "word", "须为 1 至 20 个字")
        reading.urgency[row["word"]] = row["urgency"]


def _read_list(file: Path, reading: Reading, functions: set[str]) -> None:
    text = _text_of(file, reading)
    if text is None:
        return
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reading.fault(file.name, f"第 {mark.line + 1} 行" if mark else "", "", "YAML 写法有误")
        return
    for path in nul_paths(document):
        reading.fault(file.name, "", path, NO_NUL)
    head = _read_head(file.name, document, reading)
    if head is None:
        return
    sources = {str(key): str(value) for key, value in (document.get("sources") or {}).items()}
    defaults = document.get("defaults") or {}
    for number, raw in enumerate(document["matters"], start=1):
        if not isinstance(raw, Mapping):
            reading.fault(file.name, f"第 {number} 项", "", "须是“栏目: 内容”")
            continue
        row = f"第 {number} 项 {raw.get('code', '')}".strip()
        entry, problems = read_entry(
            _with_defaults(raw, defaults),
            kind=head.kind,
            functions=functions,
            file=file.name,
            row=row,
            sources=sources,
        )
        head.entries.append(entry)
        reading.problems += problems
    reading.problems += check_names(head.entries, file=file.name)
    reading.publications.append(head)


def _read_head(file: str, document: object, reading: Reading) -> Publication | None:
    if not isinstance(document, Mapping):
        reading.fault(file, "", "", "文件开头须有 kind、title、published_on、source、matters")
        return None
    before = len(reading.problems)
    for name in sorted(str(key) for key in set(document) - HEAD):
        reading.fault(file, "", name, "不认识的栏目")
    if document.get("kind") not in ListKind.values:
        reading.fault(file, "", "kind", f"清单种类须为：{'、'.join(ListKind.values)}")
    for name in ("title", "source"):
        if not str(document.get(name) or "").strip():
            reading.fault(file, "", name, "必须填写")
    for name in ("published_on", "valid_from"):
        value = document.get(name)
        if not isinstance(value, dt.date) and not (value is None and name == "valid_from"):
            reading.fault(file, "", name, "须是日期，如 2026-11-01")
    for name, shape, words in (("sources", Mapping, "“名称: 出处”"), ("defaults", Mapping, "“栏目: 内容”")):
        if not isinstance(document.get(name) or {}, shape):
            reading.fault(file, "", name, f"须是{words}")
    if not isinstance(document.get("matters"), list):
        reading.fault(file, "", "matters", "须是事项列表")
    if len(reading.problems) > before:
        return None
    return Publication(
        file=file,
        kind=str(document["kind"]),
        title=str(document["title"]),
        published_on=document["published_on"],
        valid_from=document.get("valid_from"),
        source=str(document["source"]),
        entries=[],
    )


def _with_defaults(raw: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the file's defaults beneath it; limits are merged stage by stage."""
    merged = {**defaults, **raw}
    common, own = defaults.get("limits"), raw.get("limits")
    if isinstance(common, Mapping) and isinstance(own, Mapping):
        merged["limits"] = {**common, **own}
    return merged


# Rules between lists ---------------------------------------------------------------------------------------


def _check_across(reading: Reading, area: str) -> None:
    """Rules that no single row can break: kinds and codes stand once; see also ``standing``."""
    _check_kinds_and_codes(reading, area)
    given = [(one.kind, entry) for one in reading.publications for entry in one.entries]
    held = standing(area, given=given, replaced={one.kind for one in reading.publications})
    for one in reading.publications:
        for entry in one.entries:
            reading.problems += check_entry(entry, one.kind, held, file=one.file)


def _check_kinds_and_codes(reading: Reading, area: str) -> None:
    kinds: dict[str, str] = {}
    replaced = [publication.kind for publication in reading.publications]
    codes = dict(
        Matter.objects.filter(valid_to__isnull=True, area=area)
        .exclude(list__kind__in=replaced)
        .values_list("code", "list__title")
    )
    for publication in reading.publications:
        if publication.kind in kinds:
            message = f"与 {kinds[publication.kind]} 是同一种清单"
            reading.fault(publication.file, "", "kind", message)
        kinds[publication.kind] = publication.file
        for entry in publication.entries:
            if codes.get(entry.code, publication.title) != publication.title:
                message = f"“{entry.code}”已用于“{codes[entry.code]}”"
                reading.fault(publication.file, entry.code, "code", message)
            codes[entry.code] = publication.title


# Writing ---------------------------------------------------------------------------------------------------


def _publish(reading: Reading, area: str, name: str) -> Summary:
    summary = Summary(functions=len(reading.functions))
    anything = _write_registers(reading)
    prepared = [_prepare(publication, area) for publication in reading.publications]
    # all endings first: a matter may move from one list to another
    for one in prepared:
        summary.difference.merge(versions.end(one.leaving, on=one.on))
    for one, publication in zip(prepared, reading.publications, strict=True):
        summary.lists.append(publication.title)
        summary.difference.merge(versions.put(one.row, publication.entries, one.was, on=one.on))
        anything |= one.head_changed
    done = summary.difference
    if done.anything or anything:
        summary.revision = Revision.objects.create(
            area=area,
            reason=f"公布 {name}"[:200],
            added=done.added,
            changed=done.changed,
            ended=done.ended,
        )
        raise_edition(EDITION)
    return summary


@dataclass
class _Prepared:
    """A list about to change: its row, the versions in force, the day, and what leaves it."""

    row: MatterList
    head_changed: bool
    was: dict[str, Matter]
    on: dt.date
    leaving: list[Matter]


def _prepare(publication: Publication, area: str) -> _Prepared:
    row = MatterList.objects.filter(kind=publication.kind, area=area).first()
    stated = publication.valid_from or publication.published_on
    # a later publication never reaches back: what cases were opened under stays what was in force
    on = stated if row is None else max(stated, today())
    if row is None:
        row = MatterList(kind=publication.kind, area=area)
    head = (publication.title, publication.published_on, publication.source)
    changed = head != (row.title, row.published_on, row.source)
    if changed:
        row.title, row.published_on, row.source = head
        row.save()
    was = versions.open_versions(row)
    ahead = [code for code, matter in was.items() if matter.valid_from > on]
    if ahead:
        message = f"现行版本的生效日期晚于本次生效日期 {on}：{'、'.join(ahead)}"
        raise ListFaulty([Problem(publication.file, "", "valid_from", message)])
    named = {entry.code for entry in publication.entries}
    return _Prepared(row, changed, was, on, [matter for code, matter in was.items() if code not in named])


def _write_registers(reading: Reading) -> bool:
    """Write functions and words of urgency; tells whether anything changed. A function is never removed:
    units and old versions may name it."""
    changed = False
    rows = {row.code: row for row in Function.objects.all()}
    for code, function in reading.functions.items():
        row = rows.get(code)
        if row is None or (row.name, row.department) != (function.name, function.department):
            function.save()
            changed = True
    if reading.urgency is not None and reading.urgency != dict(
        UrgencyWord.objects.values_list("word", "urgency")
    ):
        UrgencyWord.objects.all().delete()
        UrgencyWord.objects.bulk_create(UrgencyWord(word=w, urgency=u) for w, u in reading.urgency.items())
        changed = True
    return changed
