"""A city with very many cases, by COPY: lives lived once through the real flow, at other places and times.

* ``lives`` drives the demo's narrator and makes templates of what it writes (``templates``).
* ``spread`` says which life is lived when and where.
* ``filling`` makes the lines: every case has its own ids, number, tracking digest, house numbers, pin, and
  a chain of its own.

Here they are written. The work is cut into blocks by time and these into shares by lives, each written in one
transaction together with its mark, so that whoever is killed goes on with what is missing. Indexes and
constraints that nothing else stands on are made at the end. People in the vault are left out: reports name no
contact.
"""

from __future__ import annotations

import datetime as dt
import gc
import multiprocessing
import os
import pickle
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from bench.filling import BLOCK, SHARES, Filling
from bench.lives import Library, end_with_parent, record, sample
from bench.spread import FIRST, Plan, Wanted, draw
from linli.config import environment as env
from linli.config.demo.making import SEED, STEPS, Making
from linli.config.migrations import migrate
from linli.kernel.insight import keeping
from linli.kernel.journal import partitions
from linli.kernel.journal.models import Root
from linli.kernel.records.ids import BLOCK as IDS_AT_ONCE
from linli.kernel.records.ids import forget_blocks
from linli.lib.time import LOCAL, now

if TYPE_CHECKING:
    from bench.ground import Ground

HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""What stands around rows in the binary form of COPY."""
AT_ONCE = 32
"""Cases whose rows of a table are sent together: some 80 kB of the largest."""

PROCESSES = os.cpu_count() or 1

LIVED = "演一年的办件"
"""The step of the demo's making that is done otherwise here."""

Connection = psycopg.Connection[tuple[object, ...]]


def generate(base: Ground, name: str, *, cases: int, scale: float, lives: int, seed: int = SEED) -> None:
    """Make the database ``name`` with a city of so many cases; goes on where it was interrupted.

    ``scale`` is that of the smallest city. ``lives`` are recorded of the last weeks, and as many of the year
    before them. Progress is printed.
    """
    draft = f"{name}_draft"
    kept = Path(settings.DATA_DIR) / f"{draft}.pickle"
    if not (kept.exists() and base.has(draft)):
        base.create(draft)
        base.use(draft)
        wanted = Wanted(cases, seed, now().replace(microsecond=0), _first_official_day(), scale)
        library = _record(wanted, lives)
        _prepare(base, library, wanted)
        unfinished = kept.with_suffix(".part")
        unfinished.write_bytes(pickle.dumps((wanted, library)))
        unfinished.rename(kept)
    base.use(draft)
    wanted, library = pickle.loads(kept.read_bytes())
    with _told("which life when and where"):
        plan = draw(library, wanted)
    _write(base, library, plan, wanted)
    _finish(base, plan, wanted)
    connection.close()
    base.rename(draft, name)
    kept.unlink()
    base.use(name)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA bench CASCADE")


# The city and its lives -------------------------------------------------------------------------------------


@dataclass
class _City(Making):
    """The demo city, in force since the first case."""

    since: dt.date = dt.date.min

    @property
    def in_force_on(self) -> dt.date:
        return self.since - dt.timedelta(days=30)


def _first_official_day() -> dt.date:
    """The first day of the oldest year whose official calendar is at hand."""
    return dt.date(min(int(file.stem) for file in (env.CHECKOUT / "data" / "holidays").glob("*.json")), 1, 1)


def _record(wanted: Wanted, lives: int) -> Library:
    """Build the city, and live a sample of its year."""
    with _told("an empty city"):
        migrate(say=lambda line: None)
        making = _City(wanted.scale, wanted.seed, None, "", wanted.until, settings.DATA_DIR)
        making.since = wanted.since
        for title, step in STEPS:
            if title != LIVED:
                step(making)
    recent = round(min(lives, wanted.per_day * wanted.recent_days))
    earlier = round(min(lives, wanted.cases - wanted.per_day * wanted.recent_days))
    with _told(f"{recent + earlier:,} lives through the real flow"):
        drawn = sample(making, recent=recent, recent_days=wanted.recent_days, earlier=earlier)
        return record(making, drawn, processes=os.cpu_count() or 1)


def _prepare(base: Ground, library: Library, wanted: Wanted) -> None:
    """Partitions for all months; nothing in the way of COPY, or beside it."""
    first = wanted.until - dt.timedelta(days=wanted.days + 1)
    last = partitions.month_after(partitions.month_after(wanted.until.date()))
    partitions.ensure(first.date(), last)
    with psycopg.connect(base.conninfo()) as run:
        run.execute("CREATE SCHEMA bench")
        run.execute("CREATE TABLE bench.share (number int PRIMARY KEY, cases int NOT NULL)")
        run.execute(
            "CREATE TABLE bench.later (number int PRIMARY KEY, of text NOT NULL, statement text NOT NULL)"
        )
        tables = list(library.columns)
        late = [*_droppable(run, tables), *_vacuumed(run, tables)]
        for number, (table, before, after) in enumerate(late):
            run.execute("INSERT INTO bench.later VALUES (%s, %s, %s)", [number, table, after])
            run.execute(before.encode())


