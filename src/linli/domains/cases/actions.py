"""Everything that changes a case.

Each function is one deed: it checks, and writes one statement, or refuses and writes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext

from linli.domains.cases import intake
from linli.domains.cases.effects import attach_files
from linli.domains.cases.errors import CaseNotFound
from linli.domains.cases.flow import flow
from linli.domains.cases.given import Join
from linli.domains.cases.intake import NewReport as NewReport
from linli.domains.cases.intake import SolvedOnTheSpot as SolvedOnTheSpot
from linli.domains.cases.models import Case, Channel, Report
from linli.domains.cases.texts import HIDDEN_TITLE
from linli.domains.matters import actions as matter_actions
from linli.domains.matters import queries as matters
from linli.domains.matters.errors import NotAdmitted
from linli.kernel.access.actor import Actor, holder_of
from linli.kernel.files.errors import FileAttached
from linli.kernel.files.models import Stage
from linli.kernel.flow.declaration import Given
from linli.kernel.flow.perform import Deed, Outcome, parse, perform, perform_many, perform_together
from linli.kernel.records.changes import Changes, Stale
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import book
from linli.lib import numbers
from linli.lib.errors import Conflict, Invalid, Refusal
from linli.lib.time import now


@dataclass(frozen=True)
class Filed:
    """A report taken in. ``secret`` is the private part of its tracking link."""

    case: Case
    report: Report
    repeated: bool = False
    """The same submission had been taken in before; nothing new was written."""

    @property
    def secret(self) -> str:
        return self.report.secret


def report(actor: Actor, *, given: NewReport, channel: str) -> Filed:
    """Take a report in as a new case: located, matched to a matter, clocks running, with the centre.

    Refuses OutsideCity, Invalid (by field). The same ``client_id`` again returns what was
    filed the first time.
    """
    try:
        planned = plan_report(actor, given=given, channel=channel)
        planned.changes.write()
    except (IntegrityError, FileAttached) as error:
        return _filed_before(error, actor, given, channel)
    return Filed(planned.case, planned.report)


def solve_on_the_spot(actor: Actor, *, given: SolvedOnTheSpot) -> Filed:
    """A grid worker found it and solved it: one step, one entry, closed. Only in the actor's own area.

    Refuses NotAllowed, and as ``report`` does.
    """
    return report(actor, given=given, channel=Channel.PATROL)


@dataclass(frozen=True)
class Planned:
    """A report that has passed every check and is not written yet."""

    changes: Changes
    case: Case
    report: Report


def plan_report(
    actor: Actor, *, given: NewReport, channel: str, claimed_at: dt.datetime | None = None
) -> Planned:
    """Check a report and plan its rows, without writing them. Refuses as ``report`` does."""
    checked = intake.check(actor, given=given, channel=channel)
    changes = Changes()
    case, made = intake.plan(changes, actor, checked=checked, at=now(), claimed_at=claimed_at)
    attach_files(changes, actor, given.files, case, Stage.REPORT)
    return Planned(changes, case, made)


@dataclass(frozen=True)
class Submission:
    """A report among others, and when it was made by the clock of the sender's device."""

    given: NewReport
    claimed_at: dt.datetime | None = None


def report_many(actor: Actor, *, given: Sequence[Submission], channel: str) -> list[Filed | Refusal]:
    """Take many reports in, solved ones among them; each is judged by itself, as ``report`` does.

    What can be filed is one statement. Where a part of it was filed by somebody else meanwhile, each is filed
    by itself.
    """
    known = intake.known_submissions(one.given.client_id for one in given)
    outcomes: dict[int, Filed | Refusal] = {}
    first: dict[UUID, int] = {}
    fresh: list[int] = []
    for n, one in enumerate(given):
        client_id = one.given.client_id
        if client_id is not None and client_id in known:
            outcomes[n] = _told_again(actor, known[client_id], channel)
        elif client_id is None or first.setdefault(client_id, n) == n:
            fresh.append(n)
    outcomes |= dict(zip(fresh, _file_many(actor, [given[n] for n in fresh], channel), strict=True))
    for n in range(len(given)):
        if n not in outcomes:
            outcomes[n] = _again(outcomes[first[given[n].given.client_id]])  # type: ignore[index] # has one
    return [outcomes[n] for n in range(len(given))]


