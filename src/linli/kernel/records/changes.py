"""All the rows that one deed touches, written in one SQL statement.

A deed on this platform (a report taken in, a case dispatched) writes five to fifteen rows in as many
tables. Written one by one through the ORM that costs a millisecond and more of Python; as one statement
with one JSON parameter per table it costs a tenth, is atomic by itself, and is the same statement for one
record and for a thousand. The statement's text depends only on which tables and columns are touched, so
PostgreSQL prepares it once per connection.

A row that carries its district is also found by it: in a database that is distributed by district a deed is
then carried out on the one node that holds its rows.

A record is changed by compare-and-set on its version. Where any record of the plan has moved on
meanwhile nothing at all is written and ``Stale`` says which.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
import psycopg
from django.db import OperationalError, connections, models, transaction

from linli.kernel.records.models import Record
from linli.kernel.records.prepared import Text, fetch_raw, run_raw
from linli.kernel.records.tags import vector

Cast = tuple[str, str]
"""A column and its PostgreSQL type."""


Known = tuple[type[models.Model], Any, str | None]
"""A row by its model, its primary key, and its district where the model has that."""

DISTRICT = "district"

ATTEMPTS = 3
"""How often a plan that met another plan head-on is tried, before the database's error is passed on."""


class Stale(Exception):
    """Records that were changed by somebody else since they were read: nothing was written."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        super().__init__(f"{len(records)} stale")


class Changes:
    """A plan of inserts, updates and compare-and-set moves. ``write()`` carries it out at once."""

    def __init__(self, using: str = "default") -> None:
        self.using = using
        self._inserts: dict[type[models.Model], list[models.Model]] = {}
        self._pending: dict[Known, dict[str, Any]] = {}
        self._moves: list[tuple[Record, int, dict[str, Any]]] = []
        self._new: dict[tuple[type[models.Model], Any], models.Model] = {}
        self._unlisted: list[models.Model] = []
        """New rows that are not in ``_new`` yet: most plans never ask for one."""

    def insert(self, *rows: models.Model) -> None:
        """Add new rows. Their primary keys must be set, or be identity columns."""
        for row in rows:
            self._inserts.setdefault(type(row), []).append(row)
        self._unlisted += rows

    def update(self, row: models.Model, **values: Any) -> None:
        """Set ``values`` on an existing row, and on the object in hand.

        A row that this plan inserts is only set: it is written as it is in the end.
        """
        new = self._new_row(row)
        for name, value in values.items():
            attname = _field(type(row), name).attname
            setattr(row, attname, value.pk if isinstance(value, models.Model) else value)
            if new is not None:
                setattr(new, attname, getattr(row, attname))
            else:
                self._pending.setdefault(_known(row), {})[attname] = getattr(row, attname)

    def move(self, record: Record, was: int, **values: Any) -> None:
        """Set ``values`` on a record that must still have version ``was``; its tags follow.

        A record that this plan inserts is written as it is in the end.
        """
        if not record.tagged.isdisjoint(values):
            self.update(record.tag_row(), tags=vector(record.tags()))
        if self._new_row(record) is None:
            self._moves.append((record, was, values))

    def inserted(self, model: type[models.Model]) -> list[Any]:
        """Rows of ``model`` that this plan will insert."""
        return self._inserts.get(model, [])

    def _new_row(self, row: models.Model) -> models.Model | None:
        """The row as this plan inserts it, where it does."""
        for one in self._unlisted:
            self._new[type(one), one.pk] = one
        self._unlisted.clear()
        return self._new.get((type(row), row.pk))

    def keep(self, model: type[models.Model], wanted: Callable[[Any], bool]) -> None:
        """Drop the new rows of ``model`` that are not wanted (a bulk load's old notices)."""
        if model in self._inserts:
            self._inserts[model] = [row for row in self._inserts[model] if wanted(row)]

    def merge(self, other: Changes) -> None:
        """Take over another plan, so that both are written or neither."""
        for model, rows in other._inserts.items():
            self._inserts.setdefault(model, []).extend(rows)
        for key, values in other._pending.items():
            self._pending.setdefault(key, {}).update(values)
        self._moves.extend(other._moves)
        self._new |= other._new
        self._unlisted += other._unlisted

    def ready(self) -> Callable[[], None]:
        """A plan of inserts alone as ``write`` would carry it out, to be called once, on any thread.

        It goes over this thread's connection, which serves one statement after the other whoever asks: so
        that the next plan is made while this one is written.
        """
        if self._moves or any(self._pending.values()):
            raise ValueError("only inserts can be written behind")
        shape, document = self.compile()
        if not shape:
            return lambda: None
        sql, values, line = statement(shape), parameters(shape, document), connections[self.using]
        return lambda: run_raw(line, sql, values)

    def write(self) -> None:
        """Carry the plan out; all or nothing. Raises ``Stale``, or the database's integrity errors."""
        shape, document = self.compile()
        if not shape:
            return
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if len(self._moves) > 1:
                    with transaction.atomic(using=self.using):
                        self._run(shape, document)
                else:
                    self._run(shape, document)
            except OperationalError as error:
                # two deeds that each wait for a record of the other: the database ended one, which is undone
                deadlocked = isinstance(error.__cause__, psycopg.errors.DeadlockDetected)
                if not deadlocked or connections[self.using].in_atomic_block or attempt == ATTEMPTS:
                    raise
            else:
                return

    def copy(self) -> int:
        """Carry out a plan of inserts alone by COPY, for very many rows; returns how many.

        The order of tables is that in which the plan first met them: rows come after those they point to.
        """
        if self._moves or any(self._pending.values()):
            raise ValueError("only inserts can be copied")
        connection = connections[self.using]
        connection.ensure_connection()
        written = 0
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            for model, rows in self._inserts.items():
                columns = _copied(model)
                names = ", ".join(f'"{column}"' for column, _, _ in columns)
                with cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
                    for row in rows:
                        values = row.__dict__
                        copy.write_row([fit(values[attname]) for _, attname, fit in columns])
                written += len(rows)
        return written

    def _run(self, shape: tuple[Step, ...], document: dict[str, Any]) -> None:
        rows = fetch_raw(statement(shape), parameters(shape, document), using=self.using)
        moved = set(rows[0][0] or [])
        if len(moved) != len(self._moves):
            raise Stale([record for record, _, _ in self._moves if record.pk not in moved])

    def compile(self) -> tuple[tuple[Step, ...], dict[str, Any]]:
        """The plan as ``write`` sends it: its shape (see ``statement``), and every step's rows by name."""
        shape: list[Step] = []
        document: dict[str, Any] = {}

        def add(
            kind: str, model: type[models.Model], columns: tuple[str, ...], rows: list[Any], keys: int = 0
        ) -> None:
            step = _step(kind, model, columns, keys, f"s{len(shape)}")
            shape.append(step)
            document[step.name] = rows

        moves: defaultdict[tuple[type[Record], tuple[str, ...]], list[dict[str, Any]]] = defaultdict(list)
        for record, was, values in self._moves:
            row = _columns(type(record), values)
            known = _named(_known(record)) | {"version": was}
            columns = (*known, *sorted(row.keys() - known.keys()))
            moves[type(record), columns].append(row | known)
        for (family, columns), rows in moves.items():
            add("move", family, columns, rows, keys=3)
        for model, new in self._inserts.items():
            add("insert", model, insert_columns(model), _rows(model, new))
        updates: defaultdict[tuple[type[models.Model], tuple[str, ...]], list[Any]] = defaultdict(list)
        for one, values in self._pending.items():
            row, known = _columns(one[0], values), _named(one)
            updates[one[0], (*known, *sorted(row))].append(row | known)
        for (model_, columns), rows in updates.items():
            add("update", model_, columns, rows, keys=1 + has_district(model_))
        return tuple(shape), document


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One part of the statement: what is done to which columns of which table. There is one object for each
    (``_step``), so that shapes are compared by identity."""

    kind: str
    table: str
    columns: tuple[Cast, ...]
    keys: int
    """By so many of the columns, the first ones, a row is found that is there already."""
    name: str


@lru_cache(maxsize=2000)
def statement(shape: tuple[Step, ...]) -> str:
    """The SQL text for a shape: one data-modifying CTE per step, gated on the moves having happened.

    ``$n`` are the rows of step n as a JSON array (``parameters``). One parameter for all of them would be
    parsed anew by every step. One more names the districts of all rows that are changed: said as a value of
    its own, it tells a distributed database beforehand where to go.
    """
    rows = {step.name: f"${n}::json" for n, step in enumerate(shape, 1)}
    places = f"${len(shape) + 1}::text[]"
    moves = [step for step in shape if step.kind == "move"]
    parts = [_move(step, rows[step.name], places) for step in moves]
    gate = ""
    if moves:
        moved = " UNION ALL ".join(f"SELECT id FROM {step.name}" for step in moves)
        wanted = " + ".join(f"json_array_length({rows[step.name]})" for step in moves)
        parts.append(f"moved AS ({moved})")
        parts.append(f"ok AS (SELECT 1 WHERE (SELECT count(*) FROM moved) = {wanted})")
        gate = " WHERE EXISTS (SELECT 1 FROM ok)"
    parts += [_insert(step, rows[step.name], gate) for step in shape if step.kind == "insert"]
    parts += [_update(step, rows[step.name], places, gate) for step in shape if step.kind == "update"]
    answer = "SELECT array_agg(id) FROM moved" if moves else "SELECT NULL"
    return f"WITH {', '.join(parts)} {answer}"


def parameters(shape: tuple[Step, ...], document: dict[str, Any]) -> list[Text]:
    """The parameters of ``statement``: every step's rows as JSON, then the districts."""
    values = [Text(orjson.dumps(document[step.name], default=_default)) for step in shape]
    found = [step for step in shape if _has_places(step)]
    if found:
        places = {row[DISTRICT] for step in found for row in document[step.name]}
        values.append(Text(("{" + ",".join(f'"{place}"' for place in sorted(places)) + "}").encode()))
    return values


def _source(step: Step, rows: str) -> str:
    read = [one for one in step.columns if step.kind == "insert" or one[0] != DISTRICT]
    typed = ", ".join(f'"{column}" {kind}' for column, kind in read)
    return f"FROM json_to_recordset({rows}) AS x({typed})"


def _has_places(step: Step) -> bool:
    return any(column == DISTRICT for column, _ in step.columns[: step.keys])


def _found(step: Step, places: str) -> str:
    """How the step's rows are found: a key means one row, the districts say where it is."""
    same = [f't."{column}" = x."{column}"' for column, _ in step.columns[: step.keys] if column != DISTRICT]
    if _has_places(step):
        same.append(f't."{DISTRICT}" = ANY({places})')
    return " AND ".join(same)


def _move(step: Step, rows: str, places: str) -> str:
    key = step.columns[0][0]
    sets = ", ".join(f'"{c}" = x."{c}"' for c, _ in step.columns[step.keys :])
    return (
        f'{step.name} AS (UPDATE "{step.table}" t SET version = t.version + 1, {sets} {_source(step, rows)} '
        f'WHERE {_found(step, places)} RETURNING t."{key}" AS id)'
    )


def _insert(step: Step, rows: str, gate: str) -> str:
    names = ", ".join(f'"{c}"' for c, _ in step.columns)
    source = _source(step, rows)
    return f'{step.name} AS (INSERT INTO "{step.table}" ({names}) SELECT {names} {source}{gate})'


def _update(step: Step, rows: str, places: str, gate: str) -> str:
    sets = ", ".join(f'"{c}" = x."{c}"' for c, _ in step.columns[step.keys :])
    where = gate.replace(" WHERE", " AND")
    return (
        f'{step.name} AS (UPDATE "{step.table}" t SET {sets} {_source(step, rows)} '
        f"WHERE {_found(step, places)}{where})"
    )


_WIDTH = re.compile(r"\(\d+(,\s*\d+)?\)")
"""``varchar(18)`` is read as ``varchar``: what is too long is refused by its column, never cut."""


@lru_cache(maxsize=200)
def casts_of(model: type[models.Model]) -> dict[str, str]:
    """PostgreSQL type of every column of ``model``, as the JSON document is to be read."""
    connection = connections["default"]
    types = {}
    for field in model._meta.concrete_fields:
        kind = str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection))
        types[str(field.column)] = _WIDTH.sub("", kind).replace("serial", "int")
    return types


