"""The register of areas: the tree with its map, every version of an area, and the edits of it."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from linli.faces.desk.entrance import framed, staff
from linli.faces.desk.keeping.area_forms import FORMS, AreaForm, offered
from linli.kernel.access.actor import Actor
from linli.kernel.access.permissions import EDIT_AREAS, VIEW_REGISTERS
from linli.kernel.areas import queries
from linli.kernel.areas.boundaries import square_metres
from linli.kernel.areas.errors import AreaNotFound
from linli.kernel.areas.levels import Level, ancestors, is_code, parent_of
from linli.kernel.areas.models import Area, GridKind
from linli.kernel.areas.tree import Node
from linli.kernel.units import registers
from linli.lib.errors import NotFound, Refusal
from linli.web.components import Column, Crumb, Fact, Row, Tone, pill, row

SIMPLIFY_METRES = 4.0
FOUND = 30
GAPS_SHOWN = 3


@require_GET
@staff
def area_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The area of the post; or what a search finds below it."""
    actor.require(VIEW_REGISTERS)
    words = request.GET.get("words", "").strip()[:40]
    top = actor.area if is_code(actor.area) else next((city.code for city in queries.cities()), "")
    if not words:
        return _shown(request, actor, _node(actor, top))
    found = queries.search(words, within=actor.area, limit=FOUND)
    found_columns = _columns(queries.paths_of([one.code for one in found]))
    context = {
        "words": words,
        "rows": _rows(found, found_columns),
        "columns": found_columns,
        "title": _("查找“%(words)s”") % {"words": words},
        "trail": [Crumb(_("区域和网格"), reverse("desk:area-list"))],
    }
    return framed(request, actor, "desk/keeping/areas_found.html", context)


@require_GET
@staff
def area(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """One area: what lies in it, on a list and on the map, and all its versions."""
    actor.require(VIEW_REGISTERS)
    return _shown(request, actor, _node(actor, code))


def _node(actor: Actor, code: str) -> Node:
    """The area, if it lies in the actor's."""
    if not is_code(code) or not (actor.system or code.startswith(actor.area or "-")):
        raise AreaNotFound(area=code)
    return queries.node(code)


def _shown(request: HttpRequest, actor: Actor, node: Node) -> HttpResponse:
    children = queries.children(node.code) if node.is_current else []
    versions = queries.history(node.code)
    columns = _columns()
    may_edit = actor.can(EDIT_AREAS) and node.is_current
    edits = offered(node, has_children=bool(children)) if may_edit else []
    context = {
        "node": node,
        "title": node.name,
        "trail": _trail(actor, node),
        "facts": _facts(node, versions[-1]),
        "rows": _rows(children, columns),
        "columns": columns,
        "versions": [_version(one) for one in reversed(versions)],
        "edits": [
            (name, FORMS[name].title, FORMS[name].icon, reverse("desk:area-edit", args=[node.code, name]))
            for name in edits
        ],
        "has_map": any(one.lng is not None for one in versions),
        "state": "" if node.is_current else pill(_("已停用"), Tone.NEUTRAL),
        "words": "",
    }
    return framed(request, actor, "desk/keeping/area.html", context)


def _trail(actor: Actor, node: Node) -> list[Crumb]:
    """The areas above, as far as the post reaches."""
    above = [code for code in ancestors(node.code) if code.startswith(actor.area)]
    names = queries.names_of(above)
    return [
        Crumb(_("区域和网格"), reverse("desk:area-list")),
        *(Crumb(names[code], reverse("desk:area", args=[code])) for code in above),
    ]


def _facts(node: Node, version: Area) -> list[Fact]:
    shape = queries.polygon(node.code)
    size = f"{square_metres(shape) / 1e6:.3f} km²" if shape is not None else _("没有边界")
    return [
        Fact(_("区域代码"), node.code),
        Fact(_("层级"), node.level.label),
        Fact(_("网格类型"), GridKind(node.kind).label if node.kind else ""),
        Fact(_("面积"), size),
        Fact(_("现行版本自"), version.valid_from),
        Fact(_("边界来源坐标系"), version.datum.upper() if version.datum else ""),
    ]


def _version(one: Area) -> dict[str, object]:
    names = queries.names_of(one.successors)
    return {
        "name": one.name,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
        "source": one.source,
        "successors": [
            (names[code], code, reverse("desk:area", args=[code])) for code in one.successors if is_code(code)
        ],
    }


def _columns(paths: dict[str, str] | None = None) -> list[Column[Node]]:
    columns = [
        Column[Node](_("名称"), lambda node: node.name, "title"),
        Column[Node](_("代码"), lambda node: node.code),
        Column[Node](_("类型"), _kind_of),
    ]
    if paths is not None:
        columns.append(Column[Node](_("位置"), lambda node: paths[node.code]))
    return columns


def _kind_of(node: Node) -> str:
    return str(GridKind(node.kind).label if node.kind else node.level.label)


def _rows(nodes: Sequence[Node], columns: Sequence[Column[Node]]) -> list[Row]:
    return [row(one, columns, key=one.code, url=reverse("desk:area", args=[one.code])) for one in nodes]


@require_GET
@staff
def area_drawn(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """The boundaries one level below, each leading to its page; of an area with none below its own."""
    actor.require(VIEW_REGISTERS)
    node = _node(actor, code)
    below = next((level for level in Level if level.width > node.level.width), None)
    drawn = _features(code, below) if below is not None else []
    content = orjson.dumps({"type": "FeatureCollection", "features": drawn or _features(code, node.level)})
    return HttpResponse(content, content_type="application/geo+json")


def _features(code: str, level: Level) -> list[dict[str, object]]:
    features = orjson.loads(queries.grids_geojson(code, level=level, simplify=SIMPLIFY_METRES))["features"]
    for feature in features:
        feature["properties"]["url"] = reverse("desk:area", args=[feature["properties"]["code"]])
    return list(features)


@require_http_methods(["GET", "POST"])
@staff
def area_edit(request: HttpRequest, actor: Actor, code: str, edit: str) -> HttpResponse:
    """One edit of an area: its form, and what is wrong with it, for a file by every feature."""
    actor.require(EDIT_AREAS)
    node = _node(actor, code)
    if edit not in offered(node, has_children=bool(queries.children(code))):
        raise NotFound(_("这个区域不能这样调整"))
    form = _form(request, node, FORMS[edit])
    if request.method == "POST" and form.is_valid():
        try:
            seen = form.do(actor)
        except Refusal as refusal:
            form.blame(refusal)
        else:
            messages.success(request, _("已调整，形成新版本"))
            for gap in form.warnings[:GAPS_SHOWN]:
                messages.warning(request, str(gap))
            return redirect("desk:area", code=seen)
    here = reverse("desk:area", args=[code])
    context = {
        "form": form,
        "title": f"{form.title}：{node.name}",
        "lead": form.lead,
        "icon": form.icon,
        "question": form.question,
        "action": form.title,
        "back_url": here,
        "trail": [*_trail(actor, node), Crumb(node.name, here)],
        "held": _held(code),
    }
    return framed(
        request, actor, "desk/keeping/area_edit.html", context, status=422 if form.is_bound else 200
    )


def _form(request: HttpRequest, node: Node, made: type[AreaForm]) -> AreaForm:
    beside = [one for one in queries.children(parent_of(node.code)) if one.code != node.code]
    if request.method == "POST":
        return made(node, beside, request.POST, request.FILES)
    return made(node, beside)


def _held(code: str) -> tuple[int, int]:
    """How many posts and units stand exactly here: they do not move by themselves when the area goes."""
    return registers.posts_at(code), registers.units_at(code)
