"""Telling, marking as read, sending out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from linli.kernel.access.actor import Actor
from linli.kernel.notices import quiet
from linli.kernel.notices.channels import DeliveryFailed, channel
from linli.kernel.notices.errors import QuietHoursInvalid
from linli.kernel.notices.kinds import KINDS
from linli.kernel.notices.models import Message, Notice, QuietHours
from linli.kernel.notices.permissions import CONFIGURE
from linli.kernel.notices.queries import addressed_to
from linli.kernel.records.changes import Changes
from linli.kernel.records.ids import BLOCK
from linli.kernel.units.models import Post
from linli.lib.time import now

ATTEMPTS = 5
KEEP = dt.timedelta(days=184)
"""Notices are reminders; the journal is the record. They go after half a year."""


def tell(
    changes: Changes,
    *,
    kind: str,
    title: str,
    record: tuple[str, int],
    district: str,
    units: Iterable[int] = (),
    posts: Iterable[int] = (),
    number: str = "",
    body: str = "",
    at: dt.datetime | None = None,
) -> None:
    """Add to ``changes`` a notice for every unit and post, each once. ``title`` and ``body`` must hold no
    personal data; they are cut to their columns. ``KeyError`` for a kind that nobody declared."""
    when = at or now()
    due = _due(kind, when)
    family, record_id = record
    recipients = [(unit, None) for unit in sorted(set(units))] + [(None, post) for post in sorted(set(posts))]
    changes.insert(
        *(
            Notice(
                district=district,
                to_unit=unit,
                to_post=post,
                family=family,
                record_id=record_id,
                number=number,
                kind=kind,
                title=title[:80],
                body=body[:300],
                at=when,
                deliver_after=due,
            )
            for unit, post in recipients
        )
    )


FAN_OUT = """
WITH chosen AS (SELECT id, row_number() OVER () - 1 AS n FROM ({posts}) AS p),
blocks AS MATERIALIZED (
    SELECT b, nextval('record_ids') AS first
    FROM generate_series(0, (SELECT max(n) FROM chosen) / %s) AS b
)
INSERT INTO notices_notice (id, district, to_post, family, record_id, number, kind, title, body, at,
                            deliver_after, is_read)
SELECT blocks.first + chosen.n %% %s, %s, chosen.id, %s, %s, %s, %s, %s, %s, %s, %s, false
FROM chosen JOIN blocks ON blocks.b = chosen.n / %s
"""
"""Ids come in whole blocks from the records' sequence, as a process would take them (``records.ids``)."""


def fan_out(
    posts: QuerySet[Post],
    *,
    kind: str,
    title: str,
    record: tuple[str, int],
    district: str,
    number: str = "",
    body: str = "",
    at: dt.datetime | None = None,
) -> int:
    """Tell every post of a queryset in one statement, for an alert to a whole city; returns how many."""
    when = at or now()
    chosen, parameters = posts.order_by().values("id").query.sql_with_params()
    family, record_id = record
    row: tuple[Any, ...] = (
        district,
        family,
        record_id,
        number,
        kind,
        title[:80],
        body[:300],
        when,
        _due(kind, when),
    )
    with connection.cursor() as cursor:
        cursor.execute(FAN_OUT.format(posts=chosen), [*parameters, BLOCK, BLOCK, *row, BLOCK])
        return int(cursor.rowcount)


def mark_read(actor: Actor, *, notices: Collection[int]) -> int:
    """Mark the actor's own notices as read, with those folded under them; returns how many rows.

    Ids of other recipients' notices are passed over without a word.
    """
    own = addressed_to(actor)
    folded = Q(pk__in=[])
    for shown in own.filter(pk__in=notices):
        folded |= Q(
            to_unit=shown.to_unit,
            to_post=shown.to_post,
            kind=shown.kind,
            family=shown.family,
            record_id=shown.record_id,
            at__lte=shown.at,
        )
    return own.filter(folded, is_read=False).update(is_read=True)


def mark_all_read(actor: Actor, *, until: dt.datetime) -> int:
    """Mark everything up to ``until`` (when the list was shown) as read; returns how many rows."""
    return addressed_to(actor).filter(is_read=False, at__lte=until).update(is_read=True)


def set_quiet_hours(actor: Actor, *, starts: dt.time, ends: dt.time, source: str) -> QuietHours:
    """Set the city's quiet hours from now on; equal times mean none. Needs ``notices.configure``."""
    actor.require(CONFIGURE)
    if not source.strip():
        raise QuietHoursInvalid(fields={"source": "依据：请填写修改免打扰时段的文件或决定"})
    row = QuietHours.objects.create(
        starts=starts, ends=ends, source=source.strip()[:200], post_id=actor.post, set_at=now()
    )
    transaction.on_commit(quiet.forget)
    return row


def write_to(
    changes: Changes,
    *,
    person: int,
    text: str,
    record: tuple[str, int],
    district: str,
    number: str = "",
    is_emergency: bool = False,
    at: dt.datetime | None = None,
) -> Message:
    """Add to ``changes`` a message to a resident, to leave after the quiet hours."""
    when = at or now()
    family, record_id = record
    message = Message(
        district=district,
        person_id=person,
        family=family,
        record_id=record_id,
        number=number,
        text=text[:300],
        at=when,
        deliver_after=when if is_emergency else quiet.quiet_hours().after(when),
    )
    changes.insert(message)
    return message


def deliver(*, limit: int = 500) -> int:
    """Send what is due through the channel; returns how many left.

    Each message is claimed by a row lock that other workers skip, and marked in the same transaction. A
    process killed between the sending and the mark sends again under the same id (``Channel.send``).
    """
    sent = 0
    for district in _waiting().values_list("district", flat=True).distinct():
        while sent < limit:
            with transaction.atomic():
                message = _claimed(district)
                if message is None:
                    break
                sent += _send(message)
    return sent


def prune() -> int:
    """Delete notices and messages older than half a year; returns how many."""
    oldest = now() - KEEP
    notices, _ = Notice.objects.filter(at__lt=oldest).delete()
    messages, _ = Message.objects.filter(at__lt=oldest).delete()
    return notices + messages


def _waiting() -> QuerySet[Message]:
    return Message.objects.filter(sent_at__isnull=True, attempts__lt=ATTEMPTS, deliver_after__lte=now())


def _claimed(district: str) -> Message | None:
    """The next message, of one district: a distributed database locks rows of one node alone."""
    waiting = _waiting().filter(district=district).select_for_update(skip_locked=True)
    return waiting.order_by("deliver_after", "pk").first()


def _send(message: Message) -> bool:
    """Try once. A failure puts the next try off by 2, 4, 8 … minutes."""
    message.attempts += 1
    try:
        channel().send(message)
    except DeliveryFailed as error:
        message.failure = str(error)[:200]
        message.deliver_after = now() + dt.timedelta(minutes=2**message.attempts)
    else:
        message.sent_at, message.failure = now(), ""
    message.save(update_fields=["attempts", "failure", "deliver_after", "sent_at"])
    return message.sent_at is not None


def _due(kind: str, when: dt.datetime) -> dt.datetime:
    return when if KINDS[kind].is_emergency else quiet.quiet_hours().after(when)
