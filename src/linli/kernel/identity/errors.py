"""What this room refuses."""

from __future__ import annotations

from linli.lib.errors import NotAllowed, NotFound, Refusal, WrongState


class FactorNotFound(NotFound):
    code = "factor_not_found"
    title = "没有这一项第二因素"


class FactorNeeded(WrongState):
    code = "factor_needed"
    title = "您的岗位必须使用第二因素，请先添加另一种，再移除这一种"


class TooManyFactors(WrongState):
    code = "too_many_factors"
    title = "通行密钥已达上限，请先移除不再使用的"


class ResetOwnFactors(NotAllowed):
    code = "reset_own_factors"
    title = "不能为本人重置第二因素，请由另一位安全管理员办理"


class SignOnUnavailable(Refusal):
    code = "sign_on_unavailable"
    status = 503
    title = "统一身份认证暂时无法使用，请稍后再试，或以用户名和密码登录"


class SignOnFailed(NotAllowed):
    code = "sign_on_failed"
    title = "统一身份认证没有完成，请从登录页重新开始"


class UnknownPerson(NotAllowed):
    """Single sign-on knows this person, this platform does not: accounts are made by administrators alone."""

    code = "sign_on_unknown"
    title = "您在本平台还没有可用的账号"
