"""Edits of the tree by hand, each true from a day on. Boundaries pass the same checks as a loaded file.

Every action needs the ability ``areas.edit`` over the area concerned, closes and opens versions under
one new number of the tree, and refuses with

- ``NotAllowed`` / ``AreaOutOfReach``: no such ability, or the post stands elsewhere;
- ``AreaNotFound``, ``AreaRetired``, ``AreaHasChildren``: the area is not in a state for it;
- ``Invalid``: a field is wrong (also a day to come, or one before the version in force);
- ``LoadRefused``: the boundary overlaps, sticks out or cannot be read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import shapely
from django.utils.translation import gettext
from shapely.geometry.base import BaseGeometry

from linli.kernel.areas.boundaries import TOLERANCE, Drawn, Misdrawn, mean_width, read_boundary
from linli.kernel.areas.errors import (
    AreaHasChildren,
    AreaNotFound,
    AreaOutOfReach,
    AreaRetired,
    LoadRefused,
    Problem,
)
from linli.kernel.areas.levels import is_code, level_of, parent_of
from linli.kernel.areas.loading import NAME_LENGTH, Loaded, check_boundaries, default_kind, load_grids
from linli.kernel.areas.models import GRID_LEVELS, Area, GridKind
from linli.kernel.areas.versions import editing, known
from linli.lib.coordinates import Datum
from linli.lib.errors import Invalid

EDIT = "areas.edit"
"""The ability to edit the tree. Declared by the room of access, which stands above this one."""


class Editor(Protocol):
    """Whoever edits: what this room needs of ``access.Actor``."""

    @property
    def post(self) -> int | None: ...
    @property
    def area(self) -> str: ...
    @property
    def system(self) -> bool: ...
    def require(self, ability: str) -> None: ...


@dataclass(frozen=True)
class Part:
    """An area to be: what ``split`` and ``merge`` make. ``boundary`` is a GeoJSON geometry."""

    code: str
    name: str
    kind: str = ""
    boundary: dict[str, Any] | None = None


def create(
    *,
    actor: Editor,
    part: Part,
    crs: Datum = Datum.WGS84,
    on: dt.date | None = None,
    source: str = "",
) -> Area:
    """Add an area under one that is in force. A code that was ever used is refused."""
    _reach(actor, part.code)
    with editing("create", on=on, post=actor.post, source=source) as edit:
        area = edit.open(_area(part, _shape(part, crs), crs))
        parent = parent_of(part.code)
        _check_unused(part.code)
        if parent and parent not in known([parent]).current:
            raise Invalid(fields={"code": gettext("上级区域 %(code)s 不存在") % {"code": parent}})
        _check_shapes([area])
    return area


def rename(*, actor: Editor, code: str, name: str, on: dt.date | None = None, source: str = "") -> Area:
    """Give an area another name from a day on; records before it are told by the old one."""
    _reach(actor, code)
    _check_name(name)
    with editing("rename", on=on, post=actor.post, source=source) as edit:
        area = edit.replace(_in_force(code))
        area.name = name
    return area


def redraw(
    *,
    actor: Editor,
    code: str,
    boundary: dict[str, Any],
    crs: Datum = Datum.WGS84,
    on: dt.date | None = None,
    source: str = "",
) -> Area:
    """Give an area another boundary from a day on. The areas below it must stay inside."""
    _reach(actor, code)
    shape = _read(boundary, crs)
    with editing("redraw", on=on, post=actor.post, source=source) as edit:
        area = edit.replace(_in_force(code))
        area.draw(shape, crs)
        _check_shapes([area])
    return area


def load(
    *,
    actor: Editor,
    code: str,
    file: bytes,
    crs: Datum | None = None,
    on: dt.date | None = None,
    source: str = "",
) -> Loaded:
    """Take boundaries of ``code`` and of areas below it from a GeoJSON file, as ``linli load grids`` does."""
    _reach(actor, code)
    return load_grids(file, within=code, crs=crs, on=on, post=actor.post, source=source)


def split(
    *,
    actor: Editor,
    code: str,
    parts: Sequence[Part],
    crs: Datum = Datum.WGS84,
    on: dt.date | None = None,
    source: str = "",
) -> list[Area]:
    """Divide an area into two or more, which become its successors. One part may keep the code.

    Where the area has a boundary, the parts must have one each and cover it together.
    """
    _reach(actor, code, *(part.code for part in parts))
    if len({part.code for part in parts}) < 2:
        raise Invalid(fields={"parts": "拆分至少需要两个代码不同的区域"})
    with editing("split", on=on, post=actor.post, source=source) as edit:
        whole = _leaf(code)
        for part in parts:
            _check_sibling(part.code, code)
        edit.close(whole, [part.code for part in parts])
        areas = [edit.open(_area(part, _shape(part, crs), crs)) for part in parts]
        _check_cover(whole, areas)
        _check_shapes(areas, leaving=[code])
    return areas


def merge(
    *,
    actor: Editor,
    codes: Sequence[str],
    into: Part,
    crs: Datum = Datum.WGS84,
    on: dt.date | None = None,
    source: str = "",
) -> Area:
    """Join two or more areas with the same area above into one, their successor.

    ``into`` may keep the code of one of them. Without a boundary of its own it gets their union.
    """
    _reach(actor, into.code, *codes)
    if len(set(codes)) < 2:
        raise Invalid(fields={"codes": "合并至少需要两个区域"})
    if len({parent_of(code) for code in codes}) > 1:
        raise Invalid(fields={"codes": "只能合并同一上级区域下的区域"})
    with editing("merge", on=on, post=actor.post, source=source) as edit:
        joined = [_leaf(code) for code in codes]
        if into.code not in codes:
            _check_sibling(into.code, codes[0])
        shape = _shape(into, crs) or _union(joined)
        for area in joined:
            edit.close(area, [into.code])
        one = edit.open(_area(into, shape, crs))
        _check_shapes([one], leaving=codes)
    return one


def retire(
    *,
    actor: Editor,
    code: str,
    successors: Sequence[str] = (),
    on: dt.date | None = None,
    source: str = "",
) -> Area:
    """End an area without areas below it. ``successors``, in force and of its level, carry on from it."""
    _reach(actor, code)
    with editing("retire", on=on, post=actor.post, source=source) as edit:
        area = _leaf(code)
        standing = known(successors).current
        if any(one == code or one not in standing or len(one) != len(code) for one in successors):
            raise Invalid(fields={"successors": "继任区域必须是现行的同级其他区域"})
        edit.close(area, successors)
    return area


def _reach(actor: Editor, *codes: str) -> None:
    actor.require(EDIT)
    for code in codes:
        if not is_code(code):
            said = gettext("区域代码 %(code)r 应为 4、6、9、12、15 或 18 位数字") % {"code": code}
            raise Invalid(fields={"code": said})
        if not actor.system and not (actor.area and code.startswith(actor.area)):
            raise AreaOutOfReach(area=code)


def _in_force(code: str) -> Area:
    versions = Area.objects.filter(code=code)
    area = versions.current().first()
    if area is None:
        raise AreaRetired(area=code) if versions.exists() else AreaNotFound(area=code)
    return area


def _leaf(code: str) -> Area:
    area = _in_force(code)
    if Area.objects.current().under(code).exclude(code=code).exists():
        raise AreaHasChildren(area=code)
    return area


def _area(part: Part, shape: BaseGeometry | None, crs: Datum) -> Area:
    _check_name(part.name)
    grid = level_of(part.code) in GRID_LEVELS
    if part.kind not in ({"", *GridKind.values} if grid else {""}):
        raise Invalid(fields={"kind": "网格类型应为 comprehensive（综合网格）或 dedicated（专属网格）"})
    area = Area(
        code=part.code, name=part.name, level=level_of(part.code), kind=part.kind or default_kind(part.code)
    )
    if shape is not None:
        area.draw(shape, crs)
    return area


def _shape(part: Part, crs: Datum) -> BaseGeometry | None:
    return _read(part.boundary, crs, code=part.code) if part.boundary is not None else None


def _read(boundary: dict[str, Any], crs: Datum, *, code: str = "") -> BaseGeometry:
    try:
        return read_boundary(boundary, crs)
    except Misdrawn as fault:
        raise LoadRefused([Problem(-1, code, fault.error, fault.message)], field="boundary") from fault


def _union(areas: Sequence[Area]) -> BaseGeometry | None:
    shapes = [area.shape for area in areas if area.shape is not None]
    return shapely.union_all(shapes) if len(shapes) == len(areas) else None


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_LENGTH:
        said = gettext("名称不能为空，且不超过 %(n)d 个字") % {"n": NAME_LENGTH}
        raise Invalid(fields={"name": said})


def _check_unused(code: str) -> None:
    tree = known([code])
    if code in tree.current:
        raise Invalid(fields={"code": gettext("区域代码 %(code)s 已在使用") % {"code": code}})
    if code in tree.retired:
        said = gettext("区域代码 %(code)s 已停用，不得再次使用") % {"code": code}
        raise Invalid(fields={"code": said})


def _check_sibling(code: str, beside: str) -> None:
    """``code`` is to take the place of ``beside``: it is the same, or a new one at its side."""
    if code == beside:
        return
    if parent_of(code) != parent_of(beside):
        told = {"code": code, "beside": beside}
        raise Invalid(fields={"code": gettext("区域代码 %(code)s 与 %(beside)s 不属于同一上级区域") % told})
    _check_unused(code)


def _check_shapes(areas: Sequence[Area], *, leaving: Sequence[str] = ()) -> None:
    drawn = [Drawn(-1, area.code, area.shape) for area in areas if area.shape is not None]
    check_boundaries(drawn, leaving=leaving, field="boundary")


def _check_cover(whole: Area, parts: Sequence[Area]) -> None:
    if whole.shape is None:
        return
    union = _union(parts)
    if union is None:
        raise Invalid(fields={"parts": "原区域有边界，拆分出的每个区域都必须有边界"})
    if mean_width(shapely.symmetric_difference(whole.shape, union)) > TOLERANCE:
        raise Invalid(fields={"parts": "拆分出的各区域合起来与原区域边界不一致"})
