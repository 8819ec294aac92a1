"""Why the database cannot be used, in words: what a command says instead of a trace."""

from __future__ import annotations

import django.db
import psycopg

from linli.config import environment as env
from linli.lib.errors import Refusal

FAILURES = (django.db.Error, psycopg.Error)
"""Whatever the database or its driver raises, through Django or past it."""


class DatabaseUnusable(Refusal):
    """The installation has no database to work with: commands end with an exit code of their own."""

    code = "database_unusable"
    status = 503
    title = "数据库无法使用"


class DatabaseUnavailable(DatabaseUnusable):
    """It is not there, does not let us in, or breaks off."""

    code = "database_unavailable"
    title = "数据库无法连接"


class SchemaBehind(DatabaseUnusable):
    """It lacks tables or columns that this version needs."""

    code = "schema_behind"
    title = "数据库结构尚未建立或不是最新：请先运行 linli migrate（run linli migrate first）"


class NotPermitted(DatabaseUnusable):
    """The role we connect as lacks a right."""

    code = "database_not_permitted"
    title = "数据库角色权限不足"


def why_unusable(error: Exception) -> DatabaseUnusable | None:
    """A failure that whoever runs the installation can mend; None for a fault of ours."""
    if _is(error, psycopg.errors.InsufficientPrivilege):
        return NotPermitted(f"数据库角色权限不足：{_reason(error)}；请换用表的所有者（use the owner's role）")
    if not _is(error, psycopg.OperationalError, psycopg.InterfaceError):
        return None
    if env.is_embedded():
        mend = "内嵌数据库没有运行；请执行 linli demo，或以 LINLI_DATABASE_URL 指定数据库"
    else:
        mend = "请检查 LINLI_DATABASE_URL 和数据库服务，再执行 linli doctor"
    return DatabaseUnavailable(f"数据库无法连接：{_reason(error)}。{mend}（cannot use the database）")


def _is(error: Exception, *kinds: type[psycopg.Error]) -> bool:
    """Whether it is the driver's, or Django's in whose stead the driver's was raised."""
    return isinstance(error, kinds) or isinstance(error.__cause__, kinds)


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
