"""Reports on their way in: what is asked of each, and the rows that one or many of them become.

A report is checked (``check``) and then planned (``plan``). Many are checked by the same rule and planned
into one set of changes, so that five hundred of them are one statement; what they have in common (where the
points lie, ids, the clocks' due times) is found out once for all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import numpy as np
from django.utils.translation import gettext
from pydantic import Field

from linli.domains.cases import permissions as may
from linli.domains.cases.contacts import Contact, check_contact, keep_contact
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, Channel, Report
from linli.domains.cases.opening import Opening, open_case, open_solved
from linli.domains.matters import queries as matters
from linli.domains.matters.models import Matter
from linli.domains.matters.suggestion import LIKELY, suggest
from linli.kernel.access.actor import PUBLIC, Actor
from linli.kernel.areas.locate import locate, locate_many
from linli.kernel.clocks.models import Urgency
from linli.kernel.flow.declaration import Given
from linli.kernel.records.changes import Changes
from linli.kernel.records.ids import reserve
from linli.kernel.records.prepared import fetch
from linli.kernel.units.queries import book
from linli.lib.errors import Invalid, NotAllowed, Refusal

IDS_EACH = 4
"""Records that a usual report makes besides its case: itself, two clocks, an entry of the vault."""


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


@dataclass(frozen=True, slots=True)
class Checked:
    """A report that may be taken in: where it lies, and which matter it seems to be."""

    given: NewReport
    channel: str
    area: str
    matter: Matter | None
    matter_why: str


def check(actor: Actor, *, given: NewReport, channel: str, area: str = "") -> Checked:
    """Whether ``actor`` may file this. ``area`` is the grid of its point where that is known already.

    Refuses NotAllowed, OutsideCity, Invalid (by field).
    """
    solved = isinstance(given, SolvedOnTheSpot)
    if solved:
        actor.require(may.SOLVE)
    else:
        may_report(actor, channel)
    area = area or locate(given.lng, given.lat).code
    if solved and not area.startswith(actor.area):
        raise NotAllowed("只能一步办结本辖区内的问题，其他地方的请上报", field="location")
    if given.about is not None and book().unit(given.about) is None:
        raise Invalid(fields={"about": "被反映单位不存在"})
    matter, why = _match(given, area)
    check_contact(given.contact)
    return Checked(given, channel, area, matter, why)


def check_many(actor: Actor, *, given: Sequence[NewReport], channel: str) -> list[Checked | Refusal]:
    """``check`` for each; where the points lie is looked up for all at once."""
    areas = locate_many(np.array([one.lng for one in given]), np.array([one.lat for one in given])).tolist()
    found: list[Checked | Refusal] = []
    for one, area in zip(given, areas, strict=True):
        try:
            found.append(check(actor, given=one, channel=channel, area=area))
        except Refusal as refusal:
            found.append(refusal)
    return found


def may_report(actor: Actor, channel: str) -> None:
    """Refuse whoever may not report through ``channel``."""
    if actor != PUBLIC:
        actor.require(may.REPORT)
    elif channel != Channel.PORTAL:
        raise Invalid(fields={"channel": "未登录只能从居民端上报"})


def plan(
    changes: Changes,
    actor: Actor,
    *,
    checked: Checked,
    at: dt.datetime,
    claimed_at: dt.datetime | None = None,
) -> tuple[Case, Report]:
    """Add a report's rows to a plan. ``claimed_at``: when it was made by the clock of the sender's device."""
    given = checked.given
    opening = Opening(
        text=given.text,
        area=checked.area,
        lng=given.lng,
        lat=given.lat,
        channel=checked.channel,
        address=given.address,
        matter=checked.matter,
        matter_why=checked.matter_why,
        urgency=given.urgency,
        about=given.about,
        source_number=given.source_number,
        client_id=given.client_id,
        claimed_at=claimed_at,
    )
    opening.contact = keep_contact(
        changes,
        actor=actor,
        contact=given.contact,
        texts=[given.text, given.address],
        area=checked.area,
        report_id=opening.report_id,
        about=given.about,
    )
    if isinstance(given, SolvedOnTheSpot):
        return open_solved(changes, actor, flow=flow, given=opening, statement=given.statement, at=at)
    return open_case(changes, actor, flow=flow, given=opening, at=at)


def reserve_ids(count: int) -> None:
    """Have the ids of so many reports at hand."""
    reserve(count, "case_numbers")
    reserve(count * IDS_EACH)


def known_sources(channel: str, given: Iterable[str]) -> set[str]:
    """Those of another system's numbers under which a report has been taken in already."""
    wanted = [number for number in given if number]
    known = Report.objects.filter(channel=channel, source_number__in=wanted)
    return set(known.values_list("source_number", flat=True))


FILED = "SELECT client_id FROM cases_report WHERE client_id = ANY(%s::uuid[]) AND client_id IS NOT NULL"


def known_submissions(given: Iterable[UUID | None]) -> dict[UUID, Report]:
    """The reports that have been taken in already under these ``client_id``s, with their cases.

    As a rule there are none, which one prepared statement finds out.
    """
    wanted = [one for one in given if one is not None]
    filed = [one for (one,) in fetch(FILED, [wanted])] if wanted else []
    known = Report.objects.select_related("case").filter(client_id__in=filed) if filed else ()
    return {report.client_id: report for report in known if report.client_id is not None}


def _match(given: NewReport, area: str) -> tuple[Matter | None, str]:
    """The matter that the reporter chose, else the likeliest by the words; a person confirms either."""
    if given.matter:
        matter = matters.chosen(given.matter, area=area)
        if not matter.active:
            raise Invalid(
                fields={"matter": gettext("事项「%(name)s」已停用，请另选") % {"name": matter.name}}
            )
        return matter, "上报人选择"
    found = suggest(given.text, area=area, limit=1)
    if found and found[0].score >= LIKELY:
        return found[0].matter, found[0].reason
    return None, ""
