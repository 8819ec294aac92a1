"""A very large city from a small one: every case many times over, in the same places, with its own ids.

The small city's cases were lived through the real flow. Each copy has the same story at the same instants
under ids, number and journal chain of its own, so that ``linli verify`` holds for every copy (the daily
seals are left out). All of it in the same grids, with the same share of open cases: what somebody may see,
and what waits for them, grows as many times as the whole. That is harder than any real city, whose new
cases come with new streets or with older years.

Not copied: people in the vault, notices, files, and the digests of tracking links (each copy has one that
nobody can use).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from types import SimpleNamespace
from typing import Any

import orjson
import psycopg

from linli.kernel.journal.chain import entry_hash
from linli.kernel.records.tags import BLOCKS
from linli.lib.numbers import number_of
from linli.lib.time import LOCAL

RECORD_IDS = ("report", "task", "request", "supervision")
"""Facts of an entry that are ids of rows which are copied."""

KEYS: dict[str, tuple[str, ...]] = {
    "cases_case": ("id", "merged_into_id", "split_from_id"),
    "cases_report": ("id", "case_id", "first_case"),
    "cases_task": ("id", "case_id"),
    "cases_request": ("id", "case_id"),
    "cases_supervision": ("id", "case_id"),
    "cases_casetext": ("case_id",),
    "clocks_clock": ("id", "record_id", "task_id"),
    "journal_remark": ("record_id",),
}
"""What is copied by the database itself, with the columns that hold ids of copied rows."""

EMPTIED = (*KEYS, "journal_entry", "journal_root", "notices_notice", "procrastinate_jobs")

OTHERWISE = {
    ("cases_case", "number"): "h.number",
    ("cases_casetext", "tags"): (
        "array_to_tsvector(ARRAY(SELECT tag FROM unnest(tsvector_to_array(b.tags)) tag WHERE tag !~ '^b')"
        " || ARRAY(SELECT 'b' || size || '.' || (b.case_id * {k} + n >> size)"
        f" FROM unnest(ARRAY{list(BLOCKS)}) size))"
    ),
    ("cases_case", "chain"): "h.chain",
    ("cases_report", "token"): "sha256((b.id * {k} + n)::text::bytea)",
    (
        "cases_report",
        "source_number",
    ): "CASE WHEN b.source_number = '' THEN '' ELSE b.source_number || '-' || n END",
    ("cases_report", "contact"): "NULL",
    ("cases_report", "client_id"): "NULL",
}

COLUMNS = (
    *("record_id", "seq", "family", "district", "area", "at", "move", "state"),
    *("post", "unit", "client_id", "facts", "remark", "prev", "hash"),
)
ENTRY = ", ".join(COLUMNS)


def multiply(conninfo: str, times: int) -> None:
    """Let the database hold every case ``times`` times."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        run = connection.execute
        run("SET session_replication_role = replica")  # no foreign keys to check, a journal to empty
        run("SET maintenance_work_mem = '512MB'")
        run("SET work_mem = '256MB'")
        run("CREATE SCHEMA base")
        for table in (*KEYS, "journal_entry"):
            run(f"CREATE TABLE base.{table} AS SELECT * FROM {table}")
            run(f"ANALYZE base.{table}")
        run("CREATE UNLOGGED TABLE base.heads (id bigint, number text, chain bytea)")
        run(f"TRUNCATE {', '.join(EMPTIED)} CASCADE")
        indexes = _drop_indexes(connection)
        _write_chains(conninfo, times)
        run("ANALYZE base.heads")
        for table in KEYS:
            run(_copied(connection, table, times))
        for definition in indexes:
            run(definition)
        for sequence in ("record_ids", "case_numbers"):
            run(f"SELECT setval('{sequence}', nextval('{sequence}') * {times} + {times})")
        run("DROP SCHEMA base CASCADE")
        run("VACUUM (FREEZE, ANALYZE)")
        run("CHECKPOINT")


def _drop_indexes(connection: psycopg.Connection[Any]) -> list[str]:
    """Drop the indexes that no constraint stands on; returns how to make them again."""
    found = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indrelid"
        " WHERE c.relname = ANY(%s) AND c.relkind = 'r'"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid)",
        [list(KEYS)],
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


