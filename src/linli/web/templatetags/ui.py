"""The components as template tags. ``/ui`` shows each of them in every state.

Marks: ``icon`` ``pill`` ``urgency`` ``due`` ``moment``. Frames (block tags, closed by ``end…``):
``page_header`` ``panel`` ``filter_bar`` ``confirm`` ``button_group``. The others take values of
``linli.web.components``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from django import template
from django.contrib.messages import get_messages
from django.forms import BaseForm, BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from linli.web import components, navigation
from linli.web.components import Chip, Choice, Column, Crumb, Entry, Fact, Photo, Row, Stat, Text
from linli.web.markup import escaped, markup

register = template.Library()

register.simple_tag(components.icon, name="icon")
register.simple_tag(components.pill, name="pill")
register.simple_tag(components.urgency, name="urgency")
register.simple_tag(components.due, name="due")

KINDS = frozenset({"primary", "secondary", "quiet", "danger", "accent"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?")
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]*")


@register.simple_tag
def moment(at: dt.datetime | None) -> SafeString:
    """An instant as the city's time, machine-readable besides."""
    if at is None:
        return mark_safe("—")
    return format_html(
        '<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), components.moment(at)
    )


@register.simple_tag
def client_id() -> SafeString:
    """The id that makes sending this form twice harmless."""
    return format_html('<input type="hidden" name="client_id" value="{}" />', uuid4())


@register.simple_tag
def button(
    text: Text,
    kind: str = "secondary",
    icon: str = "",
    href: str = "",
    *,
    small: bool = False,
    **attributes: Any,
) -> SafeString:
    """A button, or a link that looks like one when ``href`` is given.

    ``kind``: primary, secondary, quiet, danger, accent. Further attributes are written as they are named
    (``hx_post`` → ``hx-post``); true stands alone, false and None are left out.
    """
    if kind not in KINDS:
        raise ValueError(f"a button is one of {sorted(KINDS)}, not {kind!r}")
    classes = f"ll-button ll-button--{kind}{' ll-button--small' if small else ''}"
    mark = components.icon(icon) if icon else ""
    written = _attributes(attributes)
    if href:
        return format_html(
            '<a class="{}" href="{}"{}>{}<span>{}</span></a>', classes, href, written, mark, text
        )
    if "type" not in attributes:
        written = format_html(' type="button"{}', written)
    return format_html('<button class="{}"{}>{}<span>{}</span></button>', classes, written, mark, text)


@register.simple_block_tag
def button_group(content: str, label: Text) -> SafeString:
    """Buttons that belong together; ``label`` says what they are for."""
    return format_html('<div class="ll-buttons" role="group" aria-label="{}">{}</div>', label, content)


@register.simple_block_tag
def page_header(content: str, title: Text, trail: Sequence[Crumb] = (), lead: Text = "") -> SafeString:
    """The head of a page: the way here, its title, and the actions (the content)."""
    return _render("page_header", title=title, trail=trail, lead=lead, actions=content)


@register.simple_block_tag
def panel(content: str, title: Text = "", icon: str = "", href: str = "", anchor: str = "") -> SafeString:
    """A bordered part of a page. ``href``: "查看全部"; ``anchor`` is its id."""
    return _render("panel", title=title, icon=icon, href=href, anchor=anchor, content=content)


@register.simple_block_tag
def filter_bar(
    content: str,
    chips: Sequence[Chip] = (),
    clear_url: str = "",
    saved: Sequence[Choice] = (),
    action: str = "",
) -> SafeString:
    """The filters of a list: the controls (the content), the ones in force, the saved ones."""
    return _render(
        "filter_bar", controls=content, chips=chips, clear_url=clear_url, saved=saved, action=action
    )


@register.simple_block_tag
def confirm(
    content: str, id: str, title: Text, action: Text, danger: bool = False, form: str = ""
) -> SafeString:
    """A dialog that asks before a deed. Opened by ``data-open="<id>"``; ``form`` is the form it sends."""
    return _render("confirm", id=id, title=title, action=action, danger=danger, form=form, content=content)


@register.simple_tag
def field(bound: BoundField, wide: bool = False) -> SafeString:
    """A form field with its label, help and error, joined by ``aria-describedby``."""
    is_group = isinstance(bound.field.widget, RadioSelect | CheckboxSelectMultiple)
    is_check = isinstance(bound.field.widget, CheckboxInput)
    described = [f"{bound.auto_id}_help"] if bound.help_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    extra: dict[str, Any] = {"class": f"{bound.field.widget.attrs.get('class', '')} ll-input".strip()}
    if described:
        extra["aria-describedby"] = " ".join(described)
    if bound.errors:
        extra["aria-invalid"] = "true"
    control = bound.as_widget(attrs=extra)
    name = "field_group" if is_group else "field"
    return _render(name, field=bound, control=control, is_check=is_check, wide=wide)


