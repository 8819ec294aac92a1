"""The parts of a page as typed values, and the small marks (icon, pill, urgency, due time) as safe text.

Templates use the tags of ``{% load ui %}``, which stand on these. The marks are built without a template,
because a worklist shows hundreds of them on one page.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Generic, Literal, TypeVar

from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from linli.lib.time import LOCAL, now
from linli.web.icons import ICONS, SPRITE
from linli.web.markup import markup

Text = str | Promise
T = TypeVar("T")


class Tone(enum.StrEnum):
    """What a mark means. Each tone has its own colour and its own shape."""

    NEUTRAL = "neutral"
    INFO = "info"
    PROGRESS = "progress"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


@dataclass(frozen=True)
class Crumb:
    """A step of the way here; without an address it is only said."""

    title: Text
    url: str = ""


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column of a table. ``value`` makes the cell of one record.

    ``role``: ``title`` heads the card on a phone, ``mark`` stands beside it, ``fact`` is a labelled line,
    ``wide`` is hidden on phones.
    """

    title: Text
    value: Callable[[T], object]
    role: Literal["title", "mark", "fact", "wide"] = "fact"
    is_number: bool = False
    is_short: bool = False
    """Instants, numbers of cases, codes: never broken over two lines."""
    is_content: bool = False
    """Names and what people wrote, as opposed to words of the product: told to be Chinese."""
    sort_url: str = ""
    sorted: Literal["", "ascending", "descending"] = ""


@dataclass(frozen=True)
class Row:
    """A record as the table shows it."""

    key: str
    url: str
    cells: Sequence[tuple[Column[object], object]]
    tone: Tone | Literal[""] = ""