@lru_cache(maxsize=2_000)
def _step(kind: str, model: type[models.Model], columns: tuple[str, ...], keys: int, name: str) -> Step:
    casts = casts_of(model)
    return Step(kind, model._meta.db_table, tuple((c, casts[c]) for c in columns), keys, name)


@lru_cache(maxsize=200)
def pk_column(model: type[models.Model]) -> str:
    return str(model._meta.pk.column)


@lru_cache(maxsize=200)
def has_district(model: type[models.Model]) -> bool:
    """Whether rows of the model carry their district."""
    return any(field.column == DISTRICT for field in model._meta.concrete_fields)


def _known(row: models.Model) -> Known:
    """By what an existing row is found. ValueError for an object that was not told its district."""
    if not has_district(type(row)):
        return type(row), row.pk, None
    district = row.__dict__[DISTRICT]
    if not district:
        raise ValueError(f"{row._meta.label} {row.pk} has no district")
    return type(row), row.pk, district


def _named(known: Known) -> dict[str, Any]:
    model, pk, district = known
    return {pk_column(model): pk} | ({} if district is None else {DISTRICT: district})


@lru_cache(maxsize=200)
def insert_columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(
        str(f.column)
        for f in model._meta.concrete_fields
        if not (isinstance(f, models.AutoField) or f.generated or f.has_db_default())
    )


