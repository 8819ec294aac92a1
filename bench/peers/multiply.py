"""A peer's database with many tickets: tickets that the peer itself has written, told again.

Some tickets are created and answered through the peer's own interface. Every row that it wrote for them is
then written again by one ``INSERT … SELECT`` a table, with other ids and earlier instants, so that a ticket
here has just the rows that the peer gives a ticket, indexes and all. Texts repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from bench.peers.protocol import Family

APART = "1 minute"
"""Between two copies of the same ticket."""


@dataclass(frozen=True)
class Marks:
    """The greatest id of each space at one time."""

    by_space: dict[str, int]

    @classmethod
    def now(cls, conninfo: str, families: Sequence[Family]) -> Marks:
        found: dict[str, int] = {}
        with psycopg.connect(conninfo) as connection:
            for family in families:
                statement = sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(
                    sql.Identifier(family.table)
                )
                row = connection.execute(statement).fetchone()
                assert row is not None
                found[family.space] = max(found.get(family.space, 0), int(row[0]))
        return cls(found)


def multiply(conninfo: str, families: Sequence[Family], since: Marks, copies: int) -> None:
    """Write ``copies`` more of all rows that were written after ``since``; in one transaction."""
    steps = {
        space: now - since.by_space[space] for space, now in Marks.now(conninfo, families).by_space.items()
    }
    with psycopg.connect(conninfo) as connection:
        for family in families:
            connection.execute(_again(family, since.by_space, steps, _columns(connection, family)), [copies])
        for table in (family.table for family in families):
            connection.execute(
                sql.SQL("SELECT setval(to_regclass({}), max(id)) FROM {}").format(
                    sql.Literal(f"{table}_id_seq"), sql.Identifier(table)
                )
            )


def _columns(connection: psycopg.Connection, family: Family) -> list[str]:
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [family.table],
    )
    return [str(name) for (name,) in found]


def _again(
    family: Family, since: dict[str, int], steps: dict[str, int], columns: Sequence[str]
) -> sql.Composed:
    """The statement that writes a family's new rows again, with the number of copies as its parameter."""
    spaces = {"id": family.space} | dict(family.refers)

    def value(column: str) -> sql.Composable:
        name = sql.Identifier("t", column)
        if column in spaces:
            space = spaces[column]
            return sql.SQL("CASE WHEN {0} > {1} THEN {0} + n * {2} ELSE {0} END").format(
                name, sql.Literal(since[space]), sql.Literal(steps[space])
            )
        if column in family.instants:
            return sql.SQL("{} - n * {}::interval").format(name, sql.Literal(APART))
        return name

    return sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} AS t, generate_series(1, %s) AS n"
        " WHERE t.id > {since}"
    ).format(
        table=sql.Identifier(family.table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(map(value, columns)),
        since=sql.Literal(since[family.space]),
    )
