"""The journal of a case in plain words: who (unit and post), what, why, and what came of it.

What a colleague did is told; when anybody was online, or how fast, is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from linli.domains.cases import stages
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseResult, Channel, RequestKind
from linli.domains.cases.presentation import move_title
from linli.domains.matters import queries as matters
from linli.faces.desk.entrance import label_of
from linli.faces.desk.listing import move_icon
from linli.kernel.areas.queries import path_of
from linli.kernel.clocks import telling
from linli.kernel.clocks.calendar import Measure, span_words
from linli.kernel.clocks.models import Outcome, Urgency
from linli.kernel.files import links
from linli.kernel.files.models import Attachment
from linli.kernel.journal.models import Entry as JournalEntry
from linli.kernel.journal.models import Remark
from linli.kernel.units.models import Post
from linli.kernel.units.queries import book
from linli.web.components import Entry, Photo, Tone, in_chinese, moment, with_content

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
        told = with_content(_("（内容已依法删除：%(why)s）"), why=remark.erased_why)
    else:
        told = in_chinese(words)
    lines = [told, *plain(telling.named(entry.facts, entry.at), numbers)]
    return Entry(
        title=_(move_title(entry.move)),
        at=entry.at,
        who=_who(entry, posts),
        text=mark_safe("\n".join(conditional_escape(line) for line in lines if line)),
        icon=ENTRY_ICONS.get(entry.move) or move_icon(entry.move),
        tone=_tone(entry.move),
        photos=photos_of(shown),
    )


def _who(entry: JournalEntry, posts: Mapping[int, str]) -> str:
    if entry.post is not None:
        return in_chinese(posts.get(entry.post, book().name(entry.unit)))
    if entry.unit is not None:
        return in_chinese(book().name(entry.unit))
    return _("上报人") if entry.move in REPORTERS else _("系统")


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

OTHER_CASES = {
    "into": "并入事件：%(numbers)s",
    "merged": "并入的事件：%(numbers)s",
    "unmerged": "分开的事件：%(numbers)s",
    "split_from": "分自事件：%(numbers)s",
    "cases": "分出事件：%(numbers)s",
}
"""Facts that name other cases."""

Teller = Callable[[Any], str]


def _units(ids: Iterable[int]) -> str:
    return "、".join(book().name(pk) for pk in ids)


def _of_units(said: str, ids: Iterable[int]) -> str:
    return with_content(said, units=_units(ids))


def _label(said: str, member: TextChoices) -> str:
    return said % {"title": _(str(member.label))}


TELLERS: dict[str, Teller] = {
    "lead": lambda pk: _of_units(_("主办：%(units)s"), [pk]),
    "assist": lambda ids: _of_units(_("协办：%(units)s"), ids) if ids else "",
    "final": lambda yes: _("由综治中心裁定，不再退回") if yes else "",
    "matter": lambda pk: with_content(_("事项：%(name)s"), name=matters.by_id(pk).name),
    "urgency": lambda code: _label(_("紧急程度：%(title)s"), Urgency(code)),
    "area_was": lambda code: with_content(_("原所属区域：%(path)s"), path=path_of(code)),
    "channel": lambda code: _label(_("来源：%(title)s"), Channel(code)),
    "suggest": lambda pk: _of_units(_("建议由%(units)s办理"), [pk]),
    "hand_backs": lambda n: _("第 %(n)s 次退回") % {"n": n},
    "result": lambda code: _label(_("结果：%(title)s"), CaseResult(code)),
    "go_to": lambda text: with_content(_("应向何处反映：%(text)s"), text=text),
    "to": lambda pk: _of_units(_("交由：%(units)s"), [pk]),
    "solved": lambda yes: _("上报人认为已解决") if yes else _("上报人认为没有解决"),
    "kind": lambda code: _label(_("%(title)s申请"), RequestKind(code)) if code in RequestKind.values else "",
}


def plain(facts: Mapping[str, Any], numbers: Mapping[int, str]) -> list[str]:
    """The facts of an entry in plain words; what only machines need is left out."""
    lines = [tell(facts[key]) for key, tell in TELLERS.items() if key in facts]
    if "amount" in facts:
        more = span_words(facts["amount"], Measure(facts["measure"]))
        lines.append(_("延长 %(span)s") % {"span": more})
    for key, said in OTHER_CASES.items():
        if key in facts:
            ids = facts[key] if isinstance(facts[key], list) else [facts[key]]
            shown = _("、").join(numbers.get(pk, "") for pk in ids)
            lines += [_(said) % {"numbers": shown}] if ids else []
    lines += [line for clock in facts.get("clocks", []) if (line := _clock(clock))]
    return [line for line in lines if line]


def _clock(told: Mapping[str, Any]) -> str:
    """What a clock did: it was started, paused, resumed, extended, moved, or it ended."""
    if told.get("outcome") == Outcome.CANCELLED:
        return ""
    values = {
        "name": _(stages.TITLES.get(told["clock"], told["clock"])).removesuffix("时限"),
        "outcome": _(str(Outcome(told["outcome"]).label)) if "outcome" in told else "",
        "due": _instant(told["due"]) if "due" in told else "",
        "limit": _span(told.get("extension") or told.get("limit", "")),
    }
    return _(_clock_text(told)) % values


def _clock_text(told: Mapping[str, Any]) -> str:
    if "outcome" in told:
        return "%(name)s时限：%(outcome)s"
    if "paused" in told:
        return "%(name)s时限暂停"
    if "resumed" in told:
        return "%(name)s时限恢复，至 %(due)s"
    if "extension" in told:
        return "%(name)s时限延长 %(limit)s，至 %(due)s"
    if "limit" not in told:
        return "%(name)s时限至 %(due)s"
    return "%(name)s时限 %(limit)s，至 %(due)s"


def _span(recorded: str) -> str:
    """A limit as the record tells it (5个工作日), in the language in hand."""
    amount, _of, label = recorded.partition("个")  # not shown
    measure = next((one for one in Measure if one.label == label), None)
    return span_words(float(amount), measure) if measure else recorded


def _instant(text: str) -> str:
    return moment(dt.datetime.fromisoformat(text))


# Photos ----------------------------------------------------------------------------------------------------


def photos_of(attachments: Iterable[Attachment]) -> list[Photo]:
    """Pictures among the attachments, as thumbnails that open large."""
    return [
        Photo(
            url=links.url(one.file, "display"),
            thumbnail_url=links.url(one.file, "thumb"),
            caption=f"{_(one.get_stage_display())} {moment(one.file.uploaded_at)}",
        )
        for one in attachments
        if one.file.is_public
    ]


def papers_of(attachments: Iterable[Attachment]) -> list[tuple[str, str]]:
    """Name and address of the attachments that are no pictures."""
    return [(one.file.name, links.url(one.file, "original")) for one in attachments if not one.file.is_public]
