"""Changes to lists by people, and the count of refused demands."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from linli.domains.matters import versions
from linli.domains.matters.entries import FIELDS, MatterEntry, entry_of, read_entry
from linli.domains.matters.errors import ListFaulty, MatterUnknown, NotAdmitted
from linli.domains.matters.models import EDITION, Function, Matter, RefusedDemand, Revision
from linli.domains.matters.permissions import EDIT
from linli.domains.matters.standing import check_entry, standing
from linli.kernel.access.actor import Actor
from linli.kernel.records.changes import Changes
from linli.kernel.records.editions import raise_edition
from linli.kernel.units.models import Unit
from linli.lib.errors import Invalid, NotAllowed
from linli.lib.time import now, today

LONG_NUMBER = re.compile(r"[0-9Xx]{7,}")


def revise(
    *,
    actor: Actor,
    area: str,
    code: str,
    reason: str,
    valid_from: dt.date | None = None,
    **values: Any,
) -> Matter:
    """Give a matter a new version with ``values`` changed, in force from a day on (today).

    ``values`` are written as in a list file: ``keywords="消防通道:3 堵塞"``, ``active=False``, ``limits={…}``
    (all of them, each with its source). The old version stays for the cases opened under it. Refuses with
    ``NotAllowed``, ``MatterUnknown``, ``ListFaulty`` (every problem named), ``Invalid`` (no reason, a day
    in the past, nothing changed).
    """
    day = _day(actor, area, reason, valid_from)
    with transaction.atomic():
        versions.lock_lists()
        before = _open_version(area, code)
        if day < before.valid_from:
            raise Invalid(
                fields={
                    "valid_from": gettext("不能早于现行版本的生效日期 %(day)s") % {"day": before.valid_from}
                }
            )
        entry = _revised(before, values)
        difference = versions.put(before.list, [entry], {code: before}, on=day)
        if not difference.changed:
            raise Invalid("没有任何改动")
        _log(actor, area, reason, difference)
    return _open_version(area, code)


def remove(*, actor: Actor, area: str, code: str, reason: str, on: dt.date | None = None) -> Matter:
    """Let a matter leave its list on a day (today). Cases opened under it keep their version."""
    day = _day(actor, area, reason, on)
    with transaction.atomic():
        versions.lock_lists()
        matter = _open_version(area, code)
        if day < matter.valid_from:
            raise Invalid(
                fields={
                    "valid_from": gettext("不能早于现行版本的生效日期 %(day)s") % {"day": matter.valid_from}
                }
            )
        _log(actor, area, reason, versions.end([matter], on=day))
    matter.valid_to = day
    return matter


def record_refusal(
    *,
    actor: Actor,
    refusal: NotAdmitted,
    sender: Unit,
    target: Unit,
    area: str,
    demand: str,
    matter: Matter | None = None,
    changes: Changes | None = None,
) -> RefusedDemand:
    """Count a refused demand against the unit that made it. Added to ``changes``, else written at once.

    ``actor`` is whose act it was and is not kept: refusals are counted against units. Long numbers are
    taken out of ``demand``, since telephone and identity numbers live in the vault alone.
    """
    if actor.unit not in (None, sender.pk) and not actor.system:
        raise NotAllowed("只能以本单位名义交办", field="sender")
    row = RefusedDemand(
        sender=sender,
        target=target,
        units=sorted({sender.pk, target.pk}),
        performer=refusal.details["performer"],
        matter=matter,
        demand=LONG_NUMBER.sub("＊", demand.strip())[:200],
        rule=refusal.details["rule"],
        at=now(),
    )
    row.place(area)
    plan = changes if changes is not None else Changes()
    plan.insert(row)
    if changes is None:
        plan.write()
    return row


def _day(actor: Actor, area: str, reason: str, day: dt.date | None) -> dt.date:
    """The day from which a change holds, once the actor may make it and says why."""
    actor.require(EDIT)
    if not actor.system and not area.startswith(actor.area):
        raise NotAllowed("只能修订本区域的清单", ability=EDIT)
    if not reason.strip():
        raise Invalid(fields={"reason": "请填写修订事由"})
    if day is not None and day < today():
        raise Invalid(fields={"valid_from": "生效日期不能早于今天：已受理事件适用的版本不得改写"})
    return day or today()


def _open_version(area: str, code: str) -> Matter:
    matter = (
        Matter.objects.filter(area=area, code=code, valid_to__isnull=True)
        .select_related("list")
        .prefetch_related("limits")
        .first()
    )
    if matter is None:
        raise MatterUnknown(gettext("清单中没有事项 %(code)s") % {"code": code}, field="code", matter=code)
    return matter


def _revised(before: Matter, values: dict[str, Any]) -> MatterEntry:
    if "code" in values:
        raise Invalid(fields={"code": "事项代码不能修改：另立新事项，旧事项退出清单"})
    raw = as_written(entry_of(before)) | values
    functions = set(Function.objects.values_list("code", flat=True))
    kind = before.list.kind
    entry, problems = read_entry(raw, kind=kind, functions=functions, row=before.code)
    problems += check_entry(entry, kind, standing(before.area))
    if problems:
        raise ListFaulty(problems)
    return entry


def as_written(entry: MatterEntry) -> dict[str, Any]:
    """The entry as a row of a list file says it."""
    raw: dict[str, Any] = {name: getattr(entry, name) for name in FIELDS}
    raw["keywords"] = dict(entry.keywords)
    limits: dict[str, dict[str, str]] = {}
    for limit in entry.limits:
        cumulative = " cumulative" if limit.cumulative else ""
        text = f"{limit.amount} {limit.measure}{cumulative}（{limit.source}）"
        limits.setdefault(limit.stage, {})[limit.urgency] = text
    raw["limits"] = limits
    return raw


def _log(actor: Actor, area: str, reason: str, difference: versions.Difference) -> None:
    fields = {name: getattr(difference, name) for name in ("added", "changed", "ended")}
    Revision.objects.create(area=area, unit_id=actor.unit, reason=reason.strip()[:200], **fields)
    raise_edition(EDITION)
