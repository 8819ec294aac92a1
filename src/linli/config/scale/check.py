"""What stands in the way of distributing the database by district: nothing, as long as a test holds it."""

from __future__ import annotations

from collections.abc import Iterator

from linli.config.scale.placement import CITY_WIDE, COLUMN, LOCAL, REFERENCE, SAFE_TRIGGERS, Place
from linli.config.scale.schema import Key, Reference, Schema, Table


def problems(schema: Schema) -> list[str]:
    """Each obstacle as a sentence that names table and key; empty when there is none.

    What ``distribute`` sets right by itself is no obstacle: primary keys, the keys of ``CITY_WIDE``, and
    foreign keys between rows of one district.
    """
    return [
        *_places(schema),
        *(line for table in schema.at(Place.SHARDED) for line in _sharded(schema, table)),
        *(line for table in schema.at(Place.REFERENCE) for line in _triggers(table)),
        *(line for one in schema.references for line in _reference(schema, one)),
    ]


def _places(schema: Schema) -> Iterator[str]:
    for name, table in sorted(schema.tables.items()):
        if table.place is None:
            yield f"{name}：没有 {COLUMN} 列，也未写明分布在哪里 · neither the column nor a declared place"
        if COLUMN in table.columns and table.place is not Place.SHARDED:
            yield f"{name}：有 {COLUMN} 列，却写明为{_said(table.place)} · declared otherwise"
    for name in sorted({*REFERENCE, *LOCAL} - schema.tables.keys()):
        yield f"{name}：写明了分布，但没有这张表 · declared, but there is no such table"
    for name in sorted(REFERENCE & LOCAL.keys()):
        yield f"{name}：写明了两处 · declared twice"


def _sharded(schema: Schema, table: Table) -> Iterator[str]:
    district = table.district
    if district.can_be_null:
        yield f"{table.name}.{COLUMN}：可为空 · may be null"
    # tables lie together only where their columns are of one type and one collation
    if not district.kind.startswith("character varying") or district.collation != "C":
        yield f"{table.name}.{COLUMN}：须为 varchar、排序规则 C · must be varchar, collation C"
    if table.is_inherited:
        yield f"{table.name}：有继承的表 · has tables that inherit from it"
    for column in table.columns.values():
        if column.is_counted and column.kind != "bigint":
            yield f"{table.name}.{column.name}：自增列须为 bigint · a counted column must be bigint"
    for key in table.keys:
        yield from _key(table, key)
    yield from _triggers(table)


def _key(table: Table, key: Key) -> Iterator[str]:
    if COLUMN in key.columns:
        return
    if key.is_exclusion:
        yield f"{table.name}.{key.name}：排他约束不含 {COLUMN} · an exclusion constraint lacks the district"
    elif key.has_expressions:
        yield f"{table.name}.{key.name}：唯一键含表达式、不含 {COLUMN} · a unique key over expressions"
    elif not key.is_primary and key.name not in CITY_WIDE:
        yield f"{table.name}.{key.name}：唯一键不含 {COLUMN} · a unique key lacks the district"


def _triggers(table: Table) -> Iterator[str]:
    for trigger in table.triggers:
        if trigger.function not in SAFE_TRIGGERS:
            yield (
                f"{table.name}.{trigger.name}：触发器 {trigger.function} 未确认可在各节点执行"
                " · a trigger that is not known to be right on every node"
            )


def _reference(schema: Schema, one: Reference) -> Iterator[str]:
    name, place, target = f"{one.table}.{one.name}", schema.place(one.table), schema.place(one.target)
    if place is None or target is None:
        return  # told of already
    if place is Place.SHARDED and target is Place.SHARDED:
        if one.sets:
            yield f"{name}：外键会改写 {COLUMN} · the end of the target would set the district"
        elif not (COLUMN in one.columns and COLUMN in one.target_columns) and not _is_to_key(schema, one):
            yield f"{name}：外键可能跨区（市）县 · a foreign key may cross districts"
    elif target is not place and target is not Place.REFERENCE:
        yield (
            f"{name}：{_said(place)}的表不能引用{_said(target)}的表 {one.target}"
            " · a foreign key to a table that stands elsewhere"
        )


def _is_to_key(schema: Schema, one: Reference) -> bool:
    """Whether the foreign key points to the target's primary key, widened by the district with it."""
    return any(key.is_primary and key.columns == one.target_columns for key in schema.tables[one.target].keys)


def _said(place: Place | None) -> str:
    return place.value if place else "未写明"