@register.simple_tag
def form_errors(form: BaseForm) -> SafeString:
    """What is wrong with a form as a whole, and links to the fields that are wrong."""
    if not form.is_bound or form.is_valid():
        return mark_safe("")
    return _render("form_errors", form=form, wrong=[bound for bound in form if bound.errors])


@register.simple_tag
def table(
    rows: Sequence[Row],
    columns: Sequence[Column[Any]],
    caption: Text,
    next_url: str = "",
    bulk_form: str = "",
    empty_text: Text = "",
) -> SafeString:
    """A list of records: sticky header on a wide screen, cards on a phone.

    ``caption`` is read, not shown. ``bulk_form`` is the id of the form that the checkboxes belong to.
    """
    return _render(
        "table",
        body=_body(rows, bulk_form),
        columns=columns,
        caption=caption,
        next_url=next_url,
        bulk_form=bulk_form,
        empty_text=empty_text,
    )


@register.simple_tag
def options(choices: Iterable[tuple[object, Text]], chosen: object = "") -> SafeString:
    """The options of a select, as (value, label). Written here: a page of filters has hundreds."""
    known = "" if chosen is None else str(chosen)
    return mark_safe(
        "".join(
            f'<option value="{escaped(value)}"{" selected" if str(value) == known else ""}>'
            f"{escaped(label)}</option>"
            for value, label in choices
        )
    )


@register.simple_tag
def pager(next_url: str = "", first_url: str = "", count: Text = "") -> SafeString:
    """The way on in a list. ``count`` is said beside it, e.g. “共 1,204 件” or “10,000 件以上”."""
    return _render("pager", next_url=next_url, first_url=first_url, count=count)


@register.simple_tag
def timeline(entries: Iterable[Entry]) -> SafeString:
    """What happened, in the given order."""
    return _render("timeline", entries=entries)


@register.simple_tag
def facts(facts: Sequence[Fact]) -> SafeString:
    """A definition list. Empty values are shown as a dash, so that nothing seems forgotten."""
    return _render("facts", facts=facts)


@register.simple_tag
def photos(photos: Sequence[Photo], label: Text) -> SafeString:
    """Thumbnails; each opens large in a dialog with arrow keys."""
    return _render("photos", photos=photos, label=label)


@register.simple_tag
def empty(
    text: Text, icon: str = "empty", action: Text = "", href: str = "", ways: Sequence[Choice] = ()
) -> SafeString:
    """Nothing here, and what one can do about it: one thing, or several ``ways`` on."""
    return _render("empty", text=text, icon=icon, action=action, href=href, ways=ways)


@register.simple_tag
def progress(value: int, maximum: int, label: Text) -> SafeString:
    """How far something is, in numbers as well."""
    return _render("progress", value=value, maximum=maximum, label=label)


@register.simple_tag
def stat(stat: Stat) -> SafeString:
    """A figure with its denominator and the way to the list behind it."""
    return _render("stat", stat=stat)


@register.simple_tag
def tabs(choices: Sequence[Choice], label: Text) -> SafeString:
    """Views of the same thing; each has its own address."""
    return _render("tabs", choices=choices, label=label)


@register.simple_tag
def message(text: Text, tone: str = "info", title: Text = "") -> SafeString:
    """A message in the page: why something was refused, what to know before going on."""
    return _render("message", text=text, tone=components.Tone(tone), title=title)


@register.simple_tag(takes_context=True)
def toasts(context: template.Context) -> SafeString:
    """Django's messages of this request as toasts."""
    request = context.get("request")
    return _render("toasts", messages=list(get_messages(request)) if request else [])


@register.simple_tag
def area_trail(areas: Sequence[Crumb]) -> SafeString:
    """Where a place is in the tree of areas, from the city down."""
    return _render("area_trail", areas=areas)


@register.simple_tag
def print_header(
    title: Text, number: Text = "", unit: Text = "", printed_at: dt.datetime | None = None
) -> SafeString:
    """The head of a printed sheet; not shown on screens."""
    return _render("print_header", title=title, number=number, unit=unit, printed_at=printed_at)


@register.simple_tag
def map_view(
    label: Text, areas_url: str = "", points_url: str = "", height: str = "medium", refresh_seconds: int = 0
) -> SafeString:
    """A map of areas and points, both GeoJSON addresses. See ``static/linli/map.js`` for their properties."""
    return _render(
        "map_view",
        label=label,
        areas_url=areas_url,
        points_url=points_url,
        height=height,
        refresh_seconds=refresh_seconds,
    )


