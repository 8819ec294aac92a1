"""One row of a list, read and checked: the same shape for files and for edits.

An entry is compared with the version in force to know whether anything changed, so that it holds every
field of a matter and nothing else.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices

from linli.domains.matters.errors import Problem
from linli.domains.matters.kinds import Evidence, ListKind, Performer, Stage, Verifier, WorkerAction
from linli.domains.matters.models import Matter
from linli.kernel.clocks.calendar import Measure
from linli.kernel.clocks.models import Urgency

CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
MEASURES = tuple(measure.value for measure in Measure)

LIMIT = re.compile(
    r"(?P<amount>\d+)\s+(?P<measure>[a-z_]+)(?P<cumulative>\s+cumulative)?"
    r"(\s+@(?P<key>\S+)|\s*（(?P<source>.+)）)?"
)
WEIGHT = re.compile(r"(?P<word>[^:]+)(:(?P<weight>\d+(\.\d+)?))?")

TIMED = frozenset({ListKind.GRID, ListKind.CITY})
"""Kinds whose matters become cases: they need a limit and a function that leads."""

COMMITTEE_KINDS = frozenset({ListKind.AUTONOMOUS, ListKind.ASSIST, ListKind.CERTIFICATE})


@dataclass(frozen=True)
class LimitEntry:
    stage: str
    urgency: str
    amount: int
    measure: str
    cumulative: bool
    source: str


@dataclass(frozen=True)
class MatterEntry:
    """What a list says about one matter. Field names are those of ``Matter``."""

    code: str
    name: str
    category: str
    legal_basis: str
    article: str
    source: str
    lead_function: str
    assist_functions: tuple[str, ...]
    performers: tuple[str, ...]
    committee_matters: tuple[str, ...]
    action: str
    action_detail: str
    evidence: str
    evidence_reason: str
    evidence_approver: str
    urgency: str
    verifier: str
    public: bool
    sensitive: bool
    duplicate_metres: int
    duplicate_hours: int
    keywords: tuple[tuple[str, float], ...]
    words_against: tuple[str, ...]
    icon: str
    active: bool
    note: str
    limits: tuple[LimitEntry, ...]


FIELDS = frozenset(field.name for field in dataclasses.fields(MatterEntry))


def normal(text: str) -> str:
    """``text`` as words are compared: full-width letters narrowed, lower case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


class Row:
    """A raw row, read field by field. Faults are gathered, so that one look at the file names them all."""

    def __init__(self, raw: Mapping[str, Any], *, file: str, row: str, sources: Mapping[str, str]) -> None:
        self.raw, self.file, self.row, self.sources = raw, file, row, sources
        self.problems: list[Problem] = []

    def fault(self, field: str, message: str) -> None:
        self.problems.append(Problem(self.file, self.row, field, message))

    def text(self, field: str, *, most: int, needed: bool = False) -> str:
        value = self.raw.get(field)
        text = "" if value is None else str(value).strip()
        if needed and not text:
            self.fault(field, "必须填写")
        if len(text) > most:
            self.fault(field, f"超过 {most} 字（现有 {len(text)} 字）")
        return text

    def source(self, field: str) -> str:
        """Free text, or ``@key`` for one of the sources named once at the head of the file."""
        text = self.text(field, most=500, needed=True)
        return self.named_source(field, text[1:]) if text.startswith("@") else text

    def named_source(self, field: str, key: str) -> str:
        if key not in self.sources:
            self.fault(field, f"文件开头的 sources 中没有“{key}”")
        return self.sources.get(key, "")

    def choice(self, field: str, choices: type[TextChoices]) -> str:
        value = self.text(field, most=40, needed=True)
        if value and value not in choices.values:
            self.fault(field, f"“{value}”不在可选值之内：{'、'.join(choices.values)}")
        return value

    def flag(self, field: str) -> bool:
        value = self.raw.get(field)
        if not isinstance(value, bool):
            self.fault(field, "须填 true 或 false")
        return value is True

    def whole(self, field: str, *, most: int) -> int:
        value = self.raw.get(field)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            self.fault(field, f"须是 0 至 {most} 的整数")
            return 0
        return value

    def words(self, field: str) -> tuple[str, ...]:
        """A YAML list, or words with blanks between them; repeated words are a slip."""
        value = self.raw.get(field)
        if value is None:
            return ()
        if not isinstance(value, str | list | tuple):
            self.fault(field, "须是词语列表，或以空格分隔的词语")
            return ()
        words = tuple(str(word) for word in (value.split() if isinstance(value, str) else value))
        repeated = sorted({word for word in words if words.count(word) > 1})
        if repeated:
            self.fault(field, f"重复：{'、'.join(repeated)}")
        return words

    def codes(self, field: str, known: Collection[str], what: str) -> tuple[str, ...]:
        codes = self.words(field)
        unknown = [code for code in codes if code not in known]
        if unknown:
            self.fault(field, f"{what}中没有：{'、'.join(unknown)}")
        return codes


