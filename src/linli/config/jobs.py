"""What keeps the queue itself going."""

from __future__ import annotations

from procrastinate.contrib.django import app

STALLED_SECONDS = 60.0
"""A job whose worker has given no sign of life for this long is taken to be abandoned."""


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_abandoned", name="config.retry_abandoned")
async def retry_abandoned(timestamp: int) -> None:
    """Begin again what a killed worker left half-done. Jobs are written so that a second run does no harm."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await app.job_manager.retry_job(job)
