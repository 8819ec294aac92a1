"""Areas from files: national divisions, and boundaries as GeoJSON. A file is taken whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from os.path import commonprefix
from pathlib import Path
from typing import Any

import orjson
import shapely
from django.utils.translation import gettext
from shapely.geometry.base import BaseGeometry

from linli.kernel.areas.boundaries import (
    TOLERANCE,
    Drawn,
    Misdrawn,
    gap,
    mean_width,
    overlaps,
    read_boundary,
    shapes_of,
    square_metres,
    sticking_out,
)
from linli.kernel.areas.errors import LoadRefused, Problem
from linli.kernel.areas.levels import Level, is_code, level_of, parent_of
from linli.kernel.areas.models import GRID_LEVELS, Area, GridKind
from linli.kernel.areas.versions import Edit, Progress, current, editing, known
from linli.lib.coordinates import Datum
from linli.lib.texts import NO_NUL, NotText, decode, has_nul

NAME_LENGTH = 60

MUNICIPALITIES = {"11": "北京市", "12": "天津市", "31": "上海市", "50": "重庆市"}  # not shown
"""The statistical code has no city of their own for them, only 市辖区 (and 县): the province is the city."""
_PLACEHOLDERS = {"市辖区": "{}", "县": "{}（县）"}  # not shown


@dataclass(frozen=True)
class Loaded:
    """What a load did. ``skipped`` counts rows that are no part of the tree (provinces, other cities)."""

    created: int
    changed: int
    unchanged: int
    skipped: int = 0
    warnings: tuple[Problem, ...] = ()
    number: int = 0
    """The tree's number after the load; 0 where nothing changed."""


def load_divisions(
    path: Path,
    *,
    prefix: str = "",
    on: dt.date | None = None,
    post: int | None = None,
    source: str = "",
    progress: Progress | None = None,
) -> Loaded:
    """Load names and codes of areas, from any file of the national divisions.

    Taken by content, not by name: CSV with a header holding ``code`` and ``name``, a JSON list of such
    objects, or the nested JSON with ``children``; UTF-8 (with or without BOM) or GB18030. Provinces are
    skipped, and with ``prefix`` all that is not under it. A new name makes a new version; areas that the
    file does not mention stay. Raises ``LoadRefused`` with every problem; nothing is written then.
    """
    rows, skipped = _within(_division_rows(_read(path)), prefix)
    with editing("load_divisions", on=on, post=post, source=source or path.name, progress=progress) as edit:
        _refuse(_division_problems(rows))
        standing = current(code for code, _ in rows)
        for code, name in rows:
            area = standing.get(code)
            if area is None:
                edit.open(_new_area(code, name))
            elif area.name != name:
                edit.replace(area).name = name
    changed = len(edit.closed)
    created = len(edit.opened) - changed
    return Loaded(created, changed, len(rows) - created - changed, skipped, (), edit.number)


def load_grids(
    file: Path | bytes,
    *,
    within: str = "",
    crs: Datum | None = None,
    on: dt.date | None = None,
    post: int | None = None,
    source: str = "",
    progress: Progress | None = None,
) -> Loaded:
    """Load boundaries of grids, or of areas of any level, from a GeoJSON FeatureCollection.

    Properties of a feature: ``code``, ``name`` (may be missing where the area is known), ``kind`` (of a
    grid; comprehensive if missing). Coordinates are WGS84 unless ``crs``, or the file's ``crs``, says
    gcj02 or bd09. Areas that the file does not mention stay. With ``within`` every code must lie under it.

    Raises ``LoadRefused`` with every problem by feature; nothing is written then. Ground that a file
    leaves uncovered in the area above is no error: it is told in ``Loaded.warnings``.
    """
    features, datum = _features(_parse(_read(file)), crs)
    named = source or (file.name if isinstance(file, Path) else "")
    with editing("load_grids", on=on, post=post, source=named, progress=progress) as edit:
        drawn, problems = _read_features(features, datum)
        problems += [
            Problem(
                one.index,
                one.code,
                "out_of_reach",
                gettext("不在 %(area)s 之内，不能在此更改") % {"area": within},
            )
            for one in drawn
            if not one.code.startswith(within)
        ]
        standing = current(one.code for one in drawn)
        problems += _tree_problems(drawn, standing)
        faulty = {one.index for one in problems}
        sound = [one.drawn for one in drawn if one.index not in faulty]
        # what a faulty feature will be once it is put right is not known: nothing is held against its area
        found, warnings = _compared(sound, leaving={one.code for one in problems})
        _refuse(sorted([*problems, *found], key=lambda problem: problem.index))
        unchanged = sum(not _apply(edit, one, standing.get(one.code), datum) for one in drawn)
    changed = len(edit.closed)
    return Loaded(len(edit.opened) - changed, changed, unchanged, 0, warnings, edit.number)