def _droppable(run: Connection, tables: list[str]) -> list[tuple[str, str, str]]:
    """(table, how to drop, how to make again) of the constraints and indexes on which no foreign key
    stands."""
    found = run.execute(
        "SELECT conrelid::regclass,"
        " format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),"
        " format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s',"
        "  conrelid::regclass, conname, pg_get_constraintdef(oid))"
        " FROM pg_constraint c WHERE conrelid = ANY(%(tables)s::regclass[]) AND contype IN ('p', 'u')"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)"
        # of all partitions, as it was: a definition begins with the table alone
        " UNION ALL SELECT indrelid::regclass, format('DROP INDEX %%s', indexrelid::regclass),"
        "  replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')"
        " FROM pg_index i WHERE indrelid = ANY(%(tables)s::regclass[])"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
        {"tables": tables},
    )
    return [(str(table), str(drop), str(make)) for table, drop, make in found]


def _vacuumed(run: Connection, tables: list[str]) -> list[tuple[str, str, str]]:
    """(table, how to keep autovacuum away, how to let it in again): it would look at each table over and
    over, which is a sixth of the work, and all of them are vacuumed in the end."""
    found = run.execute(
        "SELECT coalesce(i.inhparent, c.oid)::regclass,"
        " format('ALTER TABLE %%s SET (autovacuum_enabled = off)', c.oid::regclass),"
        " format('ALTER TABLE %%s RESET (autovacuum_enabled)', c.oid::regclass)"
        " FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid"
        " WHERE c.relkind = 'r' AND coalesce(i.inhparent, c.oid) = ANY(%(tables)s::regclass[])",
        {"tables": tables},
    )
    return [(str(table), str(before), str(after)) for table, before, after in found]


# Writing ----------------------------------------------------------------------------------------------------


