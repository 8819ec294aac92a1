"""A family whose records do nothing but be written down."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar
from uuid import UUID

from django.apps.registry import Apps

from linli.kernel.access.actor import Actor
from linli.kernel.journal import actions
from linli.kernel.records.changes import Changes
from linli.kernel.records.models import Record

AT = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
CLERK = Actor(post=5, account=1, unit=7, area="990101", role="journal_test_clerk")


class Note(Record):
    family: ClassVar[str] = "note"

    class Meta:
        apps = Apps()
        app_label = "journal"


def begun(at: dt.datetime = AT) -> Note:
    """A record with the first entry of its chain."""
    note = Note(state="open", opened_at=at)
    note.place("990101001001001")
    plan = Changes()
    actions.enter(plan, actor=CLERK, record=note, move="begin", at=at, facts={"n": 1})
    plan.insert(note)
    plan.write()
    return note


def moved(note: Note, remark: str = "", *, at: dt.datetime = AT, client_id: UUID | None = None) -> Note:
    """The next entry of its chain."""
    plan, was = Changes(), note.version
    actions.enter(
        plan,
        actor=CLERK,
        record=note,
        move="go",
        at=at,
        facts={"词": [1, None]},
        remark=remark,
        client_id=client_id,
    )
    plan.move(note, was, chain=note.chain)
    plan.write()
    return note
