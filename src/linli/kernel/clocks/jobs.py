"""The timer: looks for due clocks every second, as long as any worker runs."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import InterfaceError, OperationalError, close_old_connections, connections
from procrastinate.contrib.django import app

from linli.kernel.clocks import revising
from linli.kernel.clocks.firing import fire
from linli.lib.time import now

logger = logging.getLogger(__name__)

TURN = dt.timedelta(seconds=10)
"""How long one turn of watching is. A killed worker's clocks wait at most until the next one begins."""

OVERLAP = dt.timedelta(seconds=2)
"""How far a turn reaches into the next, so that nobody waits for a job to be handed out."""

AFTER_SECOND = 0.01
"""Clocks run out at whole seconds: there is something new to find when one has begun, and then only."""


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="clocks_watch", name="clocks.watch", priority=100)
async def watch(timestamp: int) -> None:
    """Fire due clocks for one turn. Turns that overlap share the work (``firing``)."""
    until = dt.datetime.fromtimestamp(timestamp, dt.UTC) + TURN + OVERLAP
    loop = asyncio.get_running_loop()
    # A thread of its own: Django's shared one may be busy with another job for longer than a clock can wait.
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            await loop.run_in_executor(thread, _look)
            while now() < until:
                await asyncio.sleep(_until_next_second(now()))
                await loop.run_in_executor(thread, _look)
        finally:
            thread.submit(connections.close_all)


def _until_next_second(at: dt.datetime) -> float:
    return 1 - at.microsecond / 1_000_000 + AFTER_SECOND


def _look() -> None:
    close_old_connections()  # one that was lost is replaced
    try:
        fire()
    except ExceptionGroup:
        logger.exception("clocks stay unfired because their handlers failed; they are tried again")
    except (OperationalError, InterfaceError):
        logger.exception("the database did not answer the clocks; it is asked again")


@app.task(name=revising.RECOUNT)
def recount(revision_id: int) -> None:
    """Move what was still counted by the calendar from before a revision."""
    revising.recount(revision_id)