def read_entry(
    raw: Mapping[str, Any],
    *,
    kind: str,
    functions: Collection[str],
    file: str = "",
    row: str = "",
    sources: Mapping[str, str] | None = None,
) -> tuple[MatterEntry, list[Problem]]:
    """Read one raw row of a list of ``kind``. The entry counts only where no problem is returned."""
    reader = Row(raw, file=file, row=row, sources=sources or {})
    for field in sorted(set(raw) - FIELDS):
        reader.fault(str(field), "不认识的栏目")
    lead = reader.text("lead_function", most=30, needed=kind in TIMED)
    if lead and lead not in functions:
        reader.fault("lead_function", f"职能表中没有：{lead}")
    entry = MatterEntry(
        code=reader.text("code", most=30, needed=True),
        name=reader.text("name", most=80, needed=True),
        category=reader.text("category", most=120, needed=True),
        legal_basis=reader.text("legal_basis", most=200),
        article=reader.text("article", most=80),
        source=reader.source("source"),
        lead_function=lead,
        assist_functions=reader.codes("assist_functions", functions, "职能表"),
        performers=reader.codes("performers", Performer.values, "可交办对象"),
        committee_matters=reader.words("committee_matters"),
        action=reader.choice("action", WorkerAction),
        action_detail=reader.text("action_detail", most=300, needed=True),
        evidence=reader.choice("evidence", Evidence),
        evidence_reason=reader.text("evidence_reason", most=200, needed=True),
        evidence_approver=reader.text("evidence_approver", most=60),
        urgency=reader.choice("urgency", Urgency),
        verifier=reader.choice("verifier", Verifier),
        public=reader.flag("public"),
        sensitive=reader.flag("sensitive"),
        duplicate_metres=reader.whole("duplicate_metres", most=5000),
        duplicate_hours=reader.whole("duplicate_hours", most=24 * 366),
        keywords=_keywords(reader),
        words_against=tuple(normal(word) for word in reader.words("words_against")),
        icon=reader.text("icon", most=40, needed=True),
        active=reader.flag("active"),
        note=reader.text("note", most=2000),
        limits=_limits(reader),
    )
    _check_rules(entry, kind, reader)
    return entry, reader.problems


def _keywords(reader: Row) -> tuple[tuple[str, float], ...]:
    """``消防通道:3 堵塞`` (the weight after a colon, else 1), or a mapping of words to weights."""
    value = reader.raw.get("keywords")
    pairs: dict[str, float] = {}
    if isinstance(value, Mapping):
        given = [f"{word}:{weight}" for word, weight in value.items()]
    else:
        given = list(reader.words("keywords"))
    for word in given:
        match = WEIGHT.fullmatch(word)
        if match is None:
            reader.fault("keywords", f"“{word}”写法有误，应为 词语 或 词语:权重")
            continue
        key, weight = normal(match["word"]), float(match["weight"] or 1)
        if not 1 <= len(key) <= 20:
            reader.fault("keywords", f"“{key}”须为 1 至 20 个字")
        if key in pairs:
            reader.fault("keywords", f"重复：{key}")
        if not 0 < weight <= 10:
            reader.fault("keywords", f"“{key}”的权重须大于 0、不超过 10")
        pairs[key] = weight
    return tuple(sorted(pairs.items()))


def _limits(reader: Row) -> tuple[LimitEntry, ...]:
    """``{stage: {urgency: "4 work_hours [cumulative] @key"}}``; a bare text is the normal limit.

    The source is a key of the file's ``sources``, or stands in full-width parentheses.
    """
    value = reader.raw.get("limits") or {}
    if not isinstance(value, Mapping):
        reader.fault("limits", "须按“环节: 时限”填写")
        return ()
    limits = []
    for stage, by_urgency in value.items():
        if stage not in Stage.values:
            reader.fault("limits", f"“{stage}”不是环节：{'、'.join(Stage.values)}")
            continue
        given = by_urgency if isinstance(by_urgency, Mapping) else {Urgency.NORMAL.value: by_urgency}
        for urgency, text in given.items():
            limit = _limit(reader, str(stage), str(urgency), str(text))
            if limit is not None:
                limits.append(limit)
    return tuple(sorted(limits, key=lambda limit: (limit.stage, limit.urgency)))


