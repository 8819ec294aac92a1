"""Background work of notices. Cron times are UTC."""

from __future__ import annotations

from procrastinate.contrib.django import app

from linli.kernel.notices.actions import deliver, prune


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="notices_deliver", name="notices.deliver")
def send_due(timestamp: int) -> None:
    """Send messages that are due."""
    deliver()


@app.periodic(cron="10 19 * * *")  # 03:10 in the city
@app.task(queueing_lock="notices_night", name="notices.night")
def night(timestamp: int) -> None:
    """Remove old notices and messages."""
    prune()
