"""The rows of a worklist, and the usual next move of each, with a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal
from urllib.parse import urlencode

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.domains.cases import permissions as may
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseResult, CaseState
from linli.domains.cases.parts import load_duties
from linli.domains.cases.queries import WORKLISTS, Worklist
from linli.domains.matters import queries as matters
from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import Scope
from linli.kernel.areas.queries import paths_of
from linli.kernel.flow.declaration import Move
from linli.kernel.flow.perform import offers_many
from linli.kernel.units.queries import book
from linli.lib.time import now
from linli.web import components
from linli.web.addresses import address
from linli.web.components import Column, Row, Tone
from linli.web.icons import ICONS
from linli.web.markup import markup

STATE_TONES = {
    CaseState.REPORTED: Tone.WARNING,
    CaseState.ACCEPTED: Tone.INFO,
    CaseState.HANDLING: Tone.PROGRESS,
    CaseState.SUSPENDED: Tone.NEUTRAL,
    CaseState.HANDLED: Tone.WARNING,
    CaseState.VERIFIED: Tone.INFO,
    CaseState.CLOSED: Tone.SUCCESS,
}
MOVE_ICONS = {
    "accept": "accept",
    "return": "hand_back",
    "classify": "tag",
    "assist": "people",
    "pass_down": "down",
    "handle": "done",
    "finish": "done",
    "ask_suspension": "suspend",
    "ask_extension": "extend",
    "approve": "accept",
    "refuse": "close",
    "send_back": "hand_back",
    "close": "success",
    "unmerge": "split",
    "supplement": "comment",
    "note": "report",
    "reply": "comment",
}
WORKING = (may.DISPATCH, may.CLOSE, may.HANDLE, may.VERIFY, may.REPLY)
"""Whoever holds one of these may have something to do."""

ALSO_USUAL = ("finish", "reply", "close")
"""Moves that are the usual next step of somebody, though not the main road of the case."""


def worklists_for(actor: Actor) -> list[Worklist]:
    """The worklists that make sense for the actor's role, in their order."""
    over_area = Scope.AREA in actor.scopes(may.VIEW)
    sensible = {
        "todo": actor.unit is not None and any(actor.can(ability) for ability in WORKING),
        "unit": actor.unit is not None,
        "area": over_area,
        "verify": actor.can(may.VERIFY),
        "requests": actor.can(may.APPROVE),
    }
    return [one for code, one in WORKLISTS.items() if sensible.get(code, True)]


def state_pill(case: Case) -> SafeString:
    """Where the case is; of a closed one also how it ended."""
    words = _state_words(case.state, case.result or "", get_language())
    return components.pill(words, STATE_TONES[CaseState(case.state)])


@cache
def _state_words(state: str, result: str, language: str) -> str:
    """State and result in a language: few, and asked for with every row."""
    title = _(str(CaseState(state).label))
    return f"{title} · {_(str(CaseResult(result).label))}" if result else title


def due_mark(case: Case) -> SafeString:
    """The due time of the stage in hand; of a closed case whether the whole was in time."""
    if case.state == CaseState.SUSPENDED:
        return components.due(now(), "paused")
    if case.closed_at is not None:
        if case.due_at is None:
            return components.due(None)
        return components.due(case.due_at, "met" if case.closed_at <= case.due_at else "missed")
    return components.due(case.stage_due_at)


def move_icon(name: str) -> str:
    """The icon of a move; most are called like their move."""
    known = MOVE_ICONS.get(name, name)
    return known if known in ICONS else "next"


def usual_moves(actor: Actor, cases: Sequence[Case]) -> dict[int, Move]:
    """The usual next move of each case for the actor, where there is one. Two queries for any number."""
    usual = [m for m in flow.moves.values() if m.tone == "primary" or m.name in ALSO_USUAL]
    usual = [m for m in usual if actor.can(m.ability) and any(case.state in m.start for case in cases)]
    if not usual:
        return {}
    load_duties(cases)
    offered = offers_many(actor, flow, cases, among={move.name for move in usual})
    found = {}
    for pk, some in offered.items():
        free = [offer.move for offer in some if offer.refused is None]
        if free:
            found[pk] = min(free, key=lambda move: (move.tone != "primary", move.order))
    return found