@register.simple_tag
def pin_picker(
    longitude: BoundField, latitude: BoundField, areas_url: str, search_url: str = "", locate_url: str = ""
) -> SafeString:
    """Choose a place: on the map, by one's own position, by an area's name, or by typing the coordinates.

    ``search_url`` answers ``?q=`` with ``[{"name", "longitude", "latitude"}]``; ``locate_url`` answers
    ``?longitude=&latitude=`` with ``{"name"}`` of the grid, or a problem when the point is outside.
    """
    return _render(
        "pin_picker",
        longitude=longitude,
        latitude=latitude,
        areas_url=areas_url,
        search_url=search_url,
        locate_url=locate_url,
    )


@register.simple_tag
def chart(
    id: str,
    title: Text,
    columns: Sequence[Text],
    rows: Sequence[Sequence[Any]],
    kind: str = "bar",
    unit: Text = "",
) -> SafeString:
    """A chart with the same figures as a table for those who do not see it.

    The first column names, the others are series. ``kind``: bar, line, stacked, pie.
    """
    data: Mapping[str, Any] = {
        "kind": kind,
        "unit": str(unit),
        "columns": [str(column) for column in columns],
        "rows": [[str(first), *others] for first, *others in rows],
    }
    return _render("chart", id=id, title=title, data=data, columns=columns, rows=rows)


@register.simple_tag(takes_context=True)
def places(context: template.Context, face: str) -> list[navigation.Place]:
    """The navigation of ``face`` for whoever looks, with the current place marked."""
    request = context.get("request")
    return navigation.places(face, context.get("actor"), request.path if request else "")


register.filter("in_chinese", components.in_chinese)


@register.filter
def translated(word: Text) -> str:
    """A word that is declared in Chinese (a state, a move, a role) in the language of the page."""
    return _(str(word)) if word else ""


@register.filter
def whole_moments(text: Text) -> SafeString:
    """``text`` with its dates and instants kept on one line."""
    return mark_safe(_MOMENT.sub(r'<span class="ll-nowrap">\g<0></span>', escaped(text)))


@register.filter
def dash(value: object) -> object:
    """An empty value as a dash."""
    return mark_safe("—") if value is None or value == "" else value


def _body(rows: Sequence[Row], bulk_form: str) -> SafeString:
    """The rows of a table. Written here and not in the template: a worklist has hundreds of cells.

    What all cells of a column, and all boxes to tick, have in common is put together once.
    """
    first = next(iter(rows), None)
    begun = [_beginning(column) for column, _ in first.cells] if first else []
    box = _box(bulk_form) if bulk_form else ""
    return mark_safe("".join(_line(row, begun, box) for row in rows))


def _line(row: Row, begun: Sequence[str], box: str) -> str:
    key = escaped(row.key)
    tone = f' class="ll-row--{escaped(row.tone)}"' if row.tone else ""
    cells = [
        f"{beginning}{_shown(column, value, row.url)}</td>"
        for beginning, (column, value) in zip(begun, row.cells, strict=True)
    ]
    return f'<tr role="row" id="row-{key}"{tone}>{box.replace(_KEY, key)}{"".join(cells)}</tr>'


_KEY = "{key}"
"""Where the row's key goes."""


def _box(form: str) -> str:
    """The cell with which a row is chosen."""
    return markup(
        '<td role="cell" class="ll-table__check">'
        '<input type="checkbox" name="chosen" value="{}" form="{}" aria-label="{}" /></td>',
        _KEY,
        form,
        _("选择 %(key)s") % {"key": _KEY},
    )


def _beginning(column: Column[Any]) -> str:
    number = f"{' ll-number' if column.is_number else ''}{' ll-nowrap' if column.is_short else ''}"
    title = escaped(column.title)
    return f'<td role="cell" class="ll-cell--{column.role}{number}" data-title="{title}">'


def _shown(column: Column[Any], value: object, url: str) -> str:
    shown = escaped(dash(value))
    if column.is_content:
        shown = f'<span lang="{components.CHINESE}">{shown}</span>'
    if column.role == "title" and url:
        return f'<a class="ll-table__link" href="{escaped(url)}">{shown}</a>'
    return shown


def _render(name: str, **context: Any) -> SafeString:
    return render_to_string(f"web/components/{name}.html", context)


def _attributes(attributes: Mapping[str, Any]) -> SafeString:
    written = []
    for name, value in attributes.items():
        if not _ATTRIBUTE.fullmatch(name):
            raise ValueError(f"{name!r} cannot be an attribute")
        if value is None or value is False:
            continue
        dashed = name.replace("_", "-")
        written.append(
            format_html(" {}", dashed)
            if value is True
            else format_html(' {}="{}"', dashed, conditional_escape(value))
        )
    return format_html_join("", "{}", ((one,) for one in written))
