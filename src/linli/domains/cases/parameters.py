"""What a city may set about cases, with the source of each default."""

from __future__ import annotations

from functools import cache

from linli.kernel.clocks.calendar import Limit, Measure

HAND_BACKS = "hand_backs"
ANSWER_REOPENS = "answer_reopens_days"

LIMITS: dict[str, Limit] = {
    "accept": Limit(2, Measure.HOURS, "默认值：示范，参照晴隆县12345热线签收时限2小时（time_limits.csv）"),
    "dispatch": Limit(4, Measure.WORK_HOURS, "默认值：示范，待本市核定"),
    "handle": Limit(5, Measure.WORK_DAYS, "默认值：参照山东省政务服务热线管理办法（time_limits.csv）"),
    "verify": Limit(2, Measure.WORK_DAYS, "默认值：示范，待本市核定"),
    "answer": Limit(5, Measure.DAYS, "默认值：示范，待本市核定；到期未反馈的按核查结果结案"),
}
"""Limits of stages where the matter sets none. A city's own stand in its matters."""

_SHORTEST = {
    Measure.WORK_HOURS: Limit(3, Measure.WORK_DAYS),
    Measure.WORK_DAYS: Limit(3, Measure.WORK_DAYS),
    Measure.HOURS: Limit(24, Measure.HOURS),
    Measure.DAYS: Limit(3, Measure.DAYS),
}


@cache
def overall_for(handle: Limit) -> Limit:
    """The limit over the whole case where the matter sets none: twice that for handling and not less than
    leaves room for receiving, dispatching and verifying; working time for working time."""
    shortest = _SHORTEST[handle.measure]
    doubled = 2 * handle.amount if handle.measure is shortest.measure else 0
    return Limit(
        max(doubled, shortest.amount),
        shortest.measure,
        f"默认值：示范，待本市核定；事项未单列总时限的，为处置时限的两倍，且不少于{shortest}",  # not shown
    )
