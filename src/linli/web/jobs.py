"""Background work of the web room."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore
from procrastinate.contrib.django import app

from linli.web import counting


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="web_sweep_counts", name="web.sweep_counts")
def sweep_counts(timestamp: int) -> None:
    """Remove counts whose window has ended, so that no digest stays longer than it is needed."""
    counting.sweep()


@app.periodic(cron="10 19 * * *")  # 03:10 in the city
@app.task(queueing_lock="web_sweep_sessions", name="web.sweep_sessions")
def sweep_sessions(timestamp: int) -> None:
    """Remove sessions that have ended by themselves."""
    SessionStore.clear_expired()