def read_parts(file: bytes, *, crs: Datum | None = None) -> tuple[list[dict[str, Any]], Datum]:
    """The features of a GeoJSON file as ``code``, ``name``, ``kind`` and ``boundary``, and their datum.

    Raises ``LoadRefused`` with every problem by feature.
    """
    features, datum = _features(_parse(_read(file)), crs)
    read, problems = _read_features(features, datum)
    for one in read:
        problems += _name_problems(one.index, one.code, one.name)
    _refuse(sorted(problems, key=lambda problem: problem.index))
    return [
        {"code": one.code, "name": one.name, "kind": one.kind, "boundary": features[one.index]["geometry"]}
        for one in read
    ], datum


def check_boundaries(
    drawn: Sequence[Drawn], *, leaving: Iterable[str] = (), field: str = "file"
) -> tuple[Problem, ...]:
    """Check new boundaries against each other and the tree; return the gaps they leave as warnings.

    ``leaving`` are codes whose present boundaries will no longer stand. Raises ``LoadRefused`` where
    areas of a level overlap, one leaves the area above, or leaves an area below outside.
    """
    problems, warnings = _compared(drawn, leaving=set(leaving))
    _refuse(sorted(problems, key=lambda problem: problem.index), field=field)
    return warnings


def _compared(drawn: Sequence[Drawn], *, leaving: Set[str]) -> tuple[list[Problem], tuple[Problem, ...]]:
    """What is wrong with boundaries beside each other and the tree, and the gaps that they leave."""
    new = {one.code: one.shape for one in drawn}
    parents = _shapes({parent_of(code) for code in new} - {"", *leaving}) | new
    problems: list[Problem] = []
    siblings: dict[str, list[BaseGeometry]] = {}
    for level in sorted({level_of(code) for code in new}, key=lambda level: level.width):
        same = [one for one in drawn if level_of(one.code) is level]
        standing = _standing(level, {*new, *leaving})
        problems += overlaps(same, standing)
        problems += sticking_out(
            same, {one.code: parents[parent_of(one.code)] for one in same if parent_of(one.code) in parents}
        )
        problems += _left_outside(level, same, {*new, *leaving})
        for one in (*same, *standing):
            siblings.setdefault(parent_of(one.code), []).append(one.shape)
    return problems, tuple(_gaps({parent_of(code) for code in new}, parents, siblings))


def _left_outside(level: Level, drawn: Sequence[Drawn], without: set[str]) -> Iterator[Problem]:
    """Standing areas one level below that would no longer lie in the area above them."""
    below = next((one for one in Level if one.width > level.width), None)
    above = {one.code: one for one in drawn}
    shared = commonprefix(list(above))  # noqa: RUF071 - codes are meant to be compared digit by digit
    rows = (
        Area.objects.current()
        .under(shared)
        .filter(level=below, boundary__isnull=False)
        .values_list("code", "name")
    )
    names = {code: name for code, name in rows if code not in without and parent_of(code) in above}
    for code, shape in sorted(_shapes(names).items()):
        parent = above[parent_of(code)]
        if mean_width(shapely.difference(shape, parent.shape)) > TOLERANCE:
            said = gettext("下级区域 %(name)s 将超出新的边界") % {"name": names[code]}
            yield Problem(parent.index, code, "outside_parent", said)


def _gaps(
    touched: set[str], parents: Mapping[str, BaseGeometry], siblings: Mapping[str, Sequence[BaseGeometry]]
) -> Iterator[Problem]:
    for code in sorted(touched & parents.keys()):
        share, where = gap(parents[code], siblings[code])
        if share:
            yield Problem(
                -1,
                code,
                "gap",
                gettext("下级区域未覆盖本区域面积的 %(share).2f%%（约 %(area).0f 平方米）")
                % {"share": share * 100, "area": square_metres(where)},
            )


def _shapes(codes: Iterable[str]) -> dict[str, BaseGeometry]:
    rows = list(
        Area.objects.current()
        .filter(code__in=list(codes), boundary__isnull=False)
        .values_list("code", "boundary")
    )
    return dict(zip((code for code, _ in rows), shapes_of(wkb for _, wkb in rows), strict=True))


