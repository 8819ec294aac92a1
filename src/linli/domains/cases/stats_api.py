"""REST endpoint of figures."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from ninja import Field, Query, Router

from linli.domains.cases import indicators
from linli.domains.cases import permissions as may
from linli.kernel.access.actor import Actor
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level
from linli.kernel.insight.declaration import Period
from linli.kernel.insight.figures import Figure, nothing
from linli.lib.errors import Invalid
from linli.lib.time import today
from linli.web.rest import Schema

router = Router(tags=["指标"])

DAYS = 30
LONGEST_DAYS = 3660


class ExcludedOut(Schema):
    reason: str
    number: int


class StatOut(Schema):
    """一项指标。`value` 为比率（0–1）、件数或小时；分母为 0 或件数不足时为空，不以 0 代替。"""

    code: str
    title: str
    unit: str
    grain: str
    value: float | None
    numerator: int
    numerator_title: str
    denominator: int | None
    denominator_title: str | None
    excluded: list[ExcludedOut]
    source: str
    note: str

    @staticmethod
    def of(figure: Figure) -> StatOut:
        one = figure.indicator
        return StatOut(
            code=one.code,
            title=one.title,
            unit=one.unit,
            grain=one.grain.value,
            value=figure.value,
            numerator=figure.numerator,
            numerator_title=one.counted.title,
            denominator=figure.denominator,
            denominator_title=one.among.title if one.among else None,
            excluded=[ExcludedOut(reason=reason, number=number) for reason, number in figure.excluded],
            source=one.source,
            note=one.note,
        )


class AreaStatsOut(Schema):
    area: str
    name: str
    figures: list[StatOut]


class StatsOut(Schema):
    """一个区域、一段时间的各项指标，及其下级区域的指标。"""

    area: str
    first: dt.date
    last: dt.date
    at: dt.datetime
    figures: list[StatOut]
    children: list[AreaStatsOut]


class StatsQuery(Schema):
    """查询条件。不填区域即本岗位能看到的全部；不填日期即最近 30 天。"""

    area: str = Field("", max_length=18, description="区域代码")
    first: dt.date | None = Field(None, alias="from", description="起始日（含）")
    last: dt.date | None = Field(None, alias="to", description="截止日（含）")


IN_CHILDREN = (
    indicators.REPORTED,
    indicators.CLOSED,
    indicators.OPEN,
    indicators.OVERDUE,
    indicators.RESPONSE,
    indicators.SOLVED,
    indicators.ON_TIME_HANDLING,
    indicators.ON_TIME_CLOSING,
)


@router.get("/stats", response=StatsOut, summary="指标")
def stats(request: HttpRequest, query: Query[StatsQuery]) -> StatsOut:
    """区域内事件的各项指标：每项都有分子、分母、未计入的数量和理由。只统计本岗位看得到的事件。"""
    actor: Actor = request.auth  # type: ignore[attr-defined]  # set by the API's authentication
    actor.require(may.VIEW)
    period = _period(query)
    if query.area:
        areas.node(query.area)
    on = indicators.seen_by(actor, query.area)
    told = indicators.whole(on, indicators.INDICATORS.values(), period)
    return StatsOut(
        area=query.area,
        first=period.first,
        last=period.last,
        at=period.at,
        figures=[StatOut.of(figure) for figure in told.values()],
        children=_children(on, query.area or actor.area, period),
    )


def _period(query: StatsQuery) -> Period:
    last = query.last or today()
    first = query.first or last - dt.timedelta(days=DAYS - 1)
    if first > last:
        raise Invalid(fields={"from": "起始日晚于截止日"})
    if (last - first).days > LONGEST_DAYS:
        raise Invalid(fields={"from": "起止日期相距过长"})
    return Period.of(first, last)


def _children(on: indicators.Cases, area: str, period: Period) -> list[AreaStatsOut]:
    nodes = areas.children(area)
    if not nodes:
        return []
    wanted = [indicators.in_lists(one) for one in IN_CHILDREN]
    told = indicators.by_area(on, wanted, period, Level(nodes[0].level))
    return [
        AreaStatsOut(
            area=node.code,
            name=node.name,
            figures=[StatOut.of(told.get(node.code, {}).get(one.code) or nothing(one)) for one in wanted],
        )
        for node in nodes
    ]
