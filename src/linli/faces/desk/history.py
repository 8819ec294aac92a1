"""The journal of a case in plain words: who (unit and post), what, why, and what came of it.

What a colleague did is told; when anybody was online, or how fast, is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from linli.domains.cases import stages
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseResult, Channel, RequestKind
from linli.domains.cases.presentation import move_title
from linli.domains.matters import queries as matters
from linli.faces.desk.entrance import label_of
from linli.faces.desk.listing import move_icon
from linli.kernel.areas.queries import path_of
from linli.kernel.clocks.calendar import Measure
from linli.kernel.clocks.models import Outcome, Urgency
from linli.kernel.files import links
from linli.kernel.files.models import Attachment
from linli.kernel.journal.models import Entry as JournalEntry
from linli.kernel.journal.models import Remark
from linli.kernel.units.models import Post
from linli.kernel.units.queries import book
from linli.web.components import Entry, Photo, Tone, moment

ENTRY_ICONS = {"report": "report", "solve_on_the_spot": "success", "take_in": "merge", "give_back": "split"}
GOOD = {"verify", "close", "solve_on_the_spot", "approve", "finish"}
REPORTERS = {"answer", "withdraw", "join", "report", "supplement"}
"""Moves that are the reporter's where no post has made them."""
BAD = {"hand_back", "send_back", "return", "refuse", "supervise", "reopen"}


def timeline(
    chain: Iterable[tuple[JournalEntry, Remark | None]], attachments: Iterable[Attachment]
) -> list[Entry]:
    """The entries of a chain, newest first. Two queries, whatever its length."""
    told = list(chain)
    posts = _posts(entry.post for entry, _remark in told)
    numbers = _numbers(entry.facts for entry, _remark in told)
    files = {one.file_id: one for one in attachments}
    return [_told(entry, remark, posts, numbers, files) for entry, remark in reversed(told)]


def _told(
    entry: JournalEntry,
    remark: Remark | None,
    posts: Mapping[int, str],
    numbers: Mapping[int, str],
    files: Mapping[int, Attachment],
) -> Entry:
    shown = [files[pk] for pk in entry.facts.get("files", []) if pk in files]
    words = remark.text if remark is not None else ""
    if remark is not None and remark.erased_at is not None:
        words = f"（内容已依法删除：{remark.erased_why}）"
    lines = [words, *plain(entry.facts, numbers)]
    return Entry(
        title=move_title(entry.move),
        at=entry.at,
        who=_who(entry, posts),
        text="\n".join(line for line in lines if line),
        icon=ENTRY_ICONS.get(entry.move) or move_icon(entry.move),
        tone=_tone(entry.move),
        photos=photos_of(shown),
    )


def _who(entry: JournalEntry, posts: Mapping[int, str]) -> str:
    if entry.post is not None:
        return posts.get(entry.post, book().name(entry.unit))
    if entry.unit is not None:
        return book().name(entry.unit)
    return "上报人" if entry.move in REPORTERS else "系统"


def _tone(move: str) -> Tone:
    if move in GOOD:
        return Tone.SUCCESS
    if move in BAD:
        return Tone.WARNING
    declared = flow.moves.get(move)
    return Tone.PROGRESS if declared is not None and declared.to else Tone.NEUTRAL


def _posts(ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {pk for pk in ids if pk is not None}
    found = Post.objects.filter(pk__in=wanted).select_related("unit") if wanted else []
    return {post.pk: label_of(post) for post in found}


def _numbers(facts: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The numbers of the other cases that the entries name by id."""
    wanted: set[int] = set()
    for one in facts:
        wanted.update(one[key] for key in ("merged", "unmerged", "into") if key in one)
        wanted.update(one.get("cases", []))
        if "split_from" in one:
            wanted.add(one["split_from"])
    found = Case.objects.filter(pk__in=wanted).values_list("pk", "number") if wanted else []
    return dict(found)


# Facts in plain words --------------------------------------------------------------------------------------

Teller = Callable[[Any], str]


def _units(ids: Iterable[int]) -> str:
    return "、".join(book().name(pk) for pk in ids)


def _matter(pk: int) -> str:
    return f"事项：{matters.by_id(pk).name}"


TELLERS: dict[str, Teller] = {
    "lead": lambda pk: f"主办：{_units([pk])}",
    "assist": lambda ids: f"协办：{_units(ids)}" if ids else "",
    "final": lambda yes: "由综治中心裁定，不再退回" if yes else "",
    "matter": _matter,
    "urgency": lambda code: f"紧急程度：{Urgency(code).label}",
    "area_was": lambda code: f"原所属区域：{path_of(code)}",
    "channel": lambda code: f"来源：{Channel(code).label}",
    "suggest": lambda pk: f"建议由{_units([pk])}办理",
    "hand_backs": lambda n: f"第 {n} 次退回",
    "result": lambda code: f"结果：{CaseResult(code).label}",
    "go_to": lambda text: f"应向何处反映：{text}",
    "to": lambda pk: f"交由：{_units([pk])}",
    "solved": lambda yes: "上报人认为已解决" if yes else "上报人认为没有解决",
    "kind": lambda code: f"{RequestKind(code).label}申请" if code in RequestKind.values else "",
}


def plain(facts: Mapping[str, Any], numbers: Mapping[int, str]) -> list[str]:
    """The facts of an entry as lines of Chinese; what only machines need is left out."""
    lines = [tell(facts[key]) for key, tell in TELLERS.items() if key in facts]
    if "amount" in facts:
        lines.append(f"延长 {facts['amount']} 个{Measure(facts['measure']).label}")
    for key, said in (("into", "并入事件"), ("merged", "并入的事件"), ("unmerged", "分开的事件")):
        if key in facts:
            lines.append(f"{said}：{numbers.get(facts[key], '')}")
    if "split_from" in facts:
        lines.append(f"分自事件：{numbers.get(facts['split_from'], '')}")
    if facts.get("cases"):
        lines.append("分出事件：" + "、".join(numbers.get(pk, "") for pk in facts["cases"]))
    lines += [line for clock in facts.get("clocks", []) if (line := _clock(clock))]
    return [line for line in lines if line]


def _clock(told: Mapping[str, Any]) -> str:
    """What a clock did: it was started, paused, resumed, extended, or it ended."""
    name = stages.TITLES.get(told["clock"], told["clock"]).removesuffix("时限")
    if "outcome" in told:
        outcome = Outcome(told["outcome"])
        return "" if outcome == Outcome.CANCELLED else f"{name}时限：{outcome.label}"
    if "paused" in told:
        return f"{name}时限暂停"
    if "resumed" in told:
        return f"{name}时限恢复，至 {_instant(told['due'])}"
    if "extension" in told:
        return f"{name}时限延长 {told['extension']}，至 {_instant(told['due'])}"
    return f"{name}时限 {told['limit']}，至 {_instant(told['due'])}"


def _instant(text: str) -> str:
    return moment(dt.datetime.fromisoformat(text))


# Photos ----------------------------------------------------------------------------------------------------


def photos_of(attachments: Iterable[Attachment]) -> list[Photo]:
    """Pictures among the attachments, as thumbnails that open large."""
    return [
        Photo(
            url=links.url(one.file, "display"),
            thumbnail_url=links.url(one.file, "thumb"),
            caption=f"{one.get_stage_display()} {moment(one.file.uploaded_at)}",
        )
        for one in attachments
        if one.file.is_public
    ]


def papers_of(attachments: Iterable[Attachment]) -> list[tuple[str, str]]:
    """Name and address of the attachments that are no pictures."""
    return [(one.file.name, links.url(one.file, "original")) for one in attachments if not one.file.is_public]
