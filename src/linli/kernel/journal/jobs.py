"""Nightly work of the journal."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.kernel.journal import partitions
from linli.kernel.journal.actions import seal_due


@app.periodic(cron="10 16 * * *")  # 00:10 in the city
@app.task(queueing_lock="journal_night", name="journal.night")
def night(timestamp: int) -> None:
    """Seal the days that have ended and make next months' partitions."""
    seal_due()  # first: that a partition could not be made must not leave a day unsealed
    partitions.ensure()
