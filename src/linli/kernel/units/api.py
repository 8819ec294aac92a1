"""REST endpoints of units."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Query, Router

from linli.kernel.units.models import Unit
from linli.web.pages import Page, PageQuery, keyset
from linli.web.rest import Schema

router = Router(tags=["单位"])


class UnitOut(Schema):
    id: int
    name: str
    short_name: str
    kind: str
    area: str
    functions: list[str]


class UnitsQuery(PageQuery):
    area: str = ""
    kind: str = ""
    function: str = ""


@router.get("", response=Page[UnitOut], summary="单位列表")
def units(request: HttpRequest, query: Query[UnitsQuery]) -> Page[UnitOut]:
    found = Unit.objects.filter(valid_to=None)
    if query.area:
        found = found.filter(area__startswith=query.area)
    if query.kind:
        found = found.filter(kind=query.kind)
    if query.function:
        found = found.filter(functions__contains=[query.function])
    page = keyset(found, order=["id"], cursor=query.cursor, size=query.limit)
    return Page(
        items=[UnitOut.model_validate(u, from_attributes=True) for u in page.items], next=page.next or None
    )