def _file_many(actor: Actor, given: Sequence[Submission], channel: str) -> list[Filed | Refusal]:
    """Check, plan and write reports that are not known yet."""
    intake.reserve_ids(len(given))
    together, at = Changes(), now()
    outcomes: list[Filed | Refusal] = []
    checks = intake.check_many(actor, given=[one.given for one in given], channel=channel)
    for one, checked in zip(given, checks, strict=True):
        if isinstance(checked, Refusal):
            outcomes.append(checked)
            continue
        changes = Changes()
        try:
            case, made = intake.plan(changes, actor, checked=checked, at=at, claimed_at=one.claimed_at)
            attach_files(changes, actor, one.given.files, case, Stage.REPORT)
        except (Refusal, FileAttached) as refusal:
            outcomes.append(refusal)
            continue
        together.merge(changes)
        outcomes.append(Filed(case, made))
    try:
        together.write()
    except IntegrityError:
        return [
            _file_alone(actor, one, channel) if isinstance(outcome, Filed) else outcome
            for one, outcome in zip(given, outcomes, strict=True)
        ]
    return outcomes


def _file_alone(actor: Actor, one: Submission, channel: str) -> Filed | Refusal:
    try:
        planned = plan_report(actor, given=one.given, channel=channel, claimed_at=one.claimed_at)
        planned.changes.write()
    except (IntegrityError, FileAttached) as error:
        try:
            return _filed_before(error, actor, one.given, channel)
        except Refusal as refusal:
            return refusal
    except Refusal as refusal:
        return refusal
    return Filed(planned.case, planned.report)


def _again(outcome: Filed | Refusal) -> Filed | Refusal:
    return Filed(outcome.case, outcome.report, repeated=True) if isinstance(outcome, Filed) else outcome


def _told_again(actor: Actor, known: Report, channel: str) -> Filed | Refusal:
    """What a repeated submission is told: it holds the tracking secret, so that it is given to the post that
    submitted first and to no other."""
    if known.channel != channel or known.post != actor.post:
        return Conflict("该提交标识已用于其他岗位或渠道的上报", field="client_id")
    return Filed(known.case, known, repeated=True)


def join(actor: Actor, *, number: str, given: NewReport, channel: str) -> Filed:
    """The same problem: add a report to the case ``number``. Refuses CaseNotFound, Invalid."""
    intake.may_report(actor, channel)
    case = Case.objects.filter(number=number).only("pk", "area").first()
    if case is None:
        raise CaseNotFound()
    as_joiner = actor if actor.post is not None else holder_of(case.pk, "joiner", "居民")
    joined = Join(
        text=given.text,
        channel=Channel(channel),
        lng=given.lng,
        lat=given.lat,
        address=given.address,
        files=given.files,
        contact=given.contact,
        about=given.about,
        source_number=given.source_number,
        client_id=given.client_id,
    )
    try:
        moved = perform(as_joiner, flow=flow, move="join", record_id=case.pk, given=joined)
    except (IntegrityError, FileAttached) as error:
        return _filed_before(error, actor, given, channel)
    return Filed(moved, moved.report_list[-1])


def move(
    actor: Actor,
    *,
    case_id: int | None = None,
    number: str = "",
    move: str,
    given: Mapping[str, Any] | Given | None = None,
    version: int | None = None,
    client_id: UUID | None = None,
    claimed_at: dt.datetime | None = None,
) -> Case:
    """Make one move of the flow (``flow.moves``) on a case, given by its id or its number.

    A demand outside the lists is refused and counted.
    """
    try:
        return perform(
            actor,
            flow=flow,
            move=move,
            record_id=case_id,
            number=numbers.normalise(number),
            given=given,
            version=version,
            client_id=client_id,
            claimed_at=claimed_at,
        )
    except NotAdmitted as refusal:
        known = {"number": numbers.normalise(number)} if number else {"pk": case_id}
        _count_refusal(actor, Case.objects.get(**known), refusal, parse(flow.moves[move], given))
        raise
    except IntegrityError as error:
        raise _photo_taken(error) from error