@lru_cache(maxsize=200)
def _written(model: type[models.Model]) -> tuple[tuple[str, ...], Callable[[dict[str, Any]], Any]]:
    """The columns of a new row, and what takes their values out of an object's ``__dict__``."""
    columns, attnames = zip(*_attnames(model), strict=True)
    return columns, itemgetter(*attnames) if len(attnames) > 1 else lambda held: (held[attnames[0]],)


@lru_cache(maxsize=200)
def _attnames(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    wanted = set(insert_columns(model))
    return tuple((str(f.column), f.attname) for f in model._meta.concrete_fields if f.column in wanted)


Fit = Callable[[Any], Any]


@lru_cache(maxsize=200)
def _copied(model: type[models.Model]) -> tuple[tuple[str, str, Fit], ...]:
    """(column, attribute, how its value is given to COPY) of every column that is written."""
    casts = casts_of(model)
    return tuple(
        (column, attname, _as_json if casts[column] == "jsonb" else _as_is)
        for column, attname in _attnames(model)
    )


def _as_json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _as_is(value: Any) -> Any:
    return value


def _rows(model: type[models.Model], rows: Iterable[models.Model]) -> list[dict[str, Any]]:
    columns, values_of = _written(model)
    return [dict(zip(columns, values_of(row.__dict__), strict=True)) for row in rows]


def _columns(model: type[models.Model], values: dict[str, Any]) -> dict[str, Any]:
    if DISTRICT in values:
        raise ValueError(f"a row of {model.__name__} never leaves its district")
    row = {}
    for name, value in values.items():
        row[str(_field(model, name).column)] = value.pk if isinstance(value, models.Model) else value
    return row


@lru_cache(maxsize=2_000)
def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    """The concrete field called ``name`` or ``name_id``."""
    for field in model._meta.concrete_fields:
        if name in (field.name, field.attname):
            return field
    raise AttributeError(f"{model.__name__} has no column {name}")


def _default(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"cannot write {type(value).__name__}")
