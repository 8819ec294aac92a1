"""The limit: what the database does by itself, with the same rows, on the same machine, at the same time.

The deeds are planned beforehand by the platform's own code, so the rows are the very same. They are
written by prepared statements over connections that do nothing else, twice over: as the platform writes
them (one statement a deed) and as ``pgbench`` would (a transaction with one statement a row). Nothing is
pipelined. The faster of the two is the limit.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from psycopg import pq

from bench.figures import CpuMeter, Run, Spread
from linli.kernel.records.changes import Step, parameters, statement

CONNECTIONS = 8
"""More connections than cores keep the disk's flushes shared (group commit)."""

Call = tuple[str, tuple[bytes | None, ...]]
"""A statement with ``$n`` and its parameters as text."""


Plan = tuple[tuple[Step, ...], dict[str, Any]]
"""What ``Changes.compile`` makes of a plan."""


@dataclass(frozen=True)
class Deed:
    """What is timed as one: transactions, one after the other."""

    transactions: tuple[tuple[Call, ...], ...]


Shape = Callable[[Plan], tuple[Call, ...]]


def as_one(plan: Plan) -> tuple[Call, ...]:
    """The plan as the platform sends it."""
    shape, document = plan
    return ((statement(shape), tuple(parameters(shape, document))),)


def row_by_row(plan: Plan) -> tuple[Call, ...]:
    """The plan as one statement for every row that it touches."""
    return tuple(_calls(*plan))


def _calls(shape: Sequence[Step], document: dict[str, Any]) -> Iterable[Call]:
    order = {"insert": 0, "move": 1, "update": 2}
    for step in sorted(shape, key=lambda one: order[one.kind]):
        sql = _statement(step)
        for row in document[step.name]:
            yield sql, tuple(as_text(row[column], kind) for column, kind in step.columns)


def _statement(step: Step) -> str:
    columns = [f'"{column}"' for column, _ in step.columns]
    if step.kind == "insert":
        places = ", ".join(f"${n}::{kind}" for n, (_, kind) in enumerate(step.columns, 1))
        return f'INSERT INTO "{step.table}" ({", ".join(columns)}) VALUES ({places})'
    sets = [f"{column} = ${n}" for n, column in enumerate(columns, 1) if n > step.keys]
    if step.kind == "move":
        sets.append("version = version + 1")
    where = " AND ".join(f"{column} = ${n}" for n, column in enumerate(columns[: step.keys], 1))
    return f'UPDATE "{step.table}" SET {", ".join(sets)} WHERE {where}'


def as_text(value: Any, kind: str) -> bytes | None:
    """A value as PostgreSQL reads it as text."""
    if value is None:
        return None
    if kind == "jsonb":
        return orjson.dumps(value)
    if isinstance(value, bytes | memoryview):
        return b"\\x" + bytes(value).hex().encode()
    if isinstance(value, dt.datetime):
        return value.isoformat().encode()
    if isinstance(value, list | tuple | set | frozenset):
        return ("{" + ",".join(map(str, value)) + "}").encode()
    return str(value).encode()


class _Writer(threading.Thread):
    """One connection that carries out its share of the deeds, one after the other."""

    def __init__(self, conninfo: str, deeds: Sequence[Deed], is_over: Callable[[], bool]) -> None:
        super().__init__()
        self.connection = psycopg.connect(conninfo, autocommit=True)
        self.deeds, self.is_over = deeds, is_over
        self.seconds: list[float] = []
        self.errors = 0
        self._prepared: dict[str, bytes] = {}
        for deed in deeds:
            for calls in deed.transactions:
                for sql, _ in calls:
                    self._prepare(sql)

    def _prepare(self, sql: str) -> None:
        if sql not in self._prepared:
            name = f"s{len(self._prepared)}".encode()
            self._prepared[sql] = name
            self._refuse_failure(self.connection.pgconn.prepare(name, sql.encode()))

    @staticmethod
    def _refuse_failure(result: pq.abc.PGresult) -> None:
        if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise psycopg.DatabaseError(result.error_message.decode())

    def run(self) -> None:
        for deed in self.deeds:
            if self.is_over():
                break
            begun = time.perf_counter()
            try:
                for calls in deed.transactions:
                    self._carry_out(calls)
            except psycopg.DatabaseError:
                self.errors += 1
                self.connection.pgconn.exec_(b"ROLLBACK")
            else:
                self.seconds.append(time.perf_counter() - begun)
        self.connection.close()

    def _carry_out(self, calls: Sequence[Call]) -> None:
        execute, control = self.connection.pgconn.exec_prepared, self.connection.pgconn.exec_
        if len(calls) > 1:
            control(b"BEGIN")
        for sql, values in calls:
            self._refuse_failure(execute(self._prepared[sql], values))  # type: ignore[arg-type] # None is NULL
        if len(calls) > 1:
            control(b"COMMIT")


def measure(
    name: str,
    conninfo: str,
    deeds: Sequence[Deed],
    *,
    seconds: float,
    groups: dict[str, list[int]],
    connections: int = CONNECTIONS,
) -> Run:
    """Carry out ``deeds`` on several connections until they or the time are used up."""
    deadline = [float("inf")]
    writers = [
        _Writer(conninfo, deeds[n::connections], lambda: time.perf_counter() > deadline[0])
        for n in range(min(connections, len(deeds)))
    ]
    meter = CpuMeter(groups)
    begun = time.perf_counter()
    deadline[0] = begun + seconds
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    passed = time.perf_counter() - begun
    taken = [one for writer in writers for one in writer.seconds]
    used = {who: spent * 1e3 / max(1, len(taken)) for who, spent in meter.used().items()}
    errors = sum(writer.errors for writer in writers)
    return Run(name, passed, len(taken), errors, Spread.of(taken), used)