def _standing(level: Level, without: set[str]) -> list[Drawn]:
    """Boundaries in force of a level: grids must not overlap, whosever community they belong to."""
    rows = [
        row
        for row in Area.objects.current()
        .filter(level=level, boundary__isnull=False)
        .order_by("code")
        .values_list("code", "boundary")
        if row[0] not in without
    ]
    shapes = shapes_of(wkb for _, wkb in rows)
    return [Drawn(-1, code, shape) for (code, _), shape in zip(rows, shapes, strict=True)]


def _refuse(problems: Iterable[Problem], *, field: str = "file") -> None:
    found = list(problems)
    if found:
        raise LoadRefused(found, field=field)


def _whole(error: str, message: str) -> LoadRefused:
    """The refusal of a file that cannot be read at all."""
    return LoadRefused([Problem(-1, "", error, message)])


# Divisions


def _division_rows(text: str) -> list[tuple[str, str]]:
    """(code, name) of every row, provinces included, in the order of the file."""
    if text.lstrip()[:1] in {"[", "{"}:
        rows = list(_flatten(_parse(text)))
    else:
        reader = csv.DictReader(io.StringIO(text))
        if not {"code", "name"} <= {name.strip() for name in reader.fieldnames or ()}:
            raise _whole("unknown_format", "表头缺少 code（代码）或 name（名称）列")
        rows = [
            (row.get("code") or "", row.get("name") or "")
            for row in ({(k or "").strip(): v for k, v in line.items() if k} for line in reader)
        ]
    return [(code.strip(), name.strip()) for code, name in rows]