def _copied(connection: psycopg.Connection[Any], table: str, times: int) -> str:
    columns = [
        row[0]
        for row in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [table],
        )
    ]
    values = [_value(table, column, times) for column in columns]
    head = f"JOIN base.heads h ON h.id = b.id * {times} + n" if table == "cases_case" else ""
    return (
        f"INSERT INTO public.{table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM base.{table} b CROSS JOIN generate_series(0, {times - 1}) n {head}"
        f" ORDER BY b.{KEYS[table][0]}, n"
    )


def _value(table: str, column: str, times: int) -> str:
    if column in KEYS[table]:
        return f"b.{column} * {times} + n"
    return OTHERWISE.get((table, column), f"b.{column}").format(k=times)


# Chains: what the database cannot compute -------------------------------------------------------------------


def _write_chains(conninfo: str, times: int) -> None:
    """The copies' journal, and the head and number of every copy, by as many processes as there are cores."""
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        parts = [range(worker, times, workers) for worker in range(workers)]
        list(pool.map(_write_part, [conninfo] * workers, [times] * workers, parts))


def _write_part(conninfo: str, times: int, part: Sequence[int]) -> None:
    with psycopg.connect(conninfo) as reading, psycopg.connect(conninfo) as writing:
        opened: dict[int, dt.datetime] = dict(
            reading.execute("SELECT id, opened_at FROM base.cases_case").fetchall()
        )
        heads: list[bytes] = []
        with writing.cursor() as cursor, cursor.copy(f"COPY journal_entry ({ENTRY}) FROM STDIN") as copy:
            for record_id, chain in _chains(reading):
                year = opened[record_id].astimezone(LOCAL).year
                for n in part:
                    copied = record_id * times + n
                    lines, head = _chain_of(chain, copied, times, n)
                    copy.write(b"".join(lines))
                    heads.append(
                        b"%d\t%s\t\\\\x%s\n" % (copied, number_of(year, copied).encode(), head.hex().encode())
                    )
        with writing.cursor() as cursor, cursor.copy("COPY base.heads FROM STDIN") as copy:
            for start in range(0, len(heads), 1000):
                copy.write(b"".join(heads[start : start + 1000]))


def _chains(connection: psycopg.Connection[Any]) -> Iterator[tuple[int, list[SimpleNamespace]]]:
    with connection.cursor("chains") as cursor:
        cursor.itersize = 5000
        cursor.execute(f"SELECT {ENTRY} FROM base.journal_entry ORDER BY record_id, seq")
        entries = (SimpleNamespace(**dict(zip(COLUMNS, row, strict=True))) for row in cursor)
        for record_id, chain in groupby(entries, key=lambda entry: entry.record_id):
            yield record_id, list(chain)


def _chain_of(chain: list[SimpleNamespace], copied: int, times: int, n: int) -> tuple[list[bytes], bytes]:
    """The lines for COPY of one copy's entries, and the last hash."""
    previous = b""
    lines = []
    for entry in chain:
        facts = {
            key: value * times + n if key in RECORD_IDS and isinstance(value, int) else value
            for key, value in entry.facts.items()
        }
        link = SimpleNamespace(**vars(entry) | {"record_id": copied, "facts": facts, "prev": previous})
        found = entry_hash(link)
        lines.append(b"\t".join(map(_text, [*_fields(link), previous, found])) + b"\n")
        previous = found
    return lines, previous


def _fields(link: SimpleNamespace) -> list[Any]:
    return [getattr(link, name) for name in COLUMNS[:-2]]


def _text(value: Any) -> bytes:
    """A value as COPY reads it."""
    if value is None:
        return b"\\N"
    if isinstance(value, bytes):
        return b"\\\\x" + value.hex().encode()
    if isinstance(value, dict):
        return orjson.dumps(value).replace(b"\\", b"\\\\")
    if isinstance(value, dt.datetime):
        return value.isoformat().encode()
    return str(value).encode()
