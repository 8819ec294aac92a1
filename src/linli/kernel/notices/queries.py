"""A post's notices: its own, and its unit's where it acts for the unit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import ROLES, Scope
from linli.kernel.access.rows import NOTHING
from linli.kernel.notices.errors import CursorInvalid
from linli.kernel.notices.models import Notice
from linli.lib.time import now

PAGE = 30
COUNT_LIMIT = 99


@dataclass(frozen=True)
class Line:
    """One line of the inbox: the newest notice, and how many unread ones of its kind lie under it."""

    notice: Notice
    folded: int


@dataclass(frozen=True)
class Page:
    lines: list[Line]
    after: str
    """Give it to ``inbox`` for the next page; empty on the last."""


def addressed_to(actor: Actor) -> QuerySet[Notice]:
    """All notices for the actor's post, and for the unit it acts for; none for the public and the system."""
    wanted = NOTHING
    for column, recipient in _recipients(actor):
        wanted |= Q(**{column: recipient})
    return Notice.objects.filter(wanted)


def inbox(actor: Actor, *, after: str = "", size: int = PAGE) -> Page:
    """Newest first, unread ones of one kind and record folded into the newest of them.

    Shows also what quiet hours hold back: opening the inbox is a choice, a nudge is not.
    """
    start = _before(after)
    rows: list[Notice] = []
    for column, recipient in _recipients(actor):  # one ordered index scan each; an OR would sort everything
        query = _newest_of_kind(column, Notice.objects.filter(start, **{column: recipient}))
        rows += query.annotate(folded=_folded(column)).order_by("-at", "-pk")[: size + 1]
    rows.sort(key=lambda row: (row.at, row.pk), reverse=True)
    shown = rows[:size]
    # the annotation is not a field of the model, so it is looked up by name
    lines = [Line(row, 0 if row.is_read else row.__dict__["folded"]) for row in shown]
    return Page(lines, _cursor(shown[-1]) if len(rows) > size else "")


def unread_count(actor: Actor) -> int:
    """Lines of the inbox that are unread and may nudge by now; counts no further than 100."""
    reached = dict(_recipients(actor))
    if not reached:
        return 0
    sql, parameters = _unread(tuple(reached))
    put: dict[Any, Any] = {_SOME_TIME: now(), **dict(zip(_SOMEBODY, reached.values(), strict=False))}
    with connection.cursor() as cursor:
        cursor.execute(sql, [put.get(value, value) for value in parameters])
        (total,) = cursor.fetchone()
    return min(int(total), COUNT_LIMIT + 1)


_SOMEBODY, _SOME_TIME = (-1, -2), dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Stand for recipients and for now in a statement that is kept."""


@cache
def _unread(columns: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """The count behind the badge: at every page the same, and making its text costs more than the count."""
    due = Q(deliver_after__lte=_SOME_TIME)
    counts: list[str] = []
    parameters: tuple[Any, ...] = ()
    for column, recipient in zip(columns, _SOMEBODY, strict=False):
        unread = Notice.objects.filter(due, is_read=False, **{column: recipient})
        lines = _newest_of_kind(column, unread, due).values("pk")[: COUNT_LIMIT + 1]
        sql, asked = lines.query.sql_with_params()
        counts.append(f"(SELECT count(*) FROM ({sql}) lines)")
        parameters += asked
    return f"SELECT {' + '.join(counts)}", parameters


def unread_badge(actor: Actor) -> str:
    """The count as shown: empty, ``1`` to ``99``, or ``99+``."""
    count = unread_count(actor)
    if count > COUNT_LIMIT:
        return f"{COUNT_LIMIT}+"
    return str(count) if count else ""


def _recipients(actor: Actor) -> list[tuple[str, int]]:
    """The columns and values by which notices reach the actor; each column has its own indexes."""
    reached = (("to_post", actor.post), ("to_unit", actor.unit if _acts_for_unit(actor) else None))
    return [(column, recipient) for column, recipient in reached if recipient is not None]


def _acts_for_unit(actor: Actor) -> bool:
    """Whether the role reaches what the unit takes part in.

    A unit is told of records by name. A grid worker of the same centre, or its system administrator, sees few
    or none of them, and so does not read its notices.
    """
    role = ROLES.get(actor.role)
    return role is not None and any(Scope.UNIT in scopes for scopes in role.grants.values())


def _same_kind(column: str) -> QuerySet[Notice]:
    """Unread notices to the same recipient, of the same kind, about the same record as the outer row."""
    same = {name: OuterRef(name) for name in (column, "record_id", "kind", "family", "district")}
    return Notice.objects.filter(is_read=False, **same)


def _newest_of_kind(column: str, notices: QuerySet[Notice], also: Q | None = None) -> QuerySet[Notice]:
    newer = _same_kind(column).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")), also or Q()
    )
    return notices.filter(Q(is_read=True) | ~Exists(newer))


def _folded(column: str) -> Coalesce:
    older = _same_kind(column).filter(Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lt=OuterRef("pk")))
    counted = older.order_by().values("kind").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _cursor(row: Notice) -> str:
    return f"{row.at.isoformat()}_{row.pk}"


def _before(cursor: str) -> Q:
    if not cursor:
        return Q()
    try:
        at, pk = cursor.split("_")
        instant, last = dt.datetime.fromisoformat(at), int(pk)
    except ValueError as error:
        raise CursorInvalid from error
    if instant.tzinfo is None:
        raise CursorInvalid
    return Q(at__lt=instant) | Q(at=instant, pk__lt=last)
