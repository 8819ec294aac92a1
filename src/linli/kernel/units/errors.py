"""What this room refuses."""

from __future__ import annotations

from linli.lib.errors import Invalid, NotAllowed, NotFound, WrongState


class OutOfReach(NotAllowed):
    code = "register_out_of_reach"
    title = "不在您的岗位负责区域内，请由上级管理员办理"


class SelfServed(NotAllowed):
    """Nobody grants, resets or switches off for themselves what only somebody else may."""

    code = "self_served"
    title = "不能为本人办理，请由另一位管理员办理"


class RolesExclude(Invalid):
    """System, security and audit administrators are kept apart (GB/T 22239-2019, 三员分立)."""

    code = "roles_exclude"
    title = "系统管理员、安全管理员、审计管理员不得由同一账号兼任"


class AdministratorsApart(NotAllowed):
    """An administrator of one kind does not take the account of another kind over."""

    code = "administrators_apart"
    title = "三类管理员相互独立：该账号是另一类管理员，请由运维人员以命令行 linli account 办理"


class LastAdministrator(WrongState):
    code = "last_administrator"
    title = "这是该区域最后一名此类管理员，请先任命接任的人"


class UnitClosed(WrongState):
    code = "unit_closed"
    title = "该单位已停用"


class UnitInUse(WrongState):
    code = "unit_in_use"
    title = "该单位仍在使用，不能停用"


class AccountInactive(WrongState):
    code = "account_inactive"
    title = "该账号已停用"


class PostEnded(WrongState):
    code = "post_ended"
    title = "该岗位已经离任"


class RegisterNotFound(NotFound):
    code = "register_not_found"
    title = "没有登记这一项，或不在您的负责区域内"
