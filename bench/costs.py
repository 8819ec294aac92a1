"""What a request costs beside its time: queries, rows read, pages of the database looked at.

Counted while the very requests are answered in this process, one after the other, on the database in use:
queries as Django logs them, rows and pages as ``pg_stat_database`` has them before and after. (The
embedded server has no ``pg_stat_statements``, and what many sessions did at once cannot be told apart
afterwards.) Bytes on the wire are counted by the client, CPU and memory while the web is measured.
"""

from __future__ import annotations

import re
from collections import defaultdict
from statistics import median

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import limit
from bench.client import Answer, Request, Script
from bench.figures import Cost
from bench.ground import Ground

WARM = 12
"""Requests of a kind that are not counted: the database has planned it for good by then."""
COUNTED = 5
"""Requests of a kind that are."""
CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
"""Beginnings of statements that frame others."""
CURSOR = re.compile(r'^DECLARE "\w+" [A-Z ]*CURSOR [A-Z ]*FOR ')
"""Before a query that is read through a cursor of the server."""


def costs(base: Ground, script: Script, *, most: int = WARM + COUNTED) -> dict[str, Cost]:
    """The middle cost of a script's requests by name, of its first ``most``; of each name the first ``WARM``
    are left out."""
    found: defaultdict[str, list[Cost]] = defaultdict(list)
    with psycopg.connect(base.server.url("postgres"), autocommit=True) as watch:
        answer: Answer | None = None
        for _ in range(most):
            try:
                request = next(script) if answer is None else script.send(answer)
            except StopIteration:
                break
            before = _read(watch)
            answer, asked = ask(request)
            _flush()
            rows, pages = (now - then for now, then in zip(_read(watch), before, strict=True))
            found[request.name].append(Cost(len(asked), rows, pages))
    return {name: _middle(some[WARM:] or some[-1:]) for name, some in found.items()}


def ask(request: Request) -> tuple[Answer, list[str]]:
    """The answer to a request by this process, and the statements that it took, values put in."""
    head, _, body = request.wire.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = dict(line.split(": ", 1) for line in lines)
    with CaptureQueriesContext(connection) as captured:
        told = Client().generic(method, path, body, "application/json", headers=headers)
    asked = [CURSOR.sub("", one["sql"]) for one in captured.captured_queries]
    plain = [sql for sql in asked if not sql.startswith(CONTROL)]
    return Answer(told.status_code, told.content), plain


def reads(request: Request) -> limit.Deed:
    """The statements of a page by themselves, as ``limit`` measures them: each prepared, values put in."""
    ask(request)  # what a process reads once is read
    _, asked = ask(request)
    return limit.Deed(tuple(((sql, ()),) for sql in asked))


def _read(watch: psycopg.Connection[tuple[int, ...]]) -> tuple[int, ...]:
    row = watch.execute(
        "SELECT tup_returned, blks_hit + blks_read FROM pg_stat_database WHERE datname = %s",
        [connection.settings_dict["NAME"]],
    ).fetchone()
    assert row is not None
    return row


def _flush() -> None:
    """Let the server count at once what this session did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")


def _middle(some: list[Cost]) -> Cost:
    return Cost(
        median(one.queries for one in some),
        median(one.rows for one in some),
        median(one.pages for one in some),
    )
