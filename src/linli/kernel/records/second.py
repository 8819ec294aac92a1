"""A second process that does a part of a long piece of work.

Python computes on one core at a time, so that who has to plan twenty thousand reports leaves the other core
to the database alone. The second process is a fork: it holds what this one holds (lists, areas, rows in
hand) without reading or sending any of it. Each has a connection of its own.

Only for a process that has one thread and is in no transaction, such as a command: of a web server's a fork
would inherit locks that nobody releases.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from typing import Any

from django.db import connections

Line = Connection
"""What the two talk over. It tells an end (``EOFError``) as soon as the other has hung up or is gone."""


@contextmanager
def second(work: Callable[[Line], None]) -> Iterator[Line]:
    """``work`` in a second process, which gets one end of a line, for as long as the block lasts.

    Where the block is left early the other is told by the end of the line, and waited for. Where this process
    is killed the other finds the same, and should look (``is_over``) before each step that counts.
    """
    connections.close_all()  # a fork must not talk over its parent's
    ours, theirs = Pipe()
    process = get_context("fork").Process(target=_work, args=(work, ours, theirs), daemon=True)
    gc.freeze()  # or the other's search for dead objects would copy every page that both hold
    try:
        process.start()
    finally:
        gc.unfreeze()
        theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


def is_over(line: Line) -> bool:
    """Whether the other has hung up: nobody waits for what is done here any more."""
    return line.poll()


def _work(work: Callable[[Line], Any], ours: Line, theirs: Line) -> None:
    ours.close()  # or its end would never be seen here
    # interrupted by the keyboard are both, and one of them says so
    with suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        work(theirs)
