"""Abilities over rooms that stand below this one and so cannot declare any."""

from __future__ import annotations

from linli.kernel.access.roles import ability

EDIT_AREAS = ability("areas.edit", "调整区域和网格", "新建、改名、拆分、合并、撤销区域，改划边界，均留版本")
SEE_STYLE = ability("web.style", "查看界面样式", "打开界面样式总览页")
VIEW_REGISTERS = ability(
    "units.view", "查看单位和账号", "查看本区域的单位、账号、岗位、接口令牌和区域版本，并可导出"
)
EDIT_UNITS = ability("units.edit", "维护单位", "设立、变更、停用单位及其职能")
EDIT_ACCOUNTS = ability("accounts.edit", "维护账号", "建立、变更、停用、恢复账号，重置密码；不能任命岗位")
GRANT_POSTS = ability("posts.grant", "任免岗位", "为他人任命和结束岗位；不能建立账号，不能为本人任命")
ISSUE_TOKENS = ability("tokens.issue", "管理接口令牌", "签发、撤销代表岗位的接口令牌")
AUDIT_REGISTERS = ability("units.audit", "审计登记变更", "查看谁在何时变更了哪些单位、账号、岗位、令牌")
