"""Why a move cannot be made now, in words for the person at the screen."""

from __future__ import annotations

from django.utils.translation import gettext

from linli.domains.cases.models import Case, CaseResult, CaseState, Supervision, TaskKind
from linli.kernel.access.actor import Actor
from linli.kernel.units.models import Unit
from linli.kernel.units.queries import book


def has_lead_task(actor: Actor, case: Case) -> str | None:
    return None if case.open_task(actor.unit, TaskKind.LEAD) else gettext("本单位不是此件的主办单位")


def has_task(actor: Actor, case: Case) -> str | None:
    return None if case.open_task(actor.unit) else gettext("本单位在此件中没有待办任务")


def has_assist_task(actor: Actor, case: Case) -> str | None:
    return None if case.open_task(actor.unit, TaskKind.ASSIST) else gettext("本单位在此件中没有协办任务")


def not_final(actor: Actor, case: Case) -> str | None:
    """After the set number of hand-backs the centre has decided; the unit has to deal with it."""
    task = case.open_task(actor.unit)
    if task is not None and task.is_final:
        said = gettext("此件已退回 %(n)d 次，由综治中心裁定主办单位，不能再退回")
        return said % {"n": case.hand_backs}
    return None


def no_pending_request(actor: Actor, case: Case) -> str | None:
    return gettext("已有申请待审批") if case.pending_request else None


def pending_request(actor: Actor, case: Case) -> str | None:
    return None if case.pending_request else gettext("没有待审批的申请")


def centre_above(actor: Actor, case: Case) -> str | None:
    return None if higher_centre(case) else gettext("没有更高一级的综治中心")


def is_merged(actor: Actor, case: Case) -> str | None:
    return None if case.result == CaseResult.DUPLICATE else gettext("此件没有并案")


def not_merged(actor: Actor, case: Case) -> str | None:
    return gettext("此件已并案，请先撤销并案") if case.result == CaseResult.DUPLICATE else None


def not_own_handling(actor: Actor, case: Case) -> str | None:
    """Who handled it does not verify it."""
    if actor.unit is not None and actor.unit == case.lead_id:
        return gettext("处置单位不能核查自己的处置结果")
    return None


def supervised_here(actor: Actor, case: Case) -> str | None:
    return None if open_supervision(case, actor.unit) else gettext("没有需要本单位答复的督办")


def only_report(actor: Actor, case: Case) -> str | None:
    return gettext("此件有多人上报，不能由一人撤回") if case.reports_count > 1 else None


def was_handled(actor: Actor, case: Case) -> str | None:
    """A closed case that nobody handled has nothing to be answered to."""
    if case.state == CaseState.CLOSED and case.handled_at is None:
        return gettext("此件未经处置，如有异议请重新上报")
    return None


def higher_centre(case: Case) -> Unit | None:
    """The next higher governance centre than the one that holds the case."""
    holder = book().unit(case.holder_id)
    return book().centre_above(holder.area) if holder else None


def open_supervision(case: Case, unit: int | None) -> Supervision | None:
    for notice in case.supervision_list:
        if notice.to_unit_id == unit and notice.replied_at is None:
            return notice
    return None
