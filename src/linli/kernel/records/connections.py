"""Connections that the server has closed while nobody used them, found without asking the server.

Django asks ``SELECT 1`` before a request's first query, which is a quarter of what a move costs in round
trips. A connection that was closed, or is about to be, has something to read: only then is it asked.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.core.signals import request_started
from django.db import connections
from django.dispatch import receiver


@receiver(request_started)
def check_connections(**_: object) -> None:
    """Close what cannot be used any more; whoever comes next opens another.

    Deeds need this: they do not go through Django's cursors, which look for themselves.
    """
    connection: Any
    for connection in connections.all(initialized_only=True):
        held: psycopg.Connection[Any] | None = connection.connection
        if held is None or connection.in_atomic_block:
            continue
        if held.closed or _has_word(held):
            connection.close_if_health_check_failed()
        connection.health_check_done = True


def _has_word(held: psycopg.Connection[Any]) -> bool:
    """Whether the server has said something unasked, be it that it hung up."""
    waiting = select.poll()
    waiting.register(held.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
