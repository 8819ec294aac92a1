"""Whoever follows the journal misses no entry, however late it was committed."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from linli.kernel.journal.actions import enter
from linli.kernel.journal.models import Entry
from linli.kernel.journal.partitions import ensure
from linli.kernel.journal.queries import moves_since
from linli.kernel.journal.tests.notes import AT, CLERK, Note
from linli.kernel.records.changes import Changes
from linli.lib.time import at

pytestmark = pytest.mark.django_db(transaction=True)


def write(record_id: int) -> None:
    note = Note(id=record_id, state="open", opened_at=AT)
    note.place("990101001001001")
    plan = Changes()
    enter(plan, actor=CLERK, record=note, move="begin", at=AT, facts={})
    plan.write()


def followed(xid: int, count: int, limit: int = 10_000) -> list[Entry]:
    """``moves_since`` once ``count`` entries can be read.

    A reader waits for every older transaction of the whole server, so for those of other test processes
    too; they end by themselves.
    """
    seen: list[Entry] = []
    for _ in range(600):
        seen = list(moves_since(xid, limit=limit))
        if len(seen) >= count:
            break
        threading.Event().wait(0.1)
    return seen


@pytest.fixture
def slow_writer() -> Iterator[threading.Event]:
    """A transaction on another connection that has begun and written, and commits when told."""
    begun, go = threading.Event(), threading.Event()

    def run() -> None:
        with transaction.atomic():
            write(1)
            begun.set()
            go.wait(30)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(30)
    go.join = thread.join  # type: ignore[attr-defined]
    yield go
    go.set()
    thread.join()


def test_an_entry_committed_late_is_not_passed_over(slow_writer: threading.Event) -> None:
    write(2)
    assert list(moves_since(0)) == [], "a later one waits until no earlier one can still appear"
    slow_writer.set()
    slow_writer.join()  # type: ignore[attr-defined]
    seen = followed(0, 2)
    assert [entry.record_id for entry in seen] == [1, 2]
    last = int(str(seen[-1].tx))
    write(3)
    assert [entry.record_id for entry in followed(last + 1, 1)] == [3]


def test_a_limit_cuts_but_loses_nothing() -> None:
    for record_id in (1, 2, 3):
        write(record_id)
    followed(0, 3)
    first = list(moves_since(0, limit=2))
    rest = list(moves_since(int(str(first[-1].tx)) + 1))
    assert [entry.record_id for entry in (*first, *rest)] == [1, 2, 3]


def test_a_limit_never_cuts_a_transaction_in_two() -> None:
    with transaction.atomic():
        for record_id in (1, 2, 3):
            write(record_id)
    write(4)
    followed(0, 4)
    assert [entry.record_id for entry in moves_since(0, limit=2)] == [1, 2, 3]


def test_months_are_made_ahead_and_only_once() -> None:
    with at(AT.replace(year=2031)):
        assert ensure() == ["journal_entry_203103", "journal_entry_203104", "journal_entry_203105"]
        assert ensure() == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE journal_entry_203103, journal_entry_203104, journal_entry_203105")