def _limit(reader: Row, stage: str, urgency: str, text: str) -> LimitEntry | None:
    match = LIMIT.fullmatch(text.strip())
    field = f"limits.{stage}"
    if urgency not in Urgency.values:
        reader.fault(field, f"“{urgency}”不是紧急程度：{'、'.join(Urgency.values)}")
        return None
    if match is None or match["measure"] not in MEASURES or int(match["amount"]) == 0:
        reader.fault(field, f"“{text}”写法有误，应如 4 work_hours @来源；计时方式：{'、'.join(MEASURES)}")
        return None
    if match["key"] is None and match["source"] is None:
        reader.fault(field, f"“{text}”没有写明来源：@来源代号，或写在（）中")
        return None
    source = match["source"] or reader.named_source(field, match["key"])
    return LimitEntry(
        stage, urgency, int(match["amount"]), match["measure"], bool(match["cumulative"]), source
    )


def _check_rules(entry: MatterEntry, kind: str, reader: Row) -> None:
    """The rules that tie fields together."""
    if entry.code and not CODE.fullmatch(entry.code):
        reader.fault("code", f"“{entry.code}”须由大写字母、数字和短横组成，以字母开头")
    if any(not part.strip() for part in entry.category.split("/")) and entry.category:
        reader.fault("category", "类别各级之间以 / 分隔，不得为空")
    if entry.article and not entry.legal_basis:
        reader.fault("legal_basis", "写了条款就须写明法律名称")
    if entry.evidence == Evidence.REQUIRED and not entry.evidence_approver:
        reader.fault("evidence_approver", "佐证为必需时须写明批准人（国办函〔2026〕12号）")
    if entry.lead_function and entry.lead_function in entry.assist_functions:
        reader.fault("assist_functions", "主办职能不能同时是协办职能")
    if entry.public and kind not in TIMED:
        reader.fault("public", "只有网格事项和部门办理事项可以在居民端可选")
    if kind in TIMED and not any(
        limit.stage in (Stage.OVERALL, Stage.HANDLE) and limit.urgency == Urgency.NORMAL
        for limit in entry.limits
    ):
        reader.fault("limits", "须有处置（handle）或者全程（overall）的一般（normal）时限")
    _check_performers(entry, kind, reader)


def _check_performers(entry: MatterEntry, kind: str, reader: Row) -> None:
    """Articles 21 and 24: which list may put what to whom."""
    performers = set(entry.performers)
    if Performer.GRID_WORKER in performers and kind != ListKind.GRID:
        reader.fault("performers", "只有网格化服务管理事项可以交网格员（《条例》第二十一条）")
    if Performer.COMMITTEE in performers and kind == ListKind.GRID and not entry.committee_matters:
        reader.fault(
            "committee_matters", "交居（村）委会须写明其自治或协助清单中的事项（《条例》第二十四条）"
        )
    if Performer.COMMITTEE in performers and kind not in COMMITTEE_KINDS | {ListKind.GRID}:
        reader.fault("performers", "这一清单的事项不得交居（村）委会（《条例》第二十四条）")
    if kind == ListKind.NEGATIVE and (performers or entry.action != WorkerAction.NONE):
        reader.fault("performers", "负面清单事项不得有可交办对象")
    if kind != ListKind.NEGATIVE and not performers:
        reader.fault("performers", "必须填写")


def entry_of(matter: Matter) -> MatterEntry:
    """The entry that a stored version says (its limits must be loaded or loadable)."""
    values: dict[str, Any] = {name: getattr(matter, name) for name in FIELDS - {"keywords", "limits"}}
    for name in ("assist_functions", "performers", "committee_matters", "words_against"):
        values[name] = tuple(values[name])
    limits = [
        LimitEntry(limit.stage, limit.urgency, limit.amount, limit.measure, limit.cumulative, limit.source)
        for limit in matter.limits.all()
    ]
    return MatterEntry(
        **values,
        keywords=tuple(sorted((word, float(weight)) for word, weight in matter.keywords.items())),
        limits=tuple(sorted(limits, key=lambda limit: (limit.stage, limit.urgency))),
    )


def check_names(entries: Sequence[MatterEntry], *, file: str) -> list[Problem]:
    """A code or a name stands once in a list."""
    problems = []
    for field in ("code", "name"):
        seen: set[str] = set()
        for entry in entries:
            value = str(getattr(entry, field))
            if value in seen:
                problems.append(Problem(file, entry.code, field, f"“{value}”在清单中重复"))
            seen.add(value)
    return problems
