"""What the database really has, as far as distributing it is concerned; read from its catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from linli.config.scale.placement import COLUMN, Place, place_of


@dataclass(frozen=True)
class Column:
    """One column: its type with width, its collation, and how its value comes about where none is given."""

    name: str
    kind: str
    collation: str
    can_be_null: bool
    is_counted: bool
    """From a sequence, whether by default or as identity."""


@dataclass(frozen=True)
class Key:
    """A unique key: of a constraint, or of an index alone."""

    name: str
    columns: tuple[str, ...]
    has_expressions: bool
    is_primary: bool
    is_constraint: bool
    is_exclusion: bool
    condition: str
    """Of a partial index, as SQL; else empty."""


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    name: str
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    sets: bool
    """Whether the end of the target sets columns (SET NULL, SET DEFAULT)."""


@dataclass(frozen=True)
class Trigger:
    name: str
    function: str


@dataclass(frozen=True)
class Table:
    """One table with its keys; partitions are part of their table."""

    name: str
    columns: dict[str, Column]
    keys: tuple[Key, ...]
    triggers: tuple[Trigger, ...]
    is_inherited: bool

    @property
    def place(self) -> Place | None:
        return place_of(self.name, self.columns)

    @property
    def district(self) -> Column:
        return self.columns[COLUMN]


@dataclass(frozen=True)
class Schema:
    tables: dict[str, Table]
    references: tuple[Reference, ...]

    def at(self, place: Place) -> list[Table]:
        """The tables of one place, by name."""
        return [table for _, table in sorted(self.tables.items()) if table.place is place]

    def place(self, table: str) -> Place | None:
        return self.tables[table].place


_OURS = """
    c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
"""Tables of the platform: no partitions, nothing that came with an extension."""

_COLUMNS = f"""
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(l.collname, ''),
       NOT a.attnotnull,
       a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%', false),
       EXISTS (SELECT 1 FROM pg_inherits i
                 JOIN pg_class child ON child.oid = i.inhrelid
                WHERE i.inhparent = c.oid AND NOT child.relispartition)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE {_OURS}
 ORDER BY c.relname, a.attnum
"""

_NAMES = """
ARRAY(SELECT one.attname FROM unnest({keys}) WITH ORDINALITY listed(number, n)
        JOIN pg_attribute one ON one.attrelid = {table} AND one.attnum = listed.number
       ORDER BY listed.n)
"""
"""Names of the columns that an array of their numbers means, in its order."""

_KEYS = f"""
SELECT c.relname, x.relname,
       {_NAMES.format(keys="i.indkey[0:i.indnkeyatts - 1]", table="c.oid")}::text[],
       0 = ANY (i.indkey::int2[]), i.indisprimary, k.oid IS NOT NULL, i.indisexclusion,
       coalesce(pg_get_expr(i.indpred, i.indrelid), '')
  FROM pg_class c
  JOIN pg_index i ON i.indrelid = c.oid AND (i.indisunique OR i.indisexclusion)
  JOIN pg_class x ON x.oid = i.indexrelid
  LEFT JOIN pg_constraint k ON k.conindid = x.oid AND k.contype IN ('p', 'u', 'x')
 WHERE {_OURS}
 ORDER BY c.relname, x.relname
"""

_TRIGGERS = f"""
SELECT c.relname, t.tgname, p.proname
  FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
  JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE {_OURS}
   AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
 ORDER BY c.relname, t.tgname
"""

_REFERENCES = f"""
SELECT k.conname, c.relname, {_NAMES.format(keys="k.conkey", table="k.conrelid")}::text[],
       t.relname, {_NAMES.format(keys="k.confkey", table="k.confrelid")}::text[],
       k.confdeltype IN ('n', 'd') OR k.confupdtype <> 'a'
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
 WHERE k.contype = 'f' AND {_OURS}
 ORDER BY c.relname, k.conname
"""


def read() -> Schema:
    """The schema of the database in hand."""
    columns: dict[str, dict[str, Column]] = {}
    inherited: dict[str, bool] = {}
    for table, name, kind, collation, can_be_null, is_counted, is_inherited in _rows(_COLUMNS):
        columns.setdefault(table, {})[name] = Column(name, kind, collation, can_be_null, is_counted)
        inherited[table] = is_inherited
    keys: dict[str, list[Key]] = {}
    for table, name, names, *rest in _rows(_KEYS):
        keys.setdefault(table, []).append(Key(name, tuple(names), *rest))
    triggers: dict[str, list[Trigger]] = {}
    for table, name, function in _rows(_TRIGGERS):
        triggers.setdefault(table, []).append(Trigger(name, function))
    references = [
        Reference(name, table, tuple(own), target, tuple(theirs), sets)
        for name, table, own, target, theirs, sets in _rows(_REFERENCES)
    ]
    tables = {
        name: Table(name, found, tuple(keys.get(name, ())), tuple(triggers.get(name, ())), inherited[name])
        for name, found in columns.items()
    }
    return Schema(tables, tuple(references))


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
