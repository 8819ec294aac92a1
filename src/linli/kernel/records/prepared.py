"""Statements that are the same at every request, prepared once per connection.

Django's own cursor puts the values into the text, so that the server plans every query anew. What is asked
at every deed goes through here instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connections
from psycopg.abc import Buffer

Row = tuple[Any, ...]


class Text(bytes):
    """Text in UTF-8 as it goes over the wire: a large document is not decoded only to be encoded again."""


class _AsItIs(psycopg.adapt.Dumper):
    def dump(self, obj: Text) -> Buffer:
        return obj


psycopg.adapters.register_dumper(Text, _AsItIs)


def run_raw(connection: Any, sql: str, values: Sequence[Any]) -> None:
    """Carry out a statement with ``$1`` over a connection that is given, of this thread or another's."""
    _over(connection, psycopg.RawCursor, sql, values)


def fetch(sql: str, values: Sequence[Any], *, using: str = "default") -> list[Row]:
    """The rows of a statement with ``%s``. It joins the transaction in hand, else it is one by itself."""
    rows = _run(psycopg.Cursor, sql, values, using)
    connection: Any = connections[using]
    if connection.queries_logged:
        told = psycopg.ClientCursor(connection.connection).mogrify(sql, values)
        connection.queries_log.append({"sql": told, "time": "0"})
    return rows


def fetch_raw(sql: str, values: Sequence[Any], *, using: str = "default") -> list[Row]:
    """As ``fetch`` for a statement with ``$1``: a long text is sent as it is, not searched for places."""
    rows = _run(psycopg.RawCursor, sql, values, using)
    if connections[using].queries_logged:
        connections[using].queries_log.append({"sql": sql, "time": "0"})
    return rows


def _run(kind: type[psycopg.Cursor[Any]], sql: str, values: Sequence[Any], using: str) -> list[Row]:
    return _over(connections[using], kind, sql, values)


def _over(connection: Any, kind: type[psycopg.Cursor[Any]], sql: str, values: Sequence[Any]) -> list[Row]:
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = kind(connection.connection)
        cursor.execute(sql, values, prepare=True)
        return cursor.fetchall()