def _flatten(items: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(items, list):
        raise _whole("unknown_format", "JSON 应为含 code、name 的对象列表")
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise LoadRefused([Problem(index, "", "unknown_format", "JSON 应为含 code、name 的对象列表")])
        yield str(item.get("code", "")), str(item.get("name", ""))
        if item.get("children"):
            yield from _flatten(item["children"])


def _within(rows: list[tuple[str, str]], prefix: str) -> tuple[list[tuple[str, str]], int]:
    """Rows of the tree under ``prefix``, and how many were left out."""
    kept = [
        (code, _city_name(code, name))
        for code, name in rows
        if not _is_province(code) and code.startswith(prefix)
    ]
    return kept, len(rows) - len(kept)


def _is_province(code: str) -> bool:
    return len(code) == 2 and code.isdecimal()


def _city_name(code: str, name: str) -> str:
    municipality = MUNICIPALITIES.get(code[:2])
    if len(code) == 4 and municipality and name in _PLACEHOLDERS:
        return _PLACEHOLDERS[name].format(municipality)
    return name


def _division_problems(rows: Sequence[tuple[str, str]]) -> Iterator[Problem]:
    seen: set[str] = set()
    codes = {code for code, _ in rows if is_code(code)}
    parents = {parent_of(code) for code in codes} - codes - {""}
    tree = known(codes | parents)
    available = codes | tree.current
    for index, (code, name) in enumerate(rows):
        if not is_code(code):
            yield Problem(index, code, "bad_code", _BAD_CODE)
            continue
        if code in seen:
            yield Problem(index, code, "duplicate_code", "区域代码重复")
        seen.add(code)
        yield from _name_problems(index, code, name)
        yield from _place_problems(index, code, available, tree.retired)


_BAD_CODE = "区域代码应为 4、6、9、12、15 或 18 位数字"


def _name_problems(index: int, code: str, name: str) -> Iterator[Problem]:
    if not name:
        yield Problem(index, code, "no_name", "缺少名称（name）")
    elif has_nul(name):
        said = gettext("名称（name）%(fault)s") % {"fault": gettext(NO_NUL)}
        yield Problem(index, code, "nul", said)
    elif len(name) > NAME_LENGTH:
        said = gettext("名称超过 %(n)d 个字") % {"n": NAME_LENGTH}
        yield Problem(index, code, "name_too_long", said)


def _place_problems(index: int, code: str, available: Set[str], retired: Set[str]) -> Iterator[Problem]:
    """A code must hang on an area in force, and must not be one that was retired."""
    parent = parent_of(code)
    if parent and parent not in available:
        said = gettext("上级区域 %(code)s 不存在") % {"code": parent}
        yield Problem(index, code, "parent_missing", said)
    if code in retired:
        yield Problem(index, code, "code_retired", "该代码已停用，不得再次使用")


def _new_area(code: str, name: str) -> Area:
    return Area(code=code, name=name, level=level_of(code), kind=default_kind(code))


def default_kind(code: str) -> str:
    """Grids are comprehensive unless they are said to be dedicated; other areas have no kind."""
    return GridKind.COMPREHENSIVE if level_of(code) in GRID_LEVELS else ""


# Boundaries


@dataclass(frozen=True)
class Feature:
    """One feature that could be read."""

    index: int
    code: str
    name: str
    kind: str
    shape: BaseGeometry

    @property
    def drawn(self) -> Drawn:
        return Drawn(self.index, self.code, self.shape)


def _features(document: Any, crs: Datum | None) -> tuple[list[Any], Datum]:
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise _whole("not_a_feature_collection", "文件不是 GeoJSON 要素集合（FeatureCollection）")
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise _whole("no_features", "要素集合中没有要素（features）")
    return features, crs or _datum(document.get("crs"))


_DATUMS = {datum.value: datum for datum in Datum} | {
    "crs84": Datum.WGS84,
    "4326": Datum.WGS84,
    "4490": Datum.CGCS2000,
}


def _datum(crs: Any) -> Datum:
    """The datum by its own name, or by a GeoJSON 2008 ``crs`` object (``urn:ogc:def:crs:EPSG::4490``)."""
    if crs is None:
        return Datum.WGS84
    name = _mapping(crs.get("properties")).get("name") if isinstance(crs, dict) else crs
    datum = _DATUMS.get(str(name).lower().replace("-", "").rpartition(":")[2])
    if datum is None:
        said = gettext("不支持的坐标系：%(name)s（可用 wgs84、cgcs2000、gcj02、bd09）") % {"name": name}
        raise _whole("unknown_crs", said)
    return datum


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _read_features(features: Sequence[Any], datum: Datum) -> tuple[list[Feature], list[Problem]]:
    read: list[Feature] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for index, feature in enumerate(features):
        whole = _mapping(feature)
        properties = _mapping(whole.get("properties"))
        code = str(properties.get("code") or "").strip()
        if not code:
            problems.append(Problem(index, "", "no_code", "缺少区域代码（code）"))
        elif not is_code(code):
            problems.append(Problem(index, code, "bad_code", _BAD_CODE))
        elif code in seen:
            said = gettext("区域代码与第 %(n)d 项重复") % {"n": seen[code] + 1}
            problems.append(Problem(index, code, "duplicate_code", said))
        seen.setdefault(code, index)
        try:
            shape = read_boundary(whole.get("geometry"), datum)
        except Misdrawn as fault:
            problems.append(Problem(index, code, fault.error, fault.message))
            continue
        if is_code(code):
            name, kind = str(properties.get("name") or "").strip(), str(properties.get("kind") or "").strip()
            read.append(Feature(index, code, name, kind, shape))
    return read, problems


def _tree_problems(features: Sequence[Feature], standing: Mapping[str, Area]) -> Iterator[Problem]:
    codes = {one.code for one in features}
    tree = known(codes | {parent_of(code) for code in codes})
    available = codes | tree.current
    for one in features:
        if one.name or one.code not in standing:
            yield from _name_problems(one.index, one.code, one.name)
        yield from _place_problems(one.index, one.code, available, tree.retired)
        allowed = {"", *GridKind.values} if level_of(one.code) in GRID_LEVELS else {""}
        if one.kind not in allowed:
            yield Problem(
                one.index,
                one.code,
                "bad_kind",
                "网格类型应为 comprehensive（综合网格）或 dedicated（专属网格），其他层级不填",
            )


def _apply(edit: Edit, one: Feature, area: Area | None, datum: Datum) -> bool:
    """Open the version that the feature asks for; False where it is in force already."""
    if area is None:
        new = _new_area(one.code, one.name)
        new.kind = one.kind or new.kind
        edit.open(new).draw(one.shape, datum)
        return True
    name, kind = one.name or area.name, one.kind or area.kind
    present = area.shape
    if (name, kind) == (area.name, area.kind) and present is not None and present.equals_exact(one.shape):
        return False
    new = edit.replace(area)
    new.name, new.kind = name, kind
    new.draw(one.shape, datum)
    return True


# Files


def _read(file: Path | bytes) -> str:
    """The text of a file in UTF-8 (with or without BOM) or GB18030."""
    try:
        return decode(file if isinstance(file, bytes) else file.read_bytes())
    except NotText as error:
        raise _whole("bad_encoding", "文件编码既不是 UTF-8 也不是 GB18030") from error


def _parse(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        told = {"line": fault.lineno, "column": fault.colno}
        raise _whole(
            "not_json", gettext("不是有效的 JSON（第 %(line)d 行第 %(column)d 列）") % told
        ) from fault
