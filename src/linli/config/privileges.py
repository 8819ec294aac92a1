"""Who may do what to the tables: the second lock on what is never changed, beside its triggers.

Rows of the journal, of the logs of the vault and of the registers are written once. Triggers refuse anything
else; here the right to it is taken away as well, from the role that owns the tables (which could give it
back to itself, but only by a deed of its own) and from the role that faces the network (which could not).

A dump carries no privileges, since the roles may be called otherwise where it is restored. So they are set
anew by every ``linli migrate``, with which a restore ends.
"""

from __future__ import annotations

from django.db import connection, transaction
from psycopg import sql

from linli.lib.errors import Refusal

NEVER = {
    "cases_publishedmonth": ("UPDATE", "TRUNCATE"),  # what people have read; withdrawn only as a whole
    "journal_entry": ("UPDATE", "DELETE", "TRUNCATE"),
    "journal_root": ("UPDATE", "DELETE", "TRUNCATE"),
    "journal_remark": ("DELETE", "TRUNCATE"),  # a remark may be erased by law: its words are emptied
    "units_registerentry": ("UPDATE", "DELETE", "TRUNCATE"),
    "vault_reading": ("UPDATE", "TRUNCATE"),  # deleted when the time is over that the law asks for
}
"""By table, what nobody may do to it; of a partitioned table this holds for its partitions too."""

_TABLES = """
SELECT c.relname, coalesce(p.relname, c.relname), c.relispartition
  FROM pg_class c
  LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
  LEFT JOIN pg_class p ON p.oid = i.inhparent
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""


class RoleUnknown(Refusal):
    """``LINLI_APP_ROLE`` names a role that the database does not have."""

    code = "role_unknown"
    status = 503
    title = "数据库里没有该角色"


def set_privileges(app_role: str = "") -> bool:
    """Take away what nobody may do, and give ``app_role``, where it is named, what the web needs.

    Does nothing, and says so, when the present role does not own the tables. Refuses with ``RoleUnknown``.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE relname = 'journal_entry'")
        (is_owner,) = cursor.fetchone()
        if not is_owner:
            return False
        cursor.execute(_TABLES)
        tables: list[tuple[str, str, bool]] = cursor.fetchall()
        statements = [_take("CURRENT_USER", table, NEVER.get(parent, ())) for table, parent, _ in tables]
        if app_role:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [app_role])
            if cursor.fetchone() is None:
                raise RoleUnknown(
                    f"数据库里没有角色 {app_role}（LINLI_APP_ROLE）：请先由数据库管理员执行"
                    f" CREATE ROLE {app_role} LOGIN PASSWORD '…'（the role does not exist）"
                )
            statements += _for_the_web(app_role, tables)
        for statement in statements:
            if statement is not None:
                cursor.execute(statement.as_string(cursor.connection))
    return True


def _for_the_web(role: str, tables: list[tuple[str, str, bool]]) -> list[sql.Composable | None]:
    """Rows of all tables, less what nobody may do. Partitions are reached through their table alone."""
    name = sql.Identifier(role)
    made: list[sql.Composable | None] = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
    ]
    for table, parent, is_partition in tables:
        one = sql.Identifier(table)
        made.append(sql.SQL("REVOKE ALL ON {} FROM {}").format(one, name))
        if not is_partition:
            allowed = [d for d in ("SELECT", "INSERT", "UPDATE", "DELETE") if d not in NEVER.get(parent, ())]
            made.append(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(", ".join(allowed)), one, name))
    return made


def _take(role: str, table: str, deeds: tuple[str, ...]) -> sql.Composable | None:
    if not deeds:
        return None
    return sql.SQL("REVOKE {} ON {} FROM {}, PUBLIC").format(
        sql.SQL(", ".join(deeds)), sql.Identifier(table), sql.SQL(role)
    )
