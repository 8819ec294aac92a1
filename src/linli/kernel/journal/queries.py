"""Reading chains."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from linli.kernel.journal.models import Entry, Remark


def chain(record_id: int) -> list[tuple[Entry, Remark | None]]:
    """The whole chain of one record, oldest first, each entry with what was said."""
    remarks = {remark.seq: remark for remark in Remark.objects.filter(record_id=record_id)}
    return [
        (entry, remarks.get(entry.seq)) for entry in Entry.objects.filter(record_id=record_id).order_by("seq")
    ]


def moves_since(xid: int, limit: int = 10_000) -> Iterable[Entry]:
    """Entries written by transactions from ``xid`` on that all readers can see: nothing is skipped.

    A number from a sequence would not do: a transaction that took an earlier number may commit later.
    Whole transactions only, so there may be more than ``limit``: whoever has read up to a transaction goes
    on from the one after it.
    """
    with connection.cursor() as cursor:
        # asked first: in a distributed database transactions are numbered by this node, entries lie on others
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        (before,) = cursor.fetchone()
    settled = (
        "tx IN (SELECT tx FROM journal_entry WHERE tx >= %s::text::xid8"
        " AND tx < %s::text::xid8 ORDER BY tx FETCH FIRST %s ROWS WITH TIES)"
    )
    found = Entry.objects.extra(where=[settled], params=[str(xid), before, limit])
    return found.order_by("tx", "record_id", "seq")
