"""Finding what is due soon and what is overdue, and saying so exactly once.

A clock is claimed by locking its row, marked as fired and handed to its family's handlers in one
transaction. Several workers share the work because each skips rows that another holds; whoever is killed
leaves nothing marked, so that another fires it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from linli.kernel.clocks.models import Clock
from linli.lib.time import now


class Due(NamedTuple):
    """What is told of a clock that fires: reading all of its columns would cost as much as firing it."""

    pk: int
    family: str
    record_id: int
    district: str
    unit_id: int | None
    name: str


Handler = Callable[[list[Due]], None]

BATCH = 1_000

_due_soon: defaultdict[str, list[Handler]] = defaultdict(list)
_overdue: defaultdict[str, list[Handler]] = defaultdict(list)


def on_due_soon(family: str) -> Callable[[Handler], Handler]:
    """Register what a family does for clocks that are due soon. Called with up to ``limit`` of them at
    once, in the transaction that marks them: work on the set, and leave anything outside the database to
    a job deferred here."""
    return _register(_due_soon, family)


def on_overdue(family: str) -> Callable[[Handler], Handler]:
    """Register what a family does for clocks that have run out; as ``on_due_soon``."""
    return _register(_overdue, family)


def _register(table: defaultdict[str, list[Handler]], family: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        table[family].append(handler)
        return handler

    return register


@dataclass(frozen=True)
class Fired:
    """How many clocks were fired."""

    due_soon: int
    overdue: int


def fire(at: dt.datetime | None = None, limit: int = BATCH) -> Fired:
    """Fire every running clock that is due soon or overdue at ``at`` (default: now), in batches of at most
    ``limit``. Safe to run anywhere, any number of times at once.

    A clock found only when it is overdue already is not announced as due soon as well. A handler's error
    undoes its batch, whose clocks are then tried one by one; those that still fail stay unfired for the
    next time, and all errors are raised together at the end as an ExceptionGroup.
    """
    at = (at or now()).replace(microsecond=0)
    errors: list[Exception] = []
    overdue = _fire_all(_overdue_at(at), _mark_overdue, _overdue, at, limit, errors)
    due_soon = _fire_all(_due_soon_at(at), _mark_due_soon, _due_soon, at, limit, errors)
    if errors:
        raise ExceptionGroup("clocks could not be fired", errors)
    return Fired(due_soon=due_soon, overdue=overdue)


def _overdue_at(at: dt.datetime) -> QuerySet[Clock]:
    running = Clock.objects.filter(stopped_at=None, paused_at=None)
    return running.filter(overdue_fired_at=None, due_at__lt=at).order_by("due_at")


def _due_soon_at(at: dt.datetime) -> QuerySet[Clock]:
    running = Clock.objects.filter(stopped_at=None, paused_at=None)
    return running.filter(soon_fired_at=None, soon_at__lte=at, due_at__gte=at).order_by("soon_at")


def _mark_overdue(clocks: QuerySet[Clock], at: dt.datetime) -> None:
    clocks.update(overdue_fired_at=at, soon_fired_at=Coalesce(F("soon_fired_at"), at))


def _mark_due_soon(clocks: QuerySet[Clock], at: dt.datetime) -> None:
    clocks.update(soon_fired_at=at)


Mark = Callable[[QuerySet[Clock], dt.datetime], None]


def _fire_all(
    found: QuerySet[Clock],
    mark: Mark,
    handlers: defaultdict[str, list[Handler]],
    at: dt.datetime,
    limit: int,
    errors: list[Exception],
) -> int:
    """Fire family by family, so that one family's trouble is nobody else's, and district by district, since
    rows can be locked on one node alone where the database is distributed."""
    parts = list(found.order_by().values_list("family", "district").distinct())
    return sum(
        _fire_part(
            found.filter(family=family, district=district),
            mark,
            handlers.get(family, []),
            at,
            limit,
            errors,
        )
        for family, district in parts
    )


def _fire_part(
    found: QuerySet[Clock],
    mark: Mark,
    handlers: list[Handler],
    at: dt.datetime,
    limit: int,
    errors: list[Exception],
) -> int:
    fired, singly, failed = 0, 0, list[int]()
    while True:
        size = 1 if singly else limit
        claimed: list[Due] = []
        try:
            with transaction.atomic():
                rows = found.exclude(pk__in=failed).select_for_update(skip_locked=True)
                claimed = list(map(Due._make, rows.values_list(*Due._fields)[:size]))
                if not claimed:
                    return fired
                district = claimed[0].district
                mark(Clock.objects.filter(pk__in=[clock.pk for clock in claimed], district=district), at)
                for handler in handlers:
                    handler(claimed)
        except (OperationalError, InterfaceError):
            raise  # the database is away or in the way: no clock is to blame
        except Exception as error:  # whatever a handler may raise; fire() raises it at the end
            if not claimed:
                raise
            if size == 1:
                failed.append(claimed[0].pk)
                errors.append(error)
            else:
                singly = len(claimed) + 1
        else:
            fired += len(claimed)
            if size == limit and len(claimed) < limit:
                return fired  # what is left is in another worker's hands
        singly = max(singly - 1, 0)