@dataclass(frozen=True)
class Line:
    """A case as a row of the list shows it."""

    case: Case
    path: str
    usual: Move | None
    back: str
    """Address of the list, to come back to after a move without scripts."""


def lines_of(actor: Actor, cases: Sequence[Case], back: str) -> list[Line]:
    paths = paths_of({case.area for case in cases}, below=actor.area[:9])
    usual = usual_moves(actor, cases)
    return [Line(case, paths[case.area], usual.get(case.pk), back) for case in cases]


def table(actor: Actor, cases: Sequence[Case], back: str) -> tuple[list[Row], list[Column[Line]]]:
    """The rows and columns of the worklist."""
    columns = [
        Column(_("事件"), _title, role="title"),
        Column(_("状态"), lambda line: state_pill(line.case), role="mark"),
        Column(_("事项"), _matter),
        Column(_("地点"), lambda line: line.path, is_content=True),
        Column(_("办理单位"), lambda line: book().name(line.case.holder_id), is_content=True),
        Column(_("时限"), _due),
        Column(_("下一步"), _quick),
    ]
    rows = [
        components.row(
            line, columns, key=key_of(line.case), url=case_url(line.case), tone=_row_tone(line.case)
        )
        for line in lines_of(actor, cases, back)
    ]
    return rows, columns


def key_of(case: Case) -> str:
    """Number and version: what a bulk move needs to know of a row."""
    return f"{case.number}-{case.version}"


def case_url(case: Case) -> str:
    return address("desk:case", _SOME).replace(_SOME, case.number)


def _row_tone(case: Case) -> Tone | Literal[""]:
    late = case.stage_due_at is not None and case.stage_due_at <= now()
    return Tone.DANGER if late and case.is_open else ""


def _title(line: Line) -> SafeString:
    case = line.case
    marks = [
        components.urgency(case.urgency) if case.urgency != "normal" else mark_safe(""),
        components.pill(_("督办"), Tone.DANGER, "supervise") if case.supervised else mark_safe(""),
        components.pill(_("不公开"), Tone.NEUTRAL, "lock") if case.sensitive else mark_safe(""),
    ]
    several = _("%(n)d 人上报") % {"n": case.reports_count} if case.reports_count > 1 else ""
    backs = _("退回 %(n)d 次") % {"n": case.hand_backs} if case.hand_backs else ""
    again = _("重新办理 %(n)d 次") % {"n": case.reopened} if case.reopened else ""
    said = " · ".join(one for one in (case.number, several, backs, again) if one)
    return markup(
        '<span class="desk-title" lang="zh-Hans">{}</span><small class="desk-sub">{}{}{}{}</small>',
        case.title,
        *marks,
        said,
    )


def _matter(line: Line) -> SafeString:
    case = line.case
    if case.matter_id is None:
        return components.pill(_("未认定"), Tone.WARNING)
    name = matters.by_id(case.matter_id).name
    if case.matter_confirmed:
        return components.in_chinese(name)
    return markup(
        '{} <abbr class="desk-guess" lang="{}" title="{}"><span lang="{}">{}</span></abbr>',
        components.in_chinese(name),
        components.CHINESE if case.matter_why else get_language(),
        case.matter_why or _("待人工认定"),
        get_language(),
        _("推荐"),
    )


def _due(line: Line) -> SafeString:
    return due_mark(line.case)


def _quick(line: Line) -> SafeString:
    move = line.usual
    if move is None:
        return mark_safe("")
    form = move_url(line.case, move.name, line.back)
    return markup(
        '<a class="ll-button ll-button--secondary ll-button--small" href="{}" hx-get="{}"'
        ' hx-target="#side-body" data-quick>{}<span>{}</span><span class="ll-hidden">{}</span></a>',
        form,
        form,
        components.icon(move_icon(move.name)),
        _(move.title),
        line.case.number,
    )


def move_url(case: Case, move: str, back: str = "") -> str:
    """Where the form of a move is; ``back`` says where to go after it without scripts."""
    form = address("desk:move", _SOME, move).replace(_SOME, case.number)
    return f"{form}?{urlencode({'back': back})}" if back else form


_SOME = "0000000000"
"""Stands for a case's number, which is of digits and needs no quoting: one address for all of them."""
