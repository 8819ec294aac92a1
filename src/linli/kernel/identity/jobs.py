"""Nightly work of this room. Cron times are UTC."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from procrastinate.contrib.django import app

from linli.kernel.identity import actions


@app.periodic(cron="40 18 * * *")  # 02:40 in the city
@app.task(queueing_lock="identity_night", name="identity.night")
def night(timestamp: int) -> None:
    """Follow a change of the vault's keys; forget sessions that are over."""
    actions.reseal()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
