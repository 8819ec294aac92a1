"""The roles of the platform: which abilities, over which rows.

Where posts stand: a grid worker in a grid, a community's staff in a community, a dispatcher at the centre of
a township, district or city, a clerk in a department, and so on. A city grants roles to posts; what a role
may do is said here, once, and shown on the roles page with each ability's own line.

System, security and audit administrators are three roles that no account can hold together: who makes
accounts grants them nothing, who grants posts makes no accounts, and a third reads what both have done.
"""

from __future__ import annotations

from linli.domains.cases import permissions as cases
from linli.domains.matters import permissions as matters
from linli.kernel.access import permissions as access
from linli.kernel.access.roles import Scope, role
from linli.kernel.clocks import permissions as clocks
from linli.kernel.flow import permissions as flow
from linli.kernel.identity import permissions as identity
from linli.kernel.journal import permissions as journal
from linli.kernel.notices import permissions as notices
from linli.kernel.vault import permissions as vault

AREA, UNIT, HELD, OWN = Scope.AREA, Scope.UNIT, Scope.HELD, Scope.OWN

role(
    "grid_worker",
    "网格员",
    {
        AREA: [
            cases.VIEW,
            cases.REPORT,
            cases.SOLVE,
            cases.JOIN,
            cases.VERIFY,
            cases.COMMENT,
            cases.NOTE,
            matters.VIEW,
        ],
    },
    level="grid",
)
role(
    "committee_clerk",
    "社区（村）工作人员",
    {
        AREA: [
            cases.VIEW,
            cases.REPORT,
            cases.SOLVE,
            cases.JOIN,
            cases.VERIFY,
            cases.COMMENT,
            cases.NOTE,
            cases.EXPORT,
            matters.VIEW,
        ],
        UNIT: [cases.VIEW, cases.HANDLE, cases.REPLY, cases.COMMENT, cases.CONTACT],
    },
    level="community",
)
role(
    "dispatcher",
    "综治中心分办员",
    {
        AREA: [
            cases.VIEW,
            cases.OVERSEE,
            cases.SENSITIVE,
            cases.REPORT,
            cases.JOIN,
            cases.IMPORT,
            cases.APPROVE,
            cases.VERIFY,
            cases.CLOSE,
            cases.COMMENT,
            cases.NOTE,
            cases.EXPORT,
            cases.CONTACT,
            matters.VIEW,
            matters.REFUSALS,
        ],
        HELD: [cases.ACCEPT, cases.DISPATCH, cases.ESCALATE],
        UNIT: [cases.VIEW, cases.HANDLE, cases.REPLY, cases.COMMENT],
    },
)
role(
    "centre_head",
    "综治中心负责人",
    {
        AREA: [
            cases.VIEW,
            cases.OVERSEE,
            cases.SENSITIVE,
            cases.REPORT,
            cases.JOIN,
            cases.IMPORT,
            cases.APPROVE,
            cases.VERIFY,
            cases.CLOSE,
            cases.SUPERVISE,
            cases.COMMENT,
            cases.NOTE,
            cases.EXPORT,
            cases.CONTACT,
            matters.VIEW,
            matters.EDIT,
            matters.REFUSALS,
            flow.SET_PARAMETERS,
            access.VIEW_REGISTERS,
        ],
        HELD: [cases.ACCEPT, cases.DISPATCH, cases.ESCALATE],
        UNIT: [cases.VIEW, cases.HANDLE, cases.REPLY, cases.COMMENT],
    },
)
role(
    "clerk",
    "部门经办人",
    {
        UNIT: [
            cases.VIEW,
            cases.HANDLE,
            cases.REPLY,
            cases.COMMENT,
            cases.NOTE,
            cases.EXPORT,
            cases.CONTACT,
        ],
        AREA: [cases.REPORT, cases.JOIN, matters.VIEW],
    },
)
role(
    "supervisor",
    "督办员",
    {
        AREA: [
            cases.VIEW,
            cases.OVERSEE,
            cases.SENSITIVE,
            cases.SUPERVISE,
            cases.COMMENT,
            cases.EXPORT,
            matters.VIEW,
            matters.REFUSALS,
        ],
        UNIT: [cases.VIEW],
    },
)
role(
    "leader",
    "领导",
    {AREA: [cases.VIEW, cases.OVERSEE, cases.EXPORT, matters.VIEW, matters.REFUSALS]},
)
role("screen", "指挥屏", {AREA: [cases.VIEW, cases.OVERSEE]})
role(
    "system_admin",
    "系统管理员",
    {
        AREA: [
            access.EDIT_AREAS,
            access.EDIT_UNITS,
            access.EDIT_ACCOUNTS,
            access.VIEW_REGISTERS,
            access.SEE_STYLE,
            clocks.EDIT_CALENDAR,
            flow.SET_PARAMETERS,
            matters.VIEW,
            matters.EDIT,
            notices.CONFIGURE,
        ]
    },
    excludes=["security_admin", "audit_admin"],
)
role(
    "security_admin",
    "安全管理员",
    {
        AREA: [
            access.VIEW_REGISTERS,
            access.GRANT_POSTS,
            access.ISSUE_TOKENS,
            identity.RESET_FACTORS,
            vault.CORRECT,
            vault.ERASE,
            journal.ERASE_REMARK,
        ]
    },
    excludes=["system_admin", "audit_admin"],
)
role(
    "audit_admin",
    "审计管理员",
    {AREA: [access.VIEW_REGISTERS, access.AUDIT_REGISTERS, journal.VERIFY, vault.AUDIT]},
    excludes=["system_admin", "security_admin"],
)
role("reporter", "上报人", {OWN: [cases.VIEW, cases.ANSWER]})
role("joiner", "附议人", {OWN: [cases.JOIN]})