@dataclass(frozen=True)
class Choice:
    """A chip of a filter, or a tab."""

    title: Text
    url: str
    is_current: bool = False
    count: int | None = None
    icon: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter that is set, with the address of the list without it."""

    title: Text
    value: Text
    remove_url: str


@dataclass(frozen=True)
class Photo:
    url: str
    thumbnail_url: str
    caption: Text
    """What the photo shows, when and by whom; also read to people who do not see it."""


@dataclass(frozen=True)
class Entry:
    """A line of the timeline: who did what, when."""

    title: Text
    at: dt.datetime
    who: Text = ""
    text: Text = ""
    icon: str = "journal"
    tone: Tone = Tone.NEUTRAL
    photos: Sequence[Photo] = field(default_factory=tuple)


@dataclass(frozen=True)
class Fact:
    """A line of a definition list. ``is_wide`` takes the whole width."""

    title: Text
    value: object
    is_wide: bool = False


@dataclass(frozen=True)
class Stat:
    """A figure that can be checked: what it counts, out of what, and the list behind it."""

    title: Text
    value: object
    unit: Text = ""
    denominator: Text = ""
    """e.g. “应办结 1,204 件”"""
    url: str = ""
    tone: Tone = Tone.NEUTRAL
    note: Text = ""
    """how it is computed and what is left out"""


def row(record: T, columns: Sequence[Column[T]], *, key: str, url: str, tone: Tone | Literal[""] = "") -> Row:
    """``record`` as a row of the table with ``columns``."""
    return Row(key, url, [(column, column.value(record)) for column in columns], tone)  # type: ignore[misc]  # a Row only reads its columns


CHINESE = "zh-Hans"


def in_chinese(text: object) -> SafeString:
    """Content, as opposed to words of the product: it is Chinese in every language of the screens (names of
    places and units, what people wrote), and screen readers are told so (WCAG 2.2, 3.1.2)."""
    said = "" if text is None else str(text)
    return markup('<span lang="{}">{}</span>', CHINESE, said) if said else mark_safe("")


def with_content(text: str, /, **values: object) -> SafeString:
    """A phrase of the product with content put in: each value is marked as Chinese."""
    return mark_safe(
        escape(text) % {n: v if isinstance(v, int) else in_chinese(v) for n, v in values.items()}
    )


def icon(name: str, label: Text = "") -> SafeString:
    """An icon of ``icons.ICONS``. Without ``label`` it is decoration, and screen readers pass over it."""
    if not label:
        return _decoration(name)
    return markup(
        '<svg class="ll-icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, _drawing(name)
    )


@cache
def _decoration(name: str) -> SafeString:
    return markup('<svg class="ll-icon" aria-hidden="true"><use href="{}"></use></svg>', _drawing(name))


def _drawing(name: str) -> str:
    if name not in ICONS:
        raise ValueError(f"there is no icon {name!r}; see linli.web.icons")
    return f"{static(SPRITE)}#{name}"


def pill(text: object, tone: str = Tone.NEUTRAL, icon_name: str = "") -> SafeString:
    """A status pill. Colour and shape both tell the tone."""
    known = Tone(tone)
    return markup('<span class="ll-pill ll-pill--{}">{}{}</span>', known, icon(icon_name or known), text)


URGENCIES: dict[str, tuple[Text, str]] = {
    "normal": (gettext_lazy("一般"), ""),
    "urgent": (gettext_lazy("紧急"), "urgent"),
    "very_urgent": (gettext_lazy("特急"), "flame"),
}


def urgency(level: str) -> SafeString:
    """The mark of ``normal``, ``urgent`` or ``very_urgent``."""
    title, name = URGENCIES[level]
    return markup(
        '<span class="ll-urgency ll-urgency--{}">{}{}</span>', level, icon(name) if name else "", title
    )


SOON = dt.timedelta(hours=4)


def due(at: dt.datetime | None, state: str = "running", soon: dt.timedelta = SOON) -> SafeString:
    """A due time as people say it; the exact time stands in the title.

    ``state``: ``running``, ``paused``, ``met`` (done in time), ``missed`` (done too late). ``soon`` is how
    long before the due time it turns to a warning; callers with the matter's own rule pass theirs.
    """
    if at is None:
        return markup('<span class="ll-due ll-due--none">{}</span>', _("无时限"))
    mark, name, text = _due_mark(at, state, soon)
    local = at.astimezone(LOCAL)
    return markup(
        '<time class="ll-due ll-due--{}" datetime="{}" title="{}">{}{}</time>',
        mark,
        local.isoformat(timespec="minutes"),
        _("时限：%(time)s") % {"time": moment(at)},
        icon(name),
        text,
    )


def _due_mark(at: dt.datetime, state: str, soon: dt.timedelta) -> tuple[str, str, str]:
    if state == "paused":
        return "paused", "paused", _("时限暂停")
    if state == "met":
        return "met", "done", _("按时")
    if state == "missed":
        return "missed", "overdue", _("逾期办理")
    if state != "running":
        raise ValueError(f"a due time is running, paused, met or missed, not {state!r}")
    left = at - now()
    if left < dt.timedelta():
        return "overdue", "overdue", _("超期 %(span)s") % {"span": span(-left)}
    if left <= soon:
        return "soon", "hourglass", _("剩 %(span)s") % {"span": span(left)}
    return "running", "clock", _("剩 %(span)s") % {"span": span(left)}


def span(length: dt.timedelta) -> str:
    """A length of time in its largest whole unit: 2 天, 3 小时, 15 分钟."""
    minutes = int(length.total_seconds() // 60)
    if minutes >= 24 * 60:
        days = minutes // (24 * 60)
        return ngettext("%(n)d 天", "%(n)d 天", days) % {"n": days}
    if minutes >= 60:
        hours = minutes // 60
        return ngettext("%(n)d 小时", "%(n)d 小时", hours) % {"n": hours}
    return ngettext("%(n)d 分钟", "%(n)d 分钟", max(minutes, 1)) % {"n": max(minutes, 1)}


def moment(at: dt.datetime) -> str:
    """An instant as the city's time, to the minute."""
    return f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M}"
