"""The keeper: follows the journal every two seconds, as long as any worker runs."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import InterfaceError, OperationalError, close_old_connections, connections
from procrastinate.contrib.django import app

from linli.kernel.insight import keeping
from linli.lib.time import now

logger = logging.getLogger(__name__)

TURN = dt.timedelta(seconds=10)
"""How long one turn of keeping is. After a worker was killed, the next turn begins no later."""

PAUSE_SECONDS = 2.0


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="insight_keep", name="insight.keep", priority=50)
async def keep(timestamp: int) -> None:
    """Keep the standing figures for one turn. A second turn at the same time finds the first at work."""
    until = dt.datetime.fromtimestamp(timestamp, dt.UTC) + TURN
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            await loop.run_in_executor(thread, _look)
            while now() < until:
                await asyncio.sleep(PAUSE_SECONDS)
                await loop.run_in_executor(thread, _look)
        finally:
            thread.submit(connections.close_all)


def _look() -> None:
    close_old_connections()  # one that was lost is replaced
    try:
        keeping.keep_all()
    except (OperationalError, InterfaceError):
        logger.exception("the database did not answer; the figures are kept at the next look")
