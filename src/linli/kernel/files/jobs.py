"""Nightly work of the files. Cron times are UTC."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.kernel.files.actions import sweep, sweep_shard
from linli.lib.time import today


@app.periodic(cron="50 18 * * *")  # 02:50 in the city
@app.task(queueing_lock="files_night", name="files.night")
def night(timestamp: int) -> None:
    """Remove what was never attached, and a share of what was never recorded."""
    sweep()
    sweep_shard(today().toordinal())
