"""Everything that changes a case.

Each function is one deed: it checks, and writes one statement, or refuses and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from pydantic import Field

from linli.domains.cases import permissions as may
from linli.domains.cases.contacts import Contact, keep_contact
from linli.domains.cases.effects import attach_files
from linli.domains.cases.errors import CaseNotFound
from linli.domains.cases.flow import flow
from linli.domains.cases.given import Join
from linli.domains.cases.models import Case, Channel, Report
from linli.domains.cases.opening import Opening, open_case, open_solved
from linli.domains.cases.texts import HIDDEN_TITLE
from linli.domains.matters import actions as matter_actions
from linli.domains.matters import queries as matters
from linli.domains.matters.errors import NotAdmitted
from linli.domains.matters.suggestion import suggest
from linli.kernel.access.actor import PUBLIC, Actor, holder_of
from linli.kernel.areas.locate import locate
from linli.kernel.clocks.models import Urgency
from linli.kernel.files.errors import FileAttached
from linli.kernel.files.models import Stage
from linli.kernel.flow.declaration import Given
from linli.kernel.flow.perform import Outcome, parse, perform, perform_many
from linli.kernel.records.changes import Changes
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import book
from linli.lib import numbers
from linli.lib.errors import Conflict, Invalid, NotAllowed
from linli.lib.time import now

LIKELY = 0.35
"""From this score on a suggested matter stands on the case until a person decides."""


class NewReport(Given):
    """One report as it comes in, whatever the channel."""

    text: Annotated[str, Field(min_length=4, max_length=2000)] = Field(title="问题描述")
    lng: Annotated[float, Field(ge=70, le=140, allow_inf_nan=False)] = Field(title="经度")
    lat: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = Field(title="纬度")
    address: Annotated[str, Field(max_length=120)] = Field(default="", title="地址")
    matter: Annotated[str, Field(max_length=30)] | None = Field(default=None, title="事项")
    urgency: Urgency | None = Field(default=None, title="紧急程度")
    files: Annotated[list[str], Field(max_length=9)] = Field(default_factory=list, title="照片")
    contact: Contact | None = Field(default=None, title="联系方式")
    about: int | None = Field(default=None, title="被反映单位")
    source_number: Annotated[str, Field(max_length=40)] = Field(default="", title="来源编号")
    client_id: UUID | None = Field(default=None, title="提交标识")


class SolvedOnTheSpot(NewReport):
    """Found and solved by a grid worker in one step."""

    statement: Annotated[str, Field(min_length=2, max_length=2000)] = Field(title="处置情况")


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

    Refuses OutsideCity, Invalid (by field), MatterUnknown. The same ``client_id`` again returns what was
    filed the first time.
    """
    try:
        planned = plan_report(actor, given=given, channel=channel)
        planned.changes.write()
    except (IntegrityError, FileAttached) as error:
        return _filed_before(error, actor, given, channel)
    return Filed(planned.case, planned.report)


@dataclass(frozen=True)
class Planned:
    """A report that has passed every check and is not written yet."""

    changes: Changes
    case: Case
    report: Report


def plan_report(actor: Actor, *, given: NewReport, channel: str) -> Planned:
    """Check a report and plan its rows, without writing them. Refuses as ``report`` does."""
    _may_report(actor, channel)
    changes = Changes()
    opening = _opening(actor, changes, given, channel)
    case, made = open_case(changes, actor, flow=flow, given=opening, at=now())
    attach_files(changes, actor, given.files, case, Stage.REPORT)
    return Planned(changes, case, made)


def file_many(planned: Sequence[Planned], *, size: int) -> int:
    """Write planned reports, all or nothing, ``size`` of them to a statement; returns how many."""
    with transaction.atomic():
        for start in range(0, len(planned), size):
            together = Changes()
            for one in planned[start : start + size]:
                together.merge(one.changes)
            together.write()
    return len(planned)


def known_sources(channel: str, given: Iterable[str]) -> set[str]:
    """Those of another system's numbers under which a report has been taken in already."""
    wanted = [number for number in given if number]
    known = Report.objects.filter(channel=channel, source_number__in=wanted)
    return set(known.values_list("source_number", flat=True))


def solve_on_the_spot(actor: Actor, *, given: SolvedOnTheSpot) -> Filed:
    """A grid worker found it and solved it: one step, one entry, closed. Only in the actor's own area.

    Refuses NotAllowed, and as ``report`` does.
    """
    actor.require(may.SOLVE)
    changes = Changes()
    opening = _opening(actor, changes, given, Channel.PATROL)
    if not opening.area.startswith(actor.area):
        raise NotAllowed("只能一步办结本辖区内的问题，其他地方的请上报", field="location")
    case, made = open_solved(changes, actor, flow=flow, given=opening, statement=given.statement, at=now())
    try:
        attach_files(changes, actor, given.files, case, Stage.REPORT)
        changes.write()
    except (IntegrityError, FileAttached) as error:
        return _filed_before(error, actor, given, Channel.PATROL)
    return Filed(case, made)


def join(actor: Actor, *, number: str, given: NewReport, channel: str) -> Filed:
    """The same problem: add a report to the case ``number``. Refuses CaseNotFound, Invalid."""
    _may_report(actor, channel)
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


def _may_report(actor: Actor, channel: str) -> None:
    if actor != PUBLIC:
        actor.require(may.REPORT)
    elif channel != Channel.PORTAL:
        raise Invalid(fields={"channel": "未登录只能从居民端上报"})


def _opening(actor: Actor, changes: Changes, given: NewReport, channel: str) -> Opening:
    area = locate(given.lng, given.lat).code
    opening = Opening(
        text=given.text,
        area=area,
        lng=given.lng,
        lat=given.lat,
        channel=channel,
        address=given.address,
        urgency=given.urgency,
        about=_about(given.about),
        source_number=given.source_number,
        client_id=given.client_id,
    )
    _match(opening, given.matter)
    opening.contact = keep_contact(
        changes,
        actor=actor,
        contact=given.contact,
        texts=[given.text, given.address],
        area=area,
        report_id=opening.report_id,
        about=given.about,
    )
    return opening


def _match(opening: Opening, chosen: str | None) -> None:
    """The matter that the reporter chose, else the likeliest by the words; a person confirms either."""
    if chosen:
        matter = matters.by_code(chosen, area=opening.area)
        if not matter.active:
            raise Invalid(
                fields={"matter": gettext("事项「%(name)s」已停用，请另选") % {"name": matter.name}}
            )
        opening.matter, opening.matter_why = matter, "上报人选择"
        return
    found = suggest(opening.text, area=opening.area, limit=1)
    if found and found[0].score >= LIKELY:
        opening.matter, opening.matter_why = found[0].matter, found[0].reason


def _about(unit: int | None) -> int | None:
    if unit is not None and book().unit(unit) is None:
        raise Invalid(fields={"about": "被反映单位不存在"})
    return unit


def _filed_before(
    error: IntegrityError | FileAttached, actor: Actor, given: NewReport, channel: str
) -> Filed:
    """A repeated submission gets the first one's answer; a used source number is said to be used.

    The answer holds the tracking secret, so that it is given to the post that submitted first and to no
    other. The first to tell of a repetition may be its photos: they belong to the first submission by now.
    """
    repeated = Report.objects.select_related("case").filter(client_id=given.client_id)
    if given.client_id is not None and (known := repeated.first()) is not None:
        if known.channel != channel or known.post != actor.post:
            raise Conflict("该提交标识已用于其他岗位或渠道的上报", field="client_id") from error
        return Filed(known.case, known, repeated=True)
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
