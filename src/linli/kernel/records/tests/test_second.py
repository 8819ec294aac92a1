"""A second process on the same work."""

from __future__ import annotations

import os

import pytest
from django.db import connection

from linli.kernel.records.second import Line, is_over, second

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),  # pytest's own
]


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_it_is_another_process_with_a_connection_of_its_own() -> None:
    before = backend()
    with second(lambda line: line.send((os.getpid(), backend()))) as line:
        mine = backend()
        pid, theirs = line.recv()
    assert pid != os.getpid()
    assert len({before, mine, theirs}) == 3


def test_it_holds_what_was_at_hand() -> None:
    at_hand = object()
    with second(lambda line: line.send(id(at_hand))) as line:
        assert line.recv() == id(at_hand)


def test_it_ends_when_nobody_waits_for_it_any_more() -> None:
    def works(line: Line) -> None:
        while not is_over(line):
            pass
        line.recv()

    with pytest.raises(KeyboardInterrupt), second(works):
        raise KeyboardInterrupt


def test_who_waits_for_it_is_told_that_it_is_gone() -> None:
    with second(lambda line: os._exit(9)) as line, pytest.raises(EOFError):
        line.recv()
