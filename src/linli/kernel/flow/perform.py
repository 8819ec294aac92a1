"""Performing moves.

One deed is: read what the move needs (through the one row filter), check state, version, guards and
input, let the move's effect fill a plan of changes, add journal and clocks, and write the plan as one
statement that does nothing at all when the record has moved on meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.utils.translation import gettext
from pydantic import ValidationError

from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import filter_of
from linli.kernel.flow.declaration import Flow, Given, Move
from linli.kernel.flow.input import refuse_invalid
from linli.kernel.journal import actions as journal
from linli.kernel.journal.models import Entry
from linli.kernel.records.changes import Changes, Stale, pk_column
from linli.kernel.records.models import Record
from linli.kernel.records.prepared import fetch
from linli.kernel.records.reading import Asked, Selection, read, selection
from linli.lib.errors import Conflict, Invalid, NotAllowed, Refusal, WrongState
from linli.lib.time import LOCAL, now

R = TypeVar("R", bound=Record)
G = TypeVar("G", bound=Given)


@dataclass
class Step(Generic[R, G]):
    """A move in the making: what its effect gets in hand."""

    flow: Flow[R]
    move: Move
    actor: Actor
    record: R
    given: G
    at: dt.datetime
    changes: Changes
    was: str
    """The record's state before the move."""
    facts: dict[str, Any] = field(default_factory=dict)
    remark: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    """Columns of the record that this move has set."""

    def set(self, **values: Any) -> None:
        """Set columns of the record (written with the compare-and-set)."""
        for name, value in values.items():
            setattr(self.record, name, value)
            self.values[name] = value

    def go(self, state: str) -> None:
        """Take one of the states that the move declares."""
        if state not in self.move.to:
            raise AssertionError(f"{self.move.name} does not lead to {state}")
        self.set(state=state)

    def touch(self, other: Record, move: str, facts: dict[str, Any], **values: Any) -> None:
        """Let this move also be an entry of another record of any family, with the same all-or-nothing."""
        was = other.version
        for name, value in values.items():
            setattr(other, name, value)
        journal.enter(self.changes, actor=self.actor, record=other, move=move, at=self.at, facts=facts)
        self.changes.move(other, was, **values, chain=other.chain)

    def part(self, *units: int | None) -> None:
        """Let units take part in the record from now on."""
        before = list(self.record.units)
        self.record.part(*units)
        if self.record.units != before:
            self.values["units"] = self.record.units


def visible(actor: Actor, flow: Flow[R], queryset: QuerySet[R] | None = None) -> QuerySet[R]:
    """The records of the flow's family that the actor may see."""
    base = flow.model._default_manager.all() if queryset is None else queryset
    return base.filter(filter_of(actor, flow.view))


def _with_rights(queryset: QuerySet[R], actor: Actor, abilities: Iterable[str]) -> QuerySet[R]:
    """Annotate each row with ``may_<n>``: the row filter of each ability, decided by the database."""
    rights = {f"may_{n}": _holds(filter_of(actor, ability)) for n, ability in enumerate(abilities)}
    annotated: QuerySet[R] = queryset.annotate(**rights)
    return annotated


