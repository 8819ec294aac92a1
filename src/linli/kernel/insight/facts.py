"""What other tables know of a record, read once for a whole page.

Clocks and journal hold what indicators ask of a record: did this clock come due in these days, was it missed,
was the record dispatched. A *facts* query reads such a table once and gives one row per record with a
boolean column for each question; ``Holds`` is the condition on a record that one of them is true. Computing
figures puts each facts query into the statement once, however many conditions ask it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Expression, F, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Compiled = tuple[str, Sequence[Any]]


@dataclass(frozen=True, eq=False)
class Facts:
    """A query of ``record_id`` and boolean columns. ``name`` is unique among the facts of one statement."""

    name: str
    rows: QuerySet[Any, Any]

    def compiled(self) -> Compiled:
        """The query and its parameters."""
        compiled: Compiled = self.rows.order_by().query.sql_with_params()
        return compiled


class Holds(Expression):
    """Whether a fact holds for the record: usable wherever a ``Q`` is.

    Does not look back at the row, so that the database reads the facts once and looks each record up.
    """

    output_field = BooleanField()
    conditional = True
    is_shared = False
    """The statement begins with the facts (``WITH``); else they are written out here."""

    def __init__(self, facts: Facts, fact: str) -> None:
        super().__init__()
        self.facts, self.fact = facts, fact
        self.record: Any = F("pk")

    def get_source_expressions(self) -> list[Any]:
        return [self.record]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        (self.record,) = exprs

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        record, parameters = compiler.compile(self.record)
        table, more = (f'"{self.facts.name}"', ()) if self.is_shared else self._written_out()
        fact = connection.ops.quote_name(self.fact)
        return f"{record} IN (SELECT record_id FROM {table} WHERE {fact})", (*parameters, *more)

    def _written_out(self) -> tuple[str, tuple[Any, ...]]:
        sql, parameters = self.facts.compiled()
        return f'({sql}) "{self.facts.name}"', tuple(parameters)


def share(conditions: Iterable[Q]) -> dict[str, Facts]:
    """Let all conditions read their facts from the head of the statement; gives what must stand there."""
    shared: dict[str, Facts] = {}
    for held in _held(conditions):
        held.is_shared = True
        shared.setdefault(held.facts.name, held.facts)
    return shared


def _held(conditions: Iterable[Any]) -> Iterator[Holds]:
    for one in conditions:
        if isinstance(one, Holds):
            yield one
        elif isinstance(one, Q):
            yield from _held(one.children)


def with_facts(shared: dict[str, Facts], compiled: Compiled) -> tuple[str, list[Any]]:
    """A compiled statement with its facts at the head."""
    sql, parameters = compiled
    if not shared:
        return sql, list(parameters)
    heads: list[str] = []
    before: list[Any] = []
    for name, facts in shared.items():
        head, values = facts.compiled()
        heads.append(f'"{name}" AS MATERIALIZED ({head})')
        before.extend(values)
    return f"WITH {', '.join(heads)} {sql}", [*before, *parameters]
