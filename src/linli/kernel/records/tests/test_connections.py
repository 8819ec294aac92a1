"""A connection that the server has closed is noticed before it is used, and a good one is not asked."""

from __future__ import annotations

import psycopg
import pytest
from django.core.signals import request_started
from django.db import close_old_connections, connection

from linli.kernel.records.connections import check_connections


def ask() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.fixture
def checked(transactional_db: None) -> None:
    """The connection is checked as it is in the web."""
    connection.ensure_connection()
    connection.health_check_enabled = True


@pytest.mark.usefixtures("checked")
def test_a_connection_that_was_ended_is_replaced() -> None:
    pid = ask()
    held: psycopg.Connection[object] = connection.connection
    with psycopg.connect(held.info.dsn) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    request_started.send(sender=None, environ={})
    connection.ensure_connection()
    assert ask() != pid


@pytest.mark.usefixtures("checked")
def test_a_quiet_connection_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    pid = ask()
    asked: list[bool] = []
    monkeypatch.setattr(connection, "is_usable", lambda: asked.append(True) or True)
    for _ in range(3):  # the server may have had a word for all of its connections just then
        asked.clear()
        # in this order at each request; Django's test client puts its own receiver behind ours
        close_old_connections()
        check_connections()
        assert ask() == pid
        if not asked:
            return
    pytest.fail("asked every time")
