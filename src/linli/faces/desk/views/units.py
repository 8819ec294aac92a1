"""The register of units: what stands below what, who works there, what each is responsible for."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from linli.faces.desk.entrance import framed, staff
from linli.faces.desk.keeping import columns, lists, pages
from linli.faces.desk.keeping.forms import ReasonForm, UnitForm
from linli.faces.desk.keeping.lists import Condition, Deed, Register
from linli.kernel.access.actor import Actor
from linli.kernel.access.permissions import EDIT_ACCOUNTS, EDIT_UNITS, GRANT_POSTS
from linli.kernel.areas.queries import path_of
from linli.kernel.units import actions, registers
from linli.kernel.units.checks import is_open, reaches
from linli.kernel.units.models import Unit, UnitKind
from linli.lib.errors import Refusal
from linli.web.components import Crumb, Fact, row

POSTS_SHOWN = 100


@require_GET
@staff
def unit_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The units of the actor's area: from the top down, or what a search finds."""
    return lists.show(request, actor, _register(request, actor))


@require_GET
@staff
def export_units(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    register = _register(request, actor, is_whole=True)
    register.columns = columns.unit_cells
    return lists.spreadsheet(actor, register)


def _register(request: HttpRequest, actor: Actor, *, is_whole: bool = False) -> Register[Unit]:
    """What the page lists; where nothing narrows it, the highest units alone unless ``is_whole``."""
    given = request.GET
    words, kind = given.get("words", "").strip()[:60], given.get("kind", "")
    is_closed = given.get("state") == "closed"
    above = _above(actor, given.get("under", ""))
    is_narrowed = bool(words or kind or is_closed or given.get("state") == "all")
    if above is not None:
        found = registers.units(actor).filter(parent=above)
    elif is_narrowed or is_whole:
        found = registers.units(actor)
    else:
        found = registers.top_units(actor)
    found = registers.named(found, words, "name", "short_name")
    if kind in UnitKind.values:
        found = found.filter(kind=kind)
    found = found.filter(valid_to__isnull=False) if is_closed else registers.open_units(found)
    here = reverse("desk:unit-list")
    trail = [Crumb(_("单位"), here), *(Crumb(one.name, f"{here}?under={one.pk}") for one in _line(above))]
    return Register(
        tab="desk:unit-list",
        title=above.name if above else _("单位"),
        lead=path_of(actor.area) if not above else _("下级单位"),
        empty=_("没有下级单位") if above else _("本区域还没有单位"),
        found=registers.with_counts(found),
        order=["area", "id"],
        columns=columns.unit_columns,
        url_of=lambda unit: reverse("desk:unit", args=[unit.pk]),
        conditions=[
            Condition("kind", _("类别"), UnitKind.choices),
            Condition(
                "state",
                _("范围"),
                [("all", _("全部在用，不分层级")), ("closed", _("已停用"))],
                _("在用，按层级"),
            ),
        ],
        placeholder=_("名称或简称"),
        deeds=_list_deeds(actor, above),
        trail=trail if above else [],
        kept=["under"],
        export="desk:unit-export",
    )


def _list_deeds(actor: Actor, above: Unit | None) -> list[Deed]:
    if not actor.can(EDIT_UNITS):
        return []
    address = reverse("desk:unit-new") + (f"?parent={above.pk}" if above else "")
    return [Deed(_("设立单位"), "add", address, is_primary=True)]


def _above(actor: Actor, text: str) -> Unit | None:
    return registers.unit(actor, int(text)) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _line(unit: Unit | None) -> list[Unit]:
    """A unit with those above it, the highest first."""
    line: list[Unit] = []
    while unit is not None:
        line.insert(0, unit)
        unit = unit.parent
    return line


@require_GET
@staff
def unit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """One unit: what it is, who acts for it, what stands below it."""
    return _shown(request, actor, registers.unit(actor, pk), ReasonForm())


def _shown(
    request: HttpRequest, actor: Actor, found: Unit, form: ReasonForm, *, status: int = 200
) -> HttpResponse:
    posts = list(
        registers.posts_in(registers.posts(actor).filter(unit=found), "in_force").order_by("area", "id")[
            : POSTS_SHOWN + 1
        ]
    )
    shown = columns.posts_of_unit(posts)
    below = registers.open_units(Unit.objects.filter(parent=found)).order_by("area", "id")[:POSTS_SHOWN]
    context: dict[str, Any] = {
        "unit": found,
        "key": str(found.pk),
        "facts": _facts(found),
        "state": columns.unit_state(found),
        "tabs": lists.tabs(actor, "desk:unit-list"),
        "trail": [
            Crumb(_("单位"), reverse("desk:unit-list")),
            *(Crumb(str(one), reverse("desk:unit", args=[one.pk])) for one in _line(found.parent)),
        ],
        "appointments": [
            row(one, shown, key=str(one.pk), url=reverse("desk:account", args=[one.account_id]))
            for one in posts[:POSTS_SHOWN]
        ],
        "columns": shown,
        "are_more": len(posts) > POSTS_SHOWN,
        "below": below,
        "may_edit": actor.can(EDIT_UNITS) and reaches(actor, found.area) and is_open(found),
        "may_grant": actor.can(GRANT_POSTS) and reaches(actor, found.area) and is_open(found),
        "may_add": actor.can(EDIT_ACCOUNTS) and reaches(actor, found.area) and is_open(found),
        "form": form,
    }
    return framed(request, actor, "desk/keeping/unit.html", context, status=status)


def _facts(found: Unit) -> list[Fact]:
    return [
        Fact(_("简称"), found.short_name),
        Fact(_("类别"), found.get_kind_display()),
        Fact(_("所在区域"), f"{path_of(found.area)}（{found.area}）", True),
        Fact(_("上级单位"), found.parent.name if found.parent else ""),
        Fact(_("职能"), columns.functions_of(found), True),
        Fact(_("启用日期"), found.valid_from),
        Fact(_("停用日期"), found.valid_to),
    ]


@require_http_methods(["GET", "POST"])
@staff
def unit_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Register a unit, below the one that is named in the address if there is one."""
    actor.require(EDIT_UNITS)
    above = _above(actor, request.GET.get("parent", ""))
    if request.method == "POST":
        form = UnitForm(actor, request.POST)
    else:
        form = UnitForm(actor, area=above.area if above else actor.area)
        form.initial["parent"] = above.pk if above else ""
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_unit(actor=actor, **form.given())
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(request, _("已设立 %(unit)s") % {"unit": made.name})
            return redirect("desk:unit", pk=made.pk)
    context = {
        "title": _("设立单位"),
        "action": _("设立"),
        "icon": "add",
        "back_url": reverse("desk:unit-list"),
        "trail": [Crumb(_("单位"), reverse("desk:unit-list"))],
    }
    return pages.form(request, actor, form, context)


@require_http_methods(["GET", "POST"])
@staff
def unit_edit(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Rename a unit, or change what it is responsible for."""
    actor.require(EDIT_UNITS)
    found = registers.unit(actor, pk)
    form = UnitForm(actor, request.POST if request.method == "POST" else None, unit=found)
    here = reverse("desk:unit", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            actions.revise_unit(actor=actor, unit=found, **form.given())
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(request, _("已保存，即时生效"))
            return redirect(here)
    context = {
        "title": _("变更 %(unit)s") % {"unit": found.name},
        "lead": _("所在区域不能更改：请停用后在新区域另行设立。"),
        "action": _("保存"),
        "icon": "save",
        "back_url": here,
        "trail": [Crumb(_("单位"), reverse("desk:unit-list")), Crumb(found.name, here)],
    }
    return pages.form(request, actor, form, context)


@require_http_methods(["POST"])
@staff
def unit_close(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Close a unit that nobody needs any more."""
    actor.require(EDIT_UNITS)
    found = registers.unit(actor, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            actions.close_unit(actor=actor, unit=found, reason=form.cleaned_data["reason"])
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(request, _("%(unit)s 已停用") % {"unit": found.name})
            return redirect("desk:unit", pk=pk)
    return _shown(request, actor, found, form, status=422)
