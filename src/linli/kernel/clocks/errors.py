"""What a clock refuses."""

from __future__ import annotations

from linli.lib.errors import Invalid, WrongState


class ClockStopped(WrongState):
    code = "clock_stopped"
    title = "时限已停止，不能再变更"


class ClockPaused(WrongState):
    code = "clock_paused"
    title = "时限已暂停，不能重复暂停"


class ClockNotPaused(WrongState):
    code = "clock_not_paused"
    title = "时限未暂停，无需恢复"


class LimitNotConvertible(Invalid):
    """Working time cannot be extended by natural time, nor the other way round."""

    code = "limit_not_convertible"
    title = "延期须与原时限同按工作时间或同按自然时间计算"