def _holds(right: Q) -> Case:
    """Whether a filter lets a row through, as a column."""
    return Case(
        When(right or Q(pk__isnull=False), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


@dataclass(frozen=True)
class Offer:
    """A move that the actor may make on a record now, or why not."""

    move: Move
    refused: str | None = None


def offers(actor: Actor, flow: Flow[R], record: R) -> list[Offer]:
    """What the actor may do with the record now: one query, whatever the number of moves.

    Moves that the state or the rights exclude are left out; those that a guard holds back are there with
    its reason.
    """
    return offers_many(actor, flow, [record])[record.pk]


def offers_many(
    actor: Actor, flow: Flow[R], records: Sequence[R], *, among: Collection[str] | None = None
) -> dict[int, list[Offer]]:
    """``offers`` for each of many records, by id, with one query for all; ``among`` names the moves that
    matter. The records' parts must be loaded."""
    states = {record.state for record in records}
    moves = [
        move
        for move in flow.moves.values()
        if (among is None or move.name in among) and states & move.start and actor.can(move.ability)
    ]
    held = _abilities_held(actor, flow, [r.pk for r in records], {m.ability for m in moves}) if moves else {}
    return {
        record.pk: [
            Offer(move, next((reason for guard in move.when if (reason := guard(actor, record))), None))
            for move in moves
            if record.state in move.start and move.ability in held.get(record.pk, ())
        ]
        for record in records
    }


def _abilities_held(
    actor: Actor, flow: Flow[R], ids: Collection[int], abilities: Collection[str]
) -> dict[int, set[str]]:
    """Which of the abilities the row filter grants on which records: one query."""
    order = tuple(sorted(abilities))
    sql, values = _rights(flow.model, actor, order)
    return {
        pk: {ability for ability, may in zip(order, rights, strict=True) if may}
        for pk, *rights in fetch(f"{sql} WHERE id = ANY(%s::bigint[])", (*values, list(ids)))
    }


@lru_cache(maxsize=2_000)
def _rights(model: type[Record], actor: Actor, abilities: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """A query, up to its WHERE, for the id of each record and what the actor holds on it."""
    rows = _with_rights(model._default_manager.all(), actor, abilities)
    return rows.values_list("pk", *(f"may_{n}" for n in range(len(abilities)))).query.sql_with_params()


def perform(
    actor: Actor,
    *,
    flow: Flow[R],
    move: str,
    record_id: int | None = None,
    number: str = "",
    given: Mapping[str, Any] | Given | None = None,
    version: int | None = None,
    client_id: UUID | None = None,
    claimed_at: dt.datetime | None = None,
) -> R:
    """Make one move on a record, given by its id or its number, and return it as it is after it.

    One statement reads and one writes. By its number a record is found only by who may see it, whatever the
    move.

    Refuses with NotFound (not visible), NotAllowed, WrongState (with the present state), Conflict (stale
    ``version`` or a faster colleague; with the present state), Invalid (by field), or a refusal of the
    domain's own. A ``client_id`` seen before on this record returns what stands instead of moving again.
    ``claimed_at``, the time by the clock of the sender's device, is only put on record.
    """
    declared = declared_move(flow, move)
    found, done = _fetch_one(actor, flow, declared, number or record_id, client_id)
    if done:
        return found
    try:
        return _make(actor, flow, declared, found, given, version, client_id, claimed_at)
    except Stale as stale:
        if client_id is None and not declared.commutes:
            raise _conflict(actor, flow, found.pk) from stale
    with transaction.atomic():
        # others were faster: stand in line for the row, so that nobody is passed over again and again
        row = flow.model._default_manager.filter(pk=found.pk, district=found.district)
        row.select_for_update().values_list("pk").first()
        found, done = _fetch_one(actor, flow, declared, found.pk, client_id)
        if done:
            return found
        if not declared.commutes:
            raise Conflict(**present(flow, found))
        try:
            return _make(actor, flow, declared, found, given, version, client_id, claimed_at)
        except Stale as stale:
            raise _conflict(actor, flow, found.pk) from stale


def _make(
    actor: Actor,
    flow: Flow[R],
    declared: Move,
    record: R,
    given: Mapping[str, Any] | Given | None,
    version: int | None,
    client_id: UUID | None,
    claimed_at: dt.datetime | None,
) -> R:
    """Make the move once; ``Stale`` when somebody was faster."""
    step = _prepare(actor, flow, declared, record, given, version)
    _enter(step, client_id, claimed_at)
    step.changes.write()
    return record


@dataclass
class Outcome:
    """What became of one record of a bulk move."""

    record_id: int
    record: Record | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Deed:
    """One move that somebody asks for; as the arguments of ``perform``."""

    move: str
    number: str
    given: Mapping[str, Any] | Given | None = None
    version: int | None = None
    client_id: UUID | None = None
    claimed_at: dt.datetime | None = None


def perform_together(actor: Actor, *, flow: Flow[R], deeds: Sequence[Deed]) -> list[R | Refusal]:
    """Make different moves on as many records: one statement reads and one writes, whatever their number.

    Each deed is judged by itself, as ``perform`` does: the record as it is after it, or the refusal. All that
    can be made are made, or none of them: raises ``Stale`` where somebody was faster with one, and the
    database's integrity errors; then nothing was written. No record may be named twice.
    """
    if len({deed.number for deed in deeds}) != len(deeds):
        raise ValueError("a record is named twice")
    found = _fetch_deeds(actor, flow, deeds)
    plan = Changes()
    outcomes: list[R | Refusal] = []
    for deed in deeds:
        try:
            outcomes.append(_plan_deed(actor, flow, deed, found.get(deed.number), plan))
        except Refusal as refusal:
            outcomes.append(refusal)
    plan.write()
    return outcomes


def _plan_deed(actor: Actor, flow: Flow[R], deed: Deed, record: R | None, plan: Changes) -> R:
    declared = declared_move(flow, deed.move)
    if record is None:
        raise flow.missing()
    if deed.client_id is not None and str(deed.client_id) in record.__dict__["done"]:
        return record
    setattr(record, RIGHT, declared.ability in record.__dict__["held"])
    step = _prepare(actor, flow, declared, record, deed.given, deed.version)
    _enter(step, deed.client_id, deed.claimed_at)
    plan.merge(step.changes)
    return record


def _fetch_deeds(actor: Actor, flow: Flow[R], deeds: Sequence[Deed]) -> dict[str, R]:
    """The records by number that the actor may see. Each has in ``held`` those of the moves' abilities that
    hold on it, and in ``done`` those of the clients' deeds that were done on it before."""
    moves = [flow.moves[deed.move] for deed in deeds if deed.move in flow.moves]
    abilities = sorted({move.ability for move in moves})
    chosen = _selection(flow.model, filter_of(actor, flow.view), *(filter_of(actor, a) for a in abilities))
    done = [deed.client_id for deed in deeds if deed.client_id is not None]
    records = read(
        flow.model,
        chosen,
        column=flow.number,
        among=[deed.number for deed in deeds],
        parts=flow.parts,
        asked=[Asked("done", DONE_AMONG, (done,))],
    )
    for record in records:
        rights = (record.__dict__[f"may_{n}"] for n in range(len(abilities)))
        record.__dict__["held"] = {a for a, may in zip(abilities, rights, strict=True) if may}
    return {getattr(record, flow.number): record for record in records}


def perform_many(
    actor: Actor,
    *,
    flow: Flow[R],
    move: str,
    records: Sequence[tuple[int, int | None]],
    given: Mapping[str, Any] | Given | None = None,
) -> list[Outcome]:
    """Make the same move on many records (id, version seen) in one statement.

    Each record is judged by itself: those that cannot be moved come back with their refusal, the others
    are moved together. Queries do not grow with their number. Refuses a move that is not declared for many.
    """
    declared = declared_move(flow, move)
    if not declared.bulk:
        said = gettext("「%(move)s」只能逐件办理") % {"move": gettext(declared.title)}
        raise WrongState(said, move=move)
    versions = dict(records)
    found = {r.pk: r for r in _fetch_many(actor, flow, declared, list(versions))}
    outcomes = {pk: Outcome(pk, refusal=None if pk in found else flow.missing()) for pk in versions}
    while True:
        plan, steps = Changes(), []
        for pk, record in found.items():
            try:
                step = _prepare(actor, flow, declared, record, given, versions[pk])
            except Refusal as refusal:
                outcomes[pk].refusal = refusal
                continue
            _enter(step)
            plan.merge(step.changes)
            steps.append(step)
        try:
            plan.write()
        except Stale as stale:
            gone = {record.pk for record in stale.records}
            for pk in gone:
                outcomes[pk].refusal = _conflict(actor, flow, pk)
            left = [step.record.pk for step in steps if step.record.pk not in gone]
            found = {r.pk: r for r in _fetch_many(actor, flow, declared, left)}
            continue
        for step in steps:
            outcomes[step.record.pk].record = step.record
        return list(outcomes.values())


def open_record(
    actor: Actor,
    *,
    flow: Flow[R],
    record: R,
    move: str,
    changes: Changes,
    at: dt.datetime,
    facts: dict[str, Any],
    remark: str = "",
    client_id: UUID | None = None,
    claimed_at: dt.datetime | None = None,
) -> Entry:
    """Add a new record and the first entry of its chain to the plan."""
    if record.state not in flow.initial | flow.final:
        raise AssertionError(f"{record.state} is no state to begin in")
    _claim(facts, claimed_at)
    entry = journal.enter(
        changes,
        actor=actor,
        record=record,
        move=move,
        at=at,
        facts=facts,
        remark=remark,
        client_id=client_id,
    )
    changes.insert(record)
    return entry


def plan_move(
    actor: Actor,
    *,
    flow: Flow[R],
    move: str,
    record: R,
    given: Mapping[str, Any] | Given | None = None,
    at: dt.datetime,
    changes: Changes,
) -> Step[R, Any]:
    """Add one move to a plan that holds the record whole, as when past work is loaded in bulk.

    State, guards and input are checked as always; rights are not asked, since nobody stands at a screen:
    whoever loads answers for the actor. Nothing is read and nothing written here.
    """
    step = _prepare(actor, flow, declared_move(flow, move), record, given, None, at=at, changes=changes)
    _enter(step)
    return step


def declared_move(flow: Flow[Any], name: str) -> Move:
    move = flow.moves.get(name)
    if move is None:
        said = gettext("没有「%(move)s」这一流转") % {"move": name}
        raise Invalid(fields={"move": said}, move=name, moves=sorted(flow.moves))
    return move


def find(actor: Actor, flow: Flow[R], number: str) -> R:
    """A record that the actor may see, by its number, with its parts. Refuses with the flow's ``missing``."""
    chosen = _selection(flow.model, filter_of(actor, flow.view))
    found = read(flow.model, chosen, column=flow.number, among=[number], parts=flow.parts)
    if not found:
        raise flow.missing()
    return found[0]


def _fetch_one(
    actor: Actor, flow: Flow[R], move: Move, key: int | str | None, client_id: UUID | None
) -> tuple[R, bool]:
    """(the record by its id or its number, whether this deed of the client's was done before)."""
    found = _fetch_many(actor, flow, move, [key], client_id)
    if not found:
        raise flow.missing()
    return found[0], bool(getattr(found[0], "was_done", False))


def _fetch_many(
    actor: Actor, flow: Flow[R], move: Move, keys: Sequence[int | str | None], client_id: UUID | None = None
) -> list[R]:
    """Visible records with their parts, each with whether the move's ability holds on it (``may_0``): one
    statement, so that all of it is as it was at one instant."""
    by_number = any(isinstance(key, str) for key in keys)
    seen, right = filter_of(actor, flow.view), filter_of(actor, move.ability)
    if move.unseen and not by_number:
        seen |= right
    return read(
        flow.model,
        _selection(flow.model, seen, right),
        column=flow.number if by_number else pk_column(flow.model),
        among=keys,
        parts=flow.parts,
        asked=[] if client_id is None else [Asked("was_done", DONE_BEFORE, (client_id,))],
    )


DONE_BEFORE = (
    "EXISTS (SELECT 1 FROM journal_entry e WHERE e.record_id = r.id AND e.client_id = %s"
    " AND e.district = r.district AND e.at >= r.opened_at)"  # only those months' partitions are looked into
)
DONE_AMONG = (
    "ARRAY(SELECT e.client_id FROM journal_entry e WHERE e.record_id = r.id"
    " AND e.client_id = ANY(%s::uuid[]) AND e.at >= r.opened_at)"
)
RIGHT = "may_0"
"""The attribute of a record that says whether the ability of the move in hand holds on it."""


@lru_cache(maxsize=2_000)
def _selection(model: type[Record], seen: Q, *rights: Q) -> Selection:
    """What the row filter lets through, and on which of it each of other filters holds (``may_<n>``).

    The filter is made anew for every deed; only its translation into SQL, which costs more than the query,
    is kept.
    """
    rows = model._default_manager.filter(seen)
    return selection(rows.annotate(**{f"may_{n}": _holds(right) for n, right in enumerate(rights)}))


def _prepare(
    actor: Actor,
    flow: Flow[R],
    move: Move,
    record: R,
    given: Mapping[str, Any] | Given | None,
    version: int | None,
    *,
    at: dt.datetime | None = None,
    changes: Changes | None = None,
) -> Step[R, Any]:
    # version and state before rights: who was overtaken by a colleague is told so, not that it is not allowed
    if version is not None and version != record.version and not move.commutes:
        raise Conflict(**present(flow, record))
    if record.state not in move.start:
        label = str(dict(flow.states.choices).get(record.state, record.state))
        said = gettext("当前状态为「%(state)s」，不能进行「%(move)s」")
        told = {"state": gettext(label), "move": gettext(move.title)}
        raise WrongState(said % told, **present(flow, record))
    if not getattr(record, RIGHT, True):
        said = gettext("您的岗位不能对此件进行「%(move)s」") % {"move": gettext(move.title)}
        raise NotAllowed(said, ability=move.ability)
    for guard in move.when:
        reason = guard(actor, record)
        if reason:
            raise WrongState(reason, **present(flow, record))
    step = Step(
        flow=flow,
        move=move,
        actor=actor,
        record=record,
        given=parse(move, given),
        at=at or now(),
        changes=Changes() if changes is None else changes,
        was=record.state,
    )
    step.remark = step.given.remark
    if len(move.to) == 1:
        step.set(state=move.to[0])
    move.effect(step)
    return step


def parse(move: Move, given: Mapping[str, Any] | Given | None) -> Given:
    """Check what a move is given; Invalid names every wrong field in Chinese."""
    if isinstance(given, move.given):
        return given
    try:
        return move.given.model_validate(dict(given or {}))
    except ValidationError as error:
        raise refuse_invalid(error, move.given) from error


def _claim(facts: dict[str, Any], claimed_at: dt.datetime | None) -> None:
    """When it was done by the clock of the sender's device: on record beside the server's time, deciding
    nothing. Devices' clocks are wrong, and can be set."""
    if claimed_at is not None:
        facts["claimed_at"] = claimed_at.astimezone(LOCAL).isoformat(timespec="seconds")


def _enter(
    step: Step[Any, Any], client_id: UUID | None = None, claimed_at: dt.datetime | None = None
) -> Entry:
    _claim(step.facts, claimed_at)
    was = step.record.version
    entry = journal.enter(
        step.changes,
        actor=step.actor,
        record=step.record,
        move=step.move.name,
        at=step.at,
        facts=step.facts,
        remark=step.remark,
        public=step.move.public,
        client_id=client_id,
    )
    values = {k: getattr(step.record, k) for k in step.values}
    step.changes.move(step.record, was, **values, chain=step.record.chain)
    return entry


def present(flow: Flow[Any], record: Record) -> dict[str, Any]:
    """The present state, as a conflict shows it."""
    return {
        "state": record.state,
        "state_title": str(dict(flow.states.choices).get(record.state, record.state)),
        "version": record.version,
    }


def _conflict(actor: Actor, flow: Flow[Any], record_id: int) -> Conflict:
    record = visible(actor, flow).filter(pk=record_id).first()
    return Conflict(**(present(flow, record) if record else {}))
