"""REST endpoints of areas."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Field, Query, Router

from linli.kernel.areas import queries
from linli.kernel.areas.levels import level_of
from linli.kernel.areas.locate import locate
from linli.web.rest import Schema

router = Router(tags=["区域"])


class AreaOut(Schema):
    code: str
    name: str
    level: str
    path: str


class LocatedOut(Schema):
    code: str
    name: str
    path: list[str]


class Point(Schema):
    lng: float = Field(ge=-180, le=180, allow_inf_nan=False, description="经度（WGS84/CGCS2000）")
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, description="纬度")


def _out(code: str, name: str) -> AreaOut:
    return AreaOut(code=code, name=name, level=str(level_of(code).name).lower(), path=queries.path_of(code))


@router.get("/locate", response=LocatedOut, summary="点位属于哪个网格")
def locate_point(request: HttpRequest, point: Query[Point]) -> LocatedOut:
    found = locate(point.lng, point.lat)
    return LocatedOut(code=found.code, name=found.name, path=list(found.path))


@router.get("", response=list[AreaOut], summary="最上级区域")
def top(request: HttpRequest) -> list[AreaOut]:
    return [_out(node.code, node.name) for node in queries.cities()]


@router.get("/{code}/children", response=list[AreaOut], summary="下级区域")
def children(request: HttpRequest, code: str) -> list[AreaOut]:
    return [_out(node.code, node.name) for node in queries.children(queries.node(code).code)]


@router.get("/{code}", response=AreaOut, summary="区域")
def area(request: HttpRequest, code: str) -> AreaOut:
    node = queries.node(code)
    return _out(node.code, node.name)