def move_many(
    actor: Actor,
    *,
    move: str,
    cases: Sequence[tuple[int, int | None]],
    given: Mapping[str, Any] | Given | None = None,
) -> list[Outcome]:
    """Make the same move on many cases; each is judged by itself."""
    outcomes = perform_many(actor, flow=flow, move=move, records=cases, given=given)
    for outcome in outcomes:
        if isinstance(outcome.refusal, NotAdmitted):
            case = Case.objects.get(pk=outcome.record_id)
            _count_refusal(actor, case, outcome.refusal, parse(flow.moves[move], given))
    return outcomes


def move_each(actor: Actor, *, deeds: Sequence[Deed]) -> list[Case | Refusal]:
    """Make moves of any kinds on any cases, each judged by itself as ``move`` does.

    The deeds on one case are made in the order given: the first of every case together, in one statement,
    then the second. Where that cannot be written as one, since somebody else was faster with a part of it,
    each is made by itself.
    """
    outcomes: dict[int, Case | Refusal] = {}
    for places in _rounds(deeds):
        together = [deeds[n] for n in places]
        try:
            made = perform_together(actor, flow=flow, deeds=together)
        except (Stale, IntegrityError):
            made = [_move_alone(actor, deed) for deed in together]
        else:
            for deed, outcome in zip(together, made, strict=True):
                if isinstance(outcome, NotAdmitted):
                    case = Case.objects.get(number=deed.number)
                    _count_refusal(actor, case, outcome, parse(flow.moves[deed.move], deed.given))
        outcomes |= zip(places, made, strict=True)
    return [outcomes[n] for n in range(len(deeds))]


def _rounds(deeds: Sequence[Deed]) -> list[list[int]]:
    """The places of the first deed of each case, of the second, and so on."""
    rounds: list[list[int]] = []
    counted: Counter[str] = Counter()
    for n, deed in enumerate(deeds):
        turn = counted[deed.number]
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(n)
        counted[deed.number] += 1
    return rounds


def _move_alone(actor: Actor, deed: Deed) -> Case | Refusal:
    try:
        return move(
            actor,
            number=deed.number,
            move=deed.move,
            given=deed.given,
            version=deed.version,
            client_id=deed.client_id,
            claimed_at=deed.claimed_at,
        )
    except Refusal as refusal:
        return refusal


def _filed_before(
    error: IntegrityError | FileAttached, actor: Actor, given: NewReport, channel: str
) -> Filed:
    """A repeated submission gets the first one's answer; a used source number is said to be used.

    The first to tell of a repetition may be its photos: they belong to the first submission by now.
    """
    for known in intake.known_submissions([given.client_id]).values():
        told = _told_again(actor, known, channel)
        if isinstance(told, Refusal):
            raise told from error
        return told
    if "report_once_per_source_number" in str(error):
        said = gettext("来源编号 %(number)s 已经录入过") % {"number": given.source_number}
        raise Invalid(fields={"source_number": said}) from error
    raise _photo_taken(error) from error


def _photo_taken(error: IntegrityError | FileAttached) -> Exception:
    """Another deed was faster with the same photo; any other broken rule is an error of ours."""
    return FileAttached() if "files_attachment" in str(error) else error


def _count_refusal(actor: Actor, case: Case, refusal: NotAdmitted, given: Given) -> None:
    """Demands outside the lists count against the unit that made them, never against a person."""
    asked = given.model_dump()
    wanted = [asked.get("lead"), *(asked.get("assist") or asked.get("units") or [])]
    units = [unit for pk in wanted if (unit := book().unit(pk)) is not None]
    target = next((unit for unit in units if unit.kind == UnitKind.COMMITTEE), None)
    sender = book().unit(actor.unit)
    if sender is None or target is None:
        return
    matter_actions.record_refusal(
        actor=actor,
        refusal=refusal,
        sender=sender,
        target=target,
        area=case.area,
        demand=HIDDEN_TITLE if case.sensitive else case.title,
        matter=matters.by_id(case.matter_id) if case.matter_id else None,
    )
