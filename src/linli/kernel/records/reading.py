"""Records with what belongs to them, read in one statement.

A deed needs the record and its parts as they were at one instant. Read table by table that takes a query
each, and somebody may write in between; read together it is one statement, planned once per connection,
and one picture.

The database answers with a JSON document per record. Objects are made from it without ``Model.__init__``,
which costs more than the query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import QuerySet
from django.db.models.base import ModelState

from linli.kernel.records.changes import casts_of, has_district
from linli.kernel.records.models import Record
from linli.kernel.records.prepared import fetch

M = TypeVar("M", bound=models.Model)
R = TypeVar("R", bound=Record)

Document = dict[str, Any]
"""A row as the database tells it: columns by name."""


@dataclass(frozen=True)
class Part:
    """Rows of another table that belong to a record; they hang on it in the order of their ids."""

    name: str
    """The record's attribute."""
    model: type[models.Model]
    key: str
    """The column that holds the record's id; the row is of the record's district."""
    where: str = ""
    """What else must hold of the row ``p``, as SQL without parameters."""
    single: bool = False
    """At most one, and None where there is none."""


@dataclass(frozen=True)
class Asked:
    """One more thing to know about each record ``r``: an SQL expression with its values."""

    name: str
    sql: str
    values: tuple[Any, ...] = ()


Selection = tuple[str, tuple[Any, ...]] | None
"""A query for records as SQL with ``%s``, and its values; None where nothing can be in it."""


def selection(queryset: QuerySet[Any]) -> Selection:
    """A queryset as ``read`` takes it, for whoever keeps it: making the text costs more than the query."""
    try:
        sql, values = queryset.order_by().query.sql_with_params()
    except EmptyResultSet:
        return None
    return sql, tuple(values)


def read(
    model: type[R],
    chosen: Selection,
    *,
    column: str,
    among: Collection[Any],
    parts: Sequence[Part] = (),
    asked: Sequence[Asked] = (),
) -> list[R]:
    """The records of a selection whose ``column`` is ``among`` the values, with their parts, by id.

    What the selection has computed, and what is ``asked``, becomes an attribute.
    """
    if chosen is None:
        return []
    sql, values = chosen
    more = "".join(f', {one.sql} AS "{one.name}"' for one in asked)
    kind = casts_of(model)[column]
    # one by "=": of an array of unknown length the planner expects many, and plans anew each time
    is_one = len(among) == 1
    where = f'r."{column}" = ' + (f"%s::{kind}" if is_one else f"ANY(%s::{kind}[])")
    statement = (
        f"SELECT row_to_json(x)::text FROM (SELECT r.*{more}{_columns(tuple(parts))} FROM ({sql}) r"
        f" WHERE {where} ORDER BY r.id) x"
    )
    told = (value for one in asked for value in one.values)
    wanted = next(iter(among)) if is_one else list(among)
    documents = [orjson.loads(row) for (row,) in fetch(statement, (*told, *values, wanted))]
    found = []
    for document in documents:
        record = made(model, document)
        _hang(record, document, parts)
        found.append(record)
        for name in document.keys() - _decoders(model).keys() - {part.name for part in parts}:
            setattr(record, name, document[name])
    return found


def records(model: type[M], sql: str, parameters: Sequence[Any]) -> list[M]:
    """The rows of a query for all columns of a model, in its order, as objects.

    Planned for its values each time: what one viewer's page needs is another's whole table.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT row_to_json(x)::text FROM ({sql}) x", parameters)
        return [made(model, orjson.loads(row)) for (row,) in cursor.fetchall()]


def hang(records: Iterable[Record], parts: Sequence[Part]) -> None:
    """Read the parts of records in hand, all of one family, in one statement for any number of them."""
    by_id = {record.pk: record for record in records}
    if not by_id:
        return
    table = next(iter(by_id.values()))._meta.db_table
    statement = (
        f"SELECT row_to_json(x)::text FROM (SELECT r.id{_columns(tuple(parts))}"
        f' FROM "{table}" r WHERE r.id = ANY(%s::bigint[]) AND r.district = ANY(%s::text[])) x'
    )
    districts = {record.district for record in by_id.values()}
    for (row,) in fetch(statement, (list(by_id), sorted(districts))):
        document = orjson.loads(row)
        _hang(by_id[document["id"]], document, parts)


def made(model: type[M], row: Document) -> M:
    """An object as if Django had read it, from all columns of its row."""
    one = model.__new__(model)
    state = one._state = ModelState()
    state.adding, state.db = False, "default"
    values = one.__dict__
    for column, (attname, decode) in _decoders(model).items():
        value = row[column]
        values[attname] = value if value is None or decode is None else decode(value)
    return one


def _hang(record: Record, document: Document, parts: Sequence[Part]) -> None:
    for part in parts:
        rows = [made(part.model, row) for row in document[part.name] or ()]
        setattr(record, part.name, next(iter(rows), None) if part.single else rows)


@lru_cache(maxsize=200)
def _columns(parts: tuple[Part, ...]) -> str:
    return "".join(map(_column, parts))


def _column(part: Part) -> str:
    meta = part.model._meta
    also = f" AND {part.where}" if part.where else ""
    if has_district(part.model):
        also += " AND p.district = r.district"
    rows = f'FROM "{meta.db_table}" p WHERE p."{part.key}" = r.id{also}'
    return f', (SELECT json_agg(p ORDER BY p."{meta.pk.column}") {rows}) AS "{part.name}"'


Decode = Callable[[Any], Any]

_AS_IT_IS = {
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BooleanField",
    "CharField",
    "IntegerField",
    "JSONField",
    "SmallIntegerField",
    "TextField",
}
_DECODED: dict[str, Decode] = {
    "BinaryField": lambda text: bytes.fromhex(text[2:]),
    "DateField": dt.date.fromisoformat,
    "DateTimeField": dt.datetime.fromisoformat,
    "FloatField": float,  # a whole number is written without its point
    "UUIDField": UUID,
}


@lru_cache(maxsize=200)
def _decoders(model: type[models.Model]) -> dict[str, tuple[str, Decode | None]]:
    """By column: the attribute, and how its value is made from JSON. TypeError for a kind not known here."""
    return {str(f.column): (f.attname, _decode(f)) for f in model._meta.concrete_fields}


def _decode(field: models.Field[Any, Any]) -> Decode | None:
    plain = field.base_field if isinstance(field, ArrayField) else field
    if isinstance(plain, models.ForeignKey):
        plain = plain.target_field
    kind = plain.get_internal_type()
    if kind in _AS_IT_IS:
        return None
    if kind not in _DECODED or isinstance(field, ArrayField):
        raise TypeError(f"{field} cannot be read from JSON")
    return _DECODED[kind]