def _write(base: Ground, library: Library, plan: Plan, wanted: Wanted) -> None:
    """Write what is missing, by as many processes as there are cores; each has its shares of all blocks."""
    connection.close()
    with psycopg.connect(base.conninfo()) as run:
        marked = {number for (number,) in run.execute("SELECT number FROM bench.share")}
        before = _written(run)
    missing = [number for number in range(-(-len(plan) // BLOCK) * SHARES) if number not in marked]
    many = min(os.cpu_count() or 1, SHARES)
    parts = [[number for number in missing if number % SHARES % many == one] for one in range(many)]
    show = _progress(len(plan) - before)
    with ProcessPoolExecutor(
        many, multiprocessing.get_context("fork"), _Writer.begin, (base.conninfo(), library, plan, wanted)
    ) as pool:
        begun = [pool.submit(_write_shares, part) for part in parts]
        with psycopg.connect(base.conninfo(), autocommit=True) as run:
            while wait(begun, timeout=1).not_done:
                show(_written(run) - before)
            show(_written(run) - before)
        print()
        for one in begun:
            one.result()


def _written(run: Connection) -> int:
    """How many cases are written."""
    row = run.execute("SELECT coalesce(sum(cases), 0) FROM bench.share").fetchone()
    assert row is not None
    return int(str(row[0]))


class _Writer:
    """Makes and writes shares, in a process of its own that has inherited library and plan."""

    here: _Writer

    def __init__(self, conninfo: str, library: Library, plan: Plan, wanted: Wanted) -> None:
        self._columns = library.columns
        self._filling = Filling(library, plan, wanted)
        self._line = psycopg.connect(conninfo, autocommit=True)
        self._line.execute("SET session_replication_role = replica")  # no foreign keys to look up
        self._line.execute("SET synchronous_commit = off")  # a mark that is lost takes its block with it
        self._line.execute("SET wal_compression = off")

    @classmethod
    def begin(cls, conninfo: str, library: Library, plan: Plan, wanted: Wanted) -> None:
        end_with_parent()
        gc.freeze()  # the library is here to stay, and too large to be looked through again and again
        cls.here = cls(conninfo, library, plan, wanted)

    def write(self, number: int) -> None:
        """Write a share and its mark."""
        rows = self._filling.share(number)
        with self._line.transaction(), self._line.cursor() as cursor:
            for table, found in rows.items():
                columns = sql.SQL(", ").join(map(sql.Identifier, self._columns[table]))
                into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)")
                with cursor.copy(into.format(sql.Identifier(table), columns)) as copy:
                    copy.write(HEADER)
                    for at in range(0, len(found), AT_ONCE):
                        copy.write(b"".join(found[at : at + AT_ONCE]))
                    copy.write(TRAILER)
            cursor.execute("INSERT INTO bench.share VALUES (%s, %s)", [number, len(rows["cases_case"])])


def _write_shares(numbers: Sequence[int]) -> None:
    for number in numbers:
        _Writer.here.write(number)


# What comes after -------------------------------------------------------------------------------------------


def _finish(base: Ground, plan: Plan, wanted: Wanted) -> None:
    """Indexes, sequences past what is there, statistics, and the seals of the days. Can be done again."""
    with psycopg.connect(base.conninfo(), autocommit=True) as run:
        with _told("indexes, constraints and statistics"), ThreadPoolExecutor(PROCESSES) as pool:
            list(pool.map(partial(_finish_table, base.conninfo()), _largest_first(run)))
        for name, following in (("record_ids", plan.next_id), ("case_numbers", FIRST + len(plan))):
            run.execute("SELECT setval(%s, %s, false)", [name, following + IDS_AT_ONCE])
        # revisions of the calendar that were loaded before the first case
        run.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
        forget_blocks()
        with _told("seals"):
            _seal(wanted)
        with _told("standing figures"):
            keeping.keep_all()
        run.execute("CHECKPOINT")


def _largest_first(run: Connection) -> list[str]:
    """All tables; what takes longest is begun first."""
    found = run.execute(
        "SELECT c.oid::regclass::text FROM pg_class c"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace"
        " ORDER BY (SELECT sum(pg_table_size(relid)) FROM pg_partition_tree(c.oid)) DESC NULLS LAST,"
        "  pg_table_size(c.oid) DESC"
    )
    return [str(table) for (table,) in found]


def _finish_table(conninfo: str, table: str) -> None:
    """Make what was left for later, then gather statistics.

    Each index is made by one process, since tables are finished side by side; and an index of words that is
    made by several writes all of them to disk first.
    """
    with psycopg.connect(conninfo, autocommit=True) as run:
        run.execute("SET maintenance_work_mem = '1GB'")
        run.execute("SET max_parallel_maintenance_workers = 0")
        later = "SELECT number, statement FROM bench.later WHERE of = %s ORDER BY number"
        for number, statement in run.execute(later, [table]).fetchall():
            with run.transaction():
                run.execute(str(statement).encode())
                run.execute("DELETE FROM bench.later WHERE number = %s", [number])
        run.execute(f"VACUUM (FREEZE, ANALYZE) {table}".encode())


def _seal(wanted: Wanted) -> None:
    """Every past day gets the seal that the nightly job would have given it. A month is read at once, which a
    night cannot do: so all of it is read once and not day by day."""
    first = (wanted.until - dt.timedelta(days=wanted.days + 1)).astimezone(LOCAL).date()
    last = wanted.until.astimezone(LOCAL).date()
    begins = sorted({first, *(day for day in _days(first, last) if day.day == 1)})
    months = zip(begins, [*begins[1:], last], strict=True)
    connection.close()
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("fork"), end_with_parent) as pool:
        digests = {day: found for month in pool.map(_digests, months) for day, found in month.items()}
    roots: list[Root] = []
    for day in _days(first, last):
        prev = bytes(roots[-1].hash) if roots else b""
        digest, entries, chains = digests.get(day, (sha256().digest(), 0, 0))
        root = Root(day=day, prev=prev, entries=entries, chains=chains, sealed_at=wanted.until)
        root.hash = sha256(prev + digest).digest()
        roots.append(root)
    Root.objects.bulk_create(roots, ignore_conflicts=True)


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    """From ``first`` to the day before ``last``."""
    return [first + dt.timedelta(days=n) for n in range((last - first).days)]


def _digests(span: tuple[dt.date, dt.date]) -> dict[dt.date, tuple[bytes, int, int]]:
    """``journal.actions.day_digest`` of each day of a span on which anything was entered."""
    digests: dict[dt.date, Any] = defaultdict(sha256)
    entries, chains = Counter[dt.date](), Counter[dt.date]()
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT (at AT TIME ZONE %s)::date, record_id, count(*), (array_agg(hash ORDER BY seq DESC))[1]"
            " FROM journal_entry WHERE at >= %s AND at < %s GROUP BY 1, 2 ORDER BY 1, 2",
            [str(LOCAL), *(dt.datetime.combine(day, dt.time(), LOCAL) for day in span)],
        )
        for day, record_id, count, last in cursor:
            digests[day].update(record_id.to_bytes(8, "big") + bytes(last))
            entries[day] += count
            chains[day] += 1
    connection.close()
    return {day: (digest.digest(), entries[day], chains[day]) for day, digest in digests.items()}


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say what has been done and how long it took."""
    begun = time.perf_counter()
    yield
    print(f"  {what}: {time.perf_counter() - begun:,.1f} s", flush=True)


def _progress(cases: int) -> Callable[[int], None]:
    """Shows how many of ``cases`` are written, how fast, and how long the others will take."""
    begun = time.perf_counter()

    def show(done: int) -> None:
        rate = max(done, 1) / (time.perf_counter() - begun)
        left = (cases - done) / rate
        print(f"\r  {done:,} cases, {rate:,.0f} a second, {left:,.0f} s left   ", end="", flush=True)

    return show
