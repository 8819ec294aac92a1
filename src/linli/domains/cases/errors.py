"""Refusals of the cases domain."""

from linli.lib.errors import Invalid, NotFound, WrongState


class CaseNotFound(NotFound):
    code = "case_not_found"
    title = "未找到该事件，请核对编号"


class NumberWrong(Invalid):
    code = "case_number_wrong"
    title = "编号有误，请核对每一位数字"


class UnitUnknown(Invalid):
    code = "unit_unknown"
    title = "单位不存在或已停用"


class NotClassified(WrongState):
    code = "case_not_classified"
    title = "尚未认定事项，不能分办；清单以外的事项不得交办（《条例》第二十一条、第二十四条）"


class TrackingUnknown(NotFound):
    code = "tracking_unknown"
    title = "查询凭证无效，请核对链接或二维码"
