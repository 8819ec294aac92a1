"""Spreading the tables of a database over the nodes of a Citus cluster, by district.

All of it is one transaction of the coordinator; then the coordinator gives back the room that the rows had
there. What stands already is left as it is: the command is run again after an upgrade with new tables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, LiteralString

from django.db import connection, transaction
from psycopg import sql

from linli.config.scale.check import problems
from linli.config.scale.placement import COLUMN, Place
from linli.config.scale.schema import Reference, Schema, Table, read
from linli.kernel.records.distribution import say_distributed
from linli.lib.errors import Refusal

Say = Callable[[str], None]


class NotDistributable(Refusal):
    """The database cannot be distributed as it is; the message says what is lacking."""

    code = "not_distributable"
    status = 503
    title = "数据库不能按区（市）县分布"

    def __init__(self, *problems: str) -> None:
        super().__init__(self.title)
        self.problems = problems


def distribute(*, say: Say) -> int:
    """Distribute every table that is not yet; returns how many. Refuses with ``NotDistributable``.

    Nobody else should be at work meanwhile: tables are locked while their rows move.
    """
    schema = read()
    _refuse_unready(schema)
    done = _distributed()
    sharded = [table for table in schema.at(Place.SHARDED) if table.name not in done]
    shared = [table for table in _pointed_to_first(schema) if table.name not in done]
    with transaction.atomic():
        _let()
        _let_from_now_on()
        inner = list(_between(schema, {table.name for table in sharded}))
        for one in inner:
            _run("ALTER TABLE {} DROP CONSTRAINT {}", one.table, one.name)
        for table in sharded:
            _widen(table)
        for table in shared:
            say(f"{table.name}：{Place.REFERENCE.value}")
            _call("create_reference_table(%s::regclass)", table.name)
        beside = next((table.name for table in schema.at(Place.SHARDED) if table.name in done), "")
        for table in sharded:
            say(f"{table.name}：{Place.SHARDED.value}")
            _spread(table, beside or "none")
            beside = beside or table.name
        for one in inner:
            _point(one)
        say_distributed()
    for table in (*schema.at(Place.REFERENCE), *schema.at(Place.SHARDED)):
        _forget_own_rows(table)
    return len(sharded) + len(shared)


def _refuse_unready(schema: Schema) -> None:
    lacking = problems(schema)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
        if cursor.fetchone() is None:
            lacking.append("数据库没有 Citus 扩展 · the extension citus is missing (CREATE EXTENSION citus)")
        else:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE groupid = 0),"
                " count(*) FILTER (WHERE groupid <> 0 AND isactive) FROM pg_dist_node"
            )
            coordinators, workers = cursor.fetchone()
            if not coordinators:
                lacking.append(
                    "协调节点未登记 · the coordinator is not registered (citus_set_coordinator_host)"
                )
            if not workers:
                lacking.append("没有工作节点 · there is no worker node (citus_add_node)")
    if lacking:
        raise NotDistributable(*lacking)


def _distributed() -> set[str]:
    """Tables that are distributed or copied to every node; local ones that Citus merely knows are not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid"
            " WHERE p.partmethod = 'h' OR p.repmodel = 't'"
        )
        return {name for (name,) in cursor.fetchall()}


SETTINGS: Final[Mapping[str, str]] = {
    "citus.multi_shard_modify_mode": "sequential",
    "citus.enable_unsafe_triggers": "on",
}
"""What Citus is told, now and in every session to come (upgrades, new partitions): one shard after the other,
since foreign keys tie the tables together; and that triggers are wanted (``placement.SAFE_TRIGGERS``)."""


def _let() -> None:
    """For the transaction in hand, which began before the database was told."""
    for name, value in SETTINGS.items():
        _run("SELECT set_config({}, {}, true)", sql.Literal(name), sql.Literal(value))


def _let_from_now_on() -> None:
    database = sql.Identifier(connection.settings_dict["NAME"])
    for name, value in SETTINGS.items():
        _run("ALTER DATABASE {} SET {} TO {}", database, sql.SQL(name), sql.Literal(value))


def _pointed_to_first(schema: Schema) -> Iterator[Table]:
    """Reference tables, each after those that it points to."""
    left = {table.name: table for table in schema.at(Place.REFERENCE)}
    targets = {
        name: {one.target for one in schema.references if one.table == name and one.target != name}
        for name in left
    }
    while left:
        free = [name for name in left if not targets[name] & left.keys()]
        if not free:
            raise NotDistributable(f"外键成环：{'、'.join(sorted(left))} · foreign keys in a circle")
        for name in free:
            yield left.pop(name)


def _between(schema: Schema, sharded: Collection[str]) -> Iterator[Reference]:
    """Foreign keys among tables that are to be sharded."""
    for one in schema.references:
        if one.table in sharded and schema.place(one.target) is Place.SHARDED:
            yield one


def _widen(table: Table) -> None:
    """Put the district into every unique key that lacks it, at its end: what searches by the key finds it."""
    for key in table.keys:
        if COLUMN in key.columns:
            continue
        columns = _listed((*key.columns, COLUMN))
        if key.is_constraint:
            kind = sql.SQL("PRIMARY KEY" if key.is_primary else "UNIQUE")
            _run("ALTER TABLE {} DROP CONSTRAINT {}", table.name, key.name)
            _run("ALTER TABLE {} ADD CONSTRAINT {} {} ({})", table.name, key.name, kind, columns)
        else:
            # the condition is SQL already, told by the catalogue
            where = sql.SQL(f"WHERE {key.condition}" if key.condition else "")
            _run("DROP INDEX {}", key.name)
            _run("CREATE UNIQUE INDEX {} ON {} ({}) {}", key.name, table.name, columns, where)


def _spread(table: Table, beside: str) -> None:
    """Spread the table as ``beside`` is, so that rows of one district lie together."""
    _call("create_distributed_table(%s::regclass, %s, colocate_with => %s)", table.name, COLUMN, beside)


def _point(one: Reference) -> None:
    """Point to the target's wider key: a row and what it belongs to are of one district."""
    own, theirs = ((*names, COLUMN) for names in (one.columns, one.target_columns))
    _run(
        "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) DEFERRABLE INITIALLY DEFERRED",
        one.table,
        one.name,
        _listed(own),
        one.target,
        _listed(theirs),
    )


def _forget_own_rows(table: Table) -> None:
    """Give back the room of rows that have moved to the nodes; triggers that refuse it stand aside."""
    parts = _leftover(table)
    if not parts:
        return
    guarded = parts if table.triggers else []
    with transaction.atomic():
        _let()
        for name in guarded:
            _run("ALTER TABLE {} DISABLE TRIGGER USER", name)
        _call("truncate_local_data_after_distributing_table(%s::regclass)", table.name)
        for name in guarded:
            _run("ALTER TABLE {} ENABLE TRIGGER USER", name)


def _leftover(table: Table) -> list[str]:
    """The table and its partitions, where the coordinator still holds rows of them; else nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(c.relname::text ORDER BY level) FROM pg_partition_tree(%s::regclass) t"
            " JOIN pg_class c ON c.oid = t.relid HAVING sum(pg_relation_size(t.relid)) > 0",
            [table.name],
        )
        row = cursor.fetchone()
    return list(row[0]) if row else []


def _listed(columns: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _run(text: LiteralString, *parts: str | sql.Composable) -> None:
    """Run a statement whose places are names, or SQL by itself."""
    names = (part if isinstance(part, sql.Composable) else sql.Identifier(part) for part in parts)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(text).format(*names).as_string(cursor.connection))


def _call(function: LiteralString, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}", values)
