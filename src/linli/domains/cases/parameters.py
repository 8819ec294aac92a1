"""What a city may set about cases, with the source of each default."""

from __future__ import annotations

from linli.kernel.clocks.calendar import Limit, Measure

HAND_BACKS = "hand_backs"
ANSWER_REOPENS = "answer_reopens_days"
JOIN_METRES = "join_metres"

LIMITS: dict[str, Limit] = {
    "accept": Limit(2, Measure.HOURS, "默认值：示范，参照晴隆县12345热线签收时限2小时（time_limits.csv）"),
    "dispatch": Limit(4, Measure.WORK_HOURS, "默认值：示范，待本市核定"),
    "handle": Limit(5, Measure.WORK_DAYS, "默认值：参照山东省政务服务热线管理办法（time_limits.csv）"),
    "verify": Limit(2, Measure.WORK_DAYS, "默认值：示范，待本市核定"),
    "answer": Limit(5, Measure.DAYS, "默认值：示范，待本市核定；到期未反馈的按核查结果结案"),
    "overall": Limit(10, Measure.WORK_DAYS, "默认值：示范，待本市核定"),
}
"""Limits where the matter sets none. A city's own stand in its matters."""


def fallback_limit(stage: str) -> Limit:
    """The limit for a stage of which the matter says nothing."""
    return LIMITS[stage]
