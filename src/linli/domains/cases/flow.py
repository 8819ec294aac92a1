"""The flow of a case: the whole chain of art. 22, from the report to the published result.

    reported ─accept→ accepted ─dispatch→ handling ─handle→ handled ─verify→ verified ─answer/close→ closed
                          ↑ hand back, escalate   ↕ suspended   └── send back ──┘            └─ reopen

The state says where the case is, ``holder`` says with whom. Every effect here only fills the step's plan;
the kernel adds version, journal and chain and writes all of it in one statement.
"""

from __future__ import annotations

from django.utils.translation import gettext

from linli.domains.cases import effects, guards, stages
from linli.domains.cases import given as g
from linli.domains.cases import permissions as may
from linli.domains.cases.contacts import keep_contact
from linli.domains.cases.errors import CaseNotFound, NotClassified
from linli.domains.cases.models import (
    OPEN,
    Case,
    CaseResult,
    CaseState,
    Report,
    RequestKind,
    RequestState,
    Supervision,
    TaskKind,
    TaskState,
)
from linli.domains.cases.opening import Opening, open_case
from linli.domains.cases.parameters import ANSWER_REOPENS, HAND_BACKS
from linli.domains.cases.parts import PARTS
from linli.domains.cases.texts import case_text, without_personal_numbers
from linli.domains.matters import queries as matters
from linli.kernel.clocks.calendar import Limit, Measure
from linli.kernel.files.models import Stage
from linli.kernel.flow import parameters
from linli.kernel.flow.declaration import Flow
from linli.kernel.flow.perform import Step, visible
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import book
from linli.lib.errors import Invalid, WrongState

S = CaseState
ALL = tuple(S.values)

flow: Flow[Case] = Flow(
    family=Case.family,
    model=Case,
    states=CaseState,
    initial=frozenset({S.REPORTED.value}),
    final=frozenset({S.CLOSED.value}),
    view=may.VIEW,
    missing=CaseNotFound,
    parts=PARTS,
    number="number",
)
flow.parameter(
    HAND_BACKS,
    "退回几次后由综治中心裁定",
    2,
    source="示范值：两次退回后由综治中心裁定，免得来回推诿；待本市核定",
)
flow.parameter(ANSWER_REOPENS, "结案后多少天内反馈未解决即重新办理", 15, source="示范值，待本市核定")


# Receiving -------------------------------------------------------------------------------------------------


@flow.move("受理", start=[S.REPORTED], to=S.ACCEPTED, ability=may.ACCEPT, public=True, bulk=True)
def accept(step: Step[Case, g.Accept]) -> None:
    """The centre takes the case in; from here on somebody is answerable for it."""
    stages.enter_stage(step, unit=step.record.holder_id)


@flow.move(
    "退回上报人", start=[S.REPORTED, S.ACCEPTED], to=S.CLOSED, ability=may.ACCEPT, public=True, tone="danger"
)
def return_(step: Step[Case, g.Return]) -> None:
    """Not ours, and where to go instead: the reporter is never left with a bare no."""
    given = step.given
    step.facts["go_to"] = given.go_to
    statement = f"{given.reason}\n请向以下单位或渠道反映：{given.go_to}"  # not shown
    effects.end(step, CaseResult.NOT_IN_COMPETENCE, statement)


@flow.move("认定事项", start=[S.REPORTED, S.ACCEPTED], ability=may.DISPATCH, bulk=True)
def classify(step: Step[Case, g.Classify]) -> None:
    """Say which admitted matter it is (and how urgent, and where); limits follow from that."""
    if step.given.area and step.given.area != step.record.area:
        effects.move_to_area(step, step.given.area)
    effects.classify_as(step, step.given.matter, step.given.urgency)
    stages.restart_for_urgency(step)


@flow.move(
    "分办",
    start=[S.REPORTED, S.ACCEPTED],
    to=S.HANDLING,
    ability=may.DISPATCH,
    public=True,
    tone="primary",
    bulk=True,
)
def dispatch(step: Step[Case, g.Dispatch]) -> None:
    """Send it to one lead unit and any number of assisting units, in one move.

    What is on no list cannot be asked of a grid worker or committee (arts. 21, 24). After the set number
    of hand-backs the centre's choice is final.
    """
    case, given = step.record, step.given
    effects.classify_as(step, given.matter, given.urgency)
    if case.matter_id is None:
        raise NotClassified(fields={"matter": NotClassified.title})
    matter = matters.by_id(case.matter_id)
    lead = effects.unit_of(given.lead, "lead")
    assists = [effects.unit_of(pk, "assist") for pk in dict.fromkeys(given.assist) if pk != lead.pk]
    for unit in (lead, *assists):
        matters.check_dispatch(matter, unit=unit, area=case.area)
    is_final = case.hand_backs >= parameters.value(flow, HAND_BACKS, case.area)
    step.facts |= {"lead": lead.pk, "matter": matter.pk}
    step.facts |= {"assist": [unit.pk for unit in assists]} if assists else {}
    step.facts |= {"final": True} if is_final else {}
    step.set(lead_id=lead.pk, holder_id=lead.pk, matter_confirmed=True)
    task = effects.open_task(step, lead, TaskKind.LEAD, given_by=step.actor.unit, is_final=is_final)
    stages.enter_stage(step, unit=lead.pk, task=task)
    stages.restart_for_urgency(step)
    for unit in assists:
        effects.open_assist(step, unit)
    effects.tell(step, [lead.pk], "task", "新任务")
    effects.tell(step, [u.pk for u in assists], "task", "新协办任务")


@flow.move("增派协办", start=[S.HANDLING], ability=may.APPROVE)
def assist(step: Step[Case, g.Assist]) -> None:
    """Ask more units to help. The case lies with its lead now, so the place's centre decides this, as it does
    about suspension and extension."""
    case = step.record
    units = [effects.unit_of(pk, "units") for pk in dict.fromkeys(step.given.units)]
    matter = matters.by_id(case.matter_id) if case.matter_id else None
    for unit in units:
        if case.open_task(unit.pk):
            raise Invalid(fields={"units": gettext("「%(unit)s」已在办理此件") % {"unit": unit}})
        matters.check_dispatch(matter, unit=unit, area=case.area)
        effects.open_assist(step, unit)
    step.facts["assist"] = [unit.pk for unit in units]
    effects.tell(step, [unit.pk for unit in units], "task", "新协办任务")


@flow.move(
    "上报上级中心",
    start=[S.REPORTED, S.ACCEPTED],
    to=S.ACCEPTED,
    ability=may.ESCALATE,
    when=[guards.centre_above],
    public=True,
)
def escalate(step: Step[Case, g.Escalate]) -> None:
    """街道吹哨、部门报到: the next higher centre decides who comes."""
    centre = guards.higher_centre(step.record)
    if centre is None:
        raise WrongState("没有更高一级的综治中心")
    effects.to_centre(step, centre, "下级上报")


@flow.move("交办下级中心", start=[S.ACCEPTED], to=S.ACCEPTED, ability=may.DISPATCH)
def pass_down(step: Step[Case, g.PassDown]) -> None:
    """A higher centre gives the case to one nearer to the place."""
    centre = effects.unit_of(step.given.unit, "unit")
    if centre.kind != UnitKind.CENTRE or not step.record.area.startswith(centre.area):
        raise Invalid(fields={"unit": "只能交给事发地所在区域的综治中心"})
    effects.to_centre(step, centre, "上级交办")


# Handling --------------------------------------------------------------------------------------------------


@flow.move(
    "退回",
    start=[S.HANDLING],
    to=(S.ACCEPTED, S.HANDLING),
    ability=may.HANDLE,
    when=[guards.has_task, guards.not_final],
    tone="danger",
)
def hand_back(step: Step[Case, g.HandBack]) -> None:
    """A unit gives its task back with a reason; the lead's hand-back returns the case to the centre that
    dispatched it, be it the place's own or a higher one: whoever dispatched decides anew."""
    case = step.record
    task = effects.own_task(step)
    centre = effects.centre_behind(case, task)
    step.facts |= {"task": task.pk, "kind": task.kind}
    if step.given.suggest:
        step.facts["suggest"] = effects.unit_of(step.given.suggest, "suggest").pk
    effects.end_task(step, task, TaskState.HANDED_BACK)
    if task.kind == TaskKind.ASSIST:
        step.go(S.HANDLING)
        effects.tell(step, [centre, case.lead_id], "handed_back", "协办退回")
        return
    for other in effects.open_tasks(case):
        effects.end_task(step, other, TaskState.CANCELLED)
    effects.lapse_request(step)
    step.go(S.ACCEPTED)
    step.set(hand_backs=case.hand_backs + 1, lead_id=None, holder_id=centre)
    step.facts["hand_backs"] = case.hand_backs
    stages.enter_stage(step, unit=case.holder_id)
    last = case.hand_backs >= parameters.value(flow, HAND_BACKS, case.area)
    effects.tell(step, [case.holder_id], "handed_back", "多次退回，请裁定" if last else "退回")


@flow.move(
    "处置完成",
    start=[S.HANDLING],
    to=S.HANDLED,
    ability=may.HANDLE,
    when=[guards.has_lead_task],
    public=True,
    tone="primary",
)
def handle(step: Step[Case, g.Handle]) -> None:
    """The lead unit reports what was done, with what shows it."""
    case = step.record
    lead = effects.own_task(step, TaskKind.LEAD)
    waiting = [t for t in effects.open_tasks(case) if t.kind == TaskKind.ASSIST]
    if waiting and not step.given.without_assists:
        names = gettext("、").join(book().name(t.unit_id) for t in waiting)
        said = gettext("协办单位尚未完成：%(names)s。如不再等待，请勾选此项") % {"names": names}
        raise Invalid(fields={"without_assists": said})
    effects.require_evidence(step, step.given.files)
    effects.attach(step, step.given.files, Stage.AFTER)
    for task in waiting:
        effects.end_task(step, task, TaskState.CANCELLED)
    effects.end_task(step, lead, TaskState.DONE)
    effects.lapse_request(step)
    step.set(handled_at=step.at, holder_id=effects.centre_for(case))
    stages.enter_stage(step, unit=case.holder_id)
    effects.tell(step, [case.holder_id], "handled", "待核查")


@flow.move("协办完成", start=[S.HANDLING], ability=may.HANDLE, when=[guards.has_assist_task], commutes=True)
def finish(step: Step[Case, g.Finish]) -> None:
    """An assisting unit has done its share; the case stays with the lead."""
    task = effects.own_task(step, TaskKind.ASSIST)
    step.facts["task"] = task.pk
    effects.attach(step, step.given.files, Stage.AFTER)
    effects.end_task(step, task, TaskState.DONE)
    said = f"{book().name(task.unit_id)}已完成协办"  # not shown
    effects.tell(step, [step.record.lead_id], "assist_done", said)


@flow.move(
    "申请挂起",
    start=[S.HANDLING],
    ability=may.HANDLE,
    when=[guards.has_lead_task, guards.no_pending_request],
)
def ask_suspension(step: Step[Case, g.AskSuspension]) -> None:
    """The lead unit cannot go on for a reason outside its power; the centre decides."""
    effects.ask(step, RequestKind.SUSPEND, step.given.reason)


@flow.move(
    "申请延期",
    start=[S.HANDLING],
    ability=may.HANDLE,
    when=[guards.has_lead_task, guards.no_pending_request],
)
def ask_extension(step: Step[Case, g.AskExtension]) -> None:
    """The lead unit needs more time; the centre decides."""
    given = step.given
    measure = given.measure or stages.measure_of_handling(step.record)
    stages.check_extension(step.record, Limit(given.amount, measure))
    effects.ask(step, RequestKind.EXTEND, given.reason, amount=given.amount, measure=measure.value)


@flow.move(
    "批准申请",
    start=[S.HANDLING],
    to=(S.HANDLING, S.SUSPENDED),
    ability=may.APPROVE,
    when=[guards.pending_request],
    tone="primary",
)
def approve(step: Step[Case, g.Decide]) -> None:
    """Grant the pending request: the clocks stand still, or get more time."""
    request = effects.decide(step, RequestState.APPROVED)
    if request.kind == RequestKind.SUSPEND:
        step.go(S.SUSPENDED)
        stages.pause_all(step)
    else:
        step.go(S.HANDLING)
        stages.extend(step, Limit(request.amount or 0, Measure(request.measure), "经批准延期"))


@flow.move(
    "不批准申请", start=[S.HANDLING], ability=may.APPROVE, when=[guards.pending_request], tone="danger"
)
def refuse(step: Step[Case, g.Decide]) -> None:
    """Refuse the pending request; time goes on as before."""
    effects.decide(step, RequestState.REFUSED)


@flow.move("恢复办理", start=[S.SUSPENDED], to=S.HANDLING, ability=may.APPROVE, public=True, tone="primary")
def resume(step: Step[Case, g.Resume]) -> None:
    """The reason for the suspension is gone: the clocks run on with what was left."""
    stages.resume_all(step)
    effects.tell(step, [step.record.lead_id], "resumed", "恢复办理")


# Checking and ending ---------------------------------------------------------------------------------------


@flow.move(
    "核查通过",
    start=[S.HANDLED],
    to=S.VERIFIED,
    ability=may.VERIFY,
    when=[guards.not_own_handling],
    public=True,
    tone="primary",
    bulk=True,
)
def verify(step: Step[Case, g.Verify]) -> None:
    """Somebody other than who handled it has seen that it is done; now the reporter is asked."""
    effects.attach(step, step.given.files, Stage.VERIFY)
    stages.enter_stage(step, unit=step.record.holder_id)


@flow.move(
    "核查不通过",
    start=[S.HANDLED, S.VERIFIED],
    to=S.HANDLING,
    ability=may.VERIFY,
    when=[guards.not_own_handling],
    public=True,
    tone="danger",
)
def send_back(step: Step[Case, g.SendBack]) -> None:
    """It is not done: back to the lead unit, with the history."""
    effects.attach(step, step.given.files, Stage.VERIFY)
    effects.back_to_lead(step)


@flow.move("结案", start=[S.ACCEPTED, S.VERIFIED], to=S.CLOSED, ability=may.CLOSE, public=True, bulk=True)
def close(step: Step[Case, g.Close]) -> None:
    """End the case with a result that says what became of it."""
    if step.given.result == CaseResult.SOLVED and step.record.handled_at is None:
        raise Invalid(fields={"result": "尚未处置，不能以「已解决」结案"})
    effects.end(step, step.given.result, step.given.opinion)


@flow.move(
    "上报人反馈",
    start=[S.VERIFIED, S.CLOSED],
    to=(S.CLOSED, S.HANDLING, S.ACCEPTED),
    ability=may.ANSWER,
    when=[guards.not_merged, guards.was_handled],
    public=True,
)
def answer(step: Step[Case, g.Answer]) -> None:
    """Solved or not, in one click: solved closes it, unsolved sends it back with its history."""
    case, solved = step.record, step.given.solved
    step.facts |= {"solved": solved, "report": step.given.report}
    step.remark = without_personal_numbers(step.remark)[0]
    if step.was == S.VERIFIED and solved:
        # the statement is read by everybody who reported; the words of one of them are not for the others
        effects.end(step, CaseResult.SOLVED, "上报人确认已解决")
    elif step.was == S.VERIFIED:
        step.go(S.HANDLING)
        effects.back_to_lead(step)
    elif not solved:
        days = parameters.value(flow, ANSWER_REOPENS, case.area)
        if case.closed_at is None or (step.at - case.closed_at).days >= days:
            raise WrongState(gettext("结案已超过 %(n)d 天，如问题仍在请重新上报") % {"n": days})
        step.go(S.ACCEPTED)
        effects.take_up_again(step)
    step.set(answer="solved" if solved else "unsolved")


@flow.move(
    "重新办理", start=[S.CLOSED], to=S.ACCEPTED, ability=may.CLOSE, when=[guards.not_merged], public=True
)
def reopen(step: Step[Case, g.Reopen]) -> None:
    """A closed case is taken up again."""
    effects.take_up_again(step)


@flow.move(
    "撤回上报", start=[S.REPORTED], to=S.CLOSED, ability=may.ANSWER, when=[guards.only_report], public=True
)
def withdraw(step: Step[Case, g.Withdraw]) -> None:
    """The reporter takes the report back before anybody has begun."""
    step.remark = without_personal_numbers(step.remark)[0]
    step.set(result=CaseResult.WITHDRAWN, statement="上报人撤回", closed_at=step.at)
    stages.cancel_all(step)


@flow.move("按日历重算时限", start=OPEN, ability=may.RETIME, commutes=True, bulk=True)
def follow_calendar(step: Step[Case, g.FollowCalendar]) -> None:
    """The working calendar was revised and moved this case's clocks: its due times follow, and are told."""
    was = step.record.stage_due_at
    stages.follow_clocks(step)
    if step.record.stage_due_at != was:
        effects.tell(step, [step.record.holder_id], "retimed", "时限随工作日历改变")


# One problem, several reports; several problems, one report ------------------------------------------------


@flow.move("附议", start=OPEN, ability=may.JOIN, commutes=True, unseen=True)
def join(step: Step[Case, g.Join]) -> None:
    """One more report of the same problem joins the case; its reporter follows it like the first."""
    case, given = step.record, step.given
    about = None if given.about is None else effects.unit_of(given.about, "about").pk
    report = Report(
        case_id=case.pk,
        first_case=case.pk,
        channel=given.channel,
        text=without_personal_numbers(given.text)[0],
        at=step.at,
        lng=given.lng,
        lat=given.lat,
        address=without_personal_numbers(given.address)[0],
        source_number=given.source_number,
        client_id=given.client_id,
        about_id=about,
        post=step.actor.post,
        unit=step.actor.unit,
    )
    report.place(case.area)
    report.contact = keep_contact(
        step.changes,
        actor=step.actor,
        contact=given.contact,
        texts=[given.text, given.address],
        area=case.area,
        report_id=report.pk,
        about=about,
    )
    report.token = Report.digest_of(report.secret)
    step.changes.insert(report)
    effects.attach(step, given.files, Stage.REPORT)
    step.facts |= {"report": report.pk, "channel": given.channel}
    step.set(reports_count=case.reports_count + 1)
    case.report_list.append(report)
    found_by = case_text(case, [r.text for r in case.report_list])
    step.changes.update(found_by, words=found_by.words)


@flow.move(
    "并案", start=[S.REPORTED, S.ACCEPTED], to=S.CLOSED, ability=may.DISPATCH, when=[guards.not_merged]
)
def merge(step: Step[Case, g.Merge]) -> None:
    """The same problem as another case that one sees: its reports go there, and come back if that was wrong.

    A number out of sight is refused like one that is none.
    """
    case = step.record
    into = visible(step.actor, flow).filter(number=step.given.into).first()
    if into is None or into.pk == case.pk or not into.is_open or into.district != case.district:
        raise Invalid(fields={"into": "请填写同一区（市）县内另一件未结案事件的编号"})
    if Case.objects.filter(merged_into=case.pk).exists():
        raise WrongState("已有事件并入此件，请先撤销那些并案")
    step.facts["into"] = into.pk
    step.set(
        result=CaseResult.DUPLICATE,
        statement=f"与事件 {into.number} 为同一问题，已并案办理，请关注该件进展",  # not shown
        merged_into_id=into.pk,
        before_merge=step.was,
        closed_at=step.at,
    )
    stages.cancel_all(step)
    for report in case.report_list:
        step.changes.update(report, case_id=into.pk)
    step.touch(into, "take_in", {"merged": case.pk}, reports_count=into.reports_count + len(case.report_list))


@flow.move(
    "撤销并案", start=[S.CLOSED], to=(S.REPORTED, S.ACCEPTED), ability=may.DISPATCH, when=[guards.is_merged]
)
def unmerge(step: Step[Case, g.Unmerge]) -> None:
    """It was not the same problem after all: its reports come back and it goes on where it stood."""
    case = step.record
    into = Case.objects.get(merged=case)
    back = list(Report.objects.filter(case_id=into.pk, first_case=case.pk))
    for report in back:
        step.changes.update(report, case_id=case.pk)
    step.facts["from"] = into.pk
    step.go(case.before_merge)
    step.set(result=None, statement="", merged_into_id=None, before_merge="", closed_at=None)
    stages.start_overall(step)
    stages.enter_stage(step, unit=case.holder_id)
    step.touch(into, "give_back", {"unmerged": case.pk}, reports_count=into.reports_count - len(back))


@flow.move("分案", start=[S.REPORTED, S.ACCEPTED], ability=may.DISPATCH)
def split(step: Step[Case, g.Split]) -> None:
    """Several problems in one report: each further one becomes a case of its own at the same place."""
    case = step.record
    made = []
    for part in step.given.parts:
        matter = matters.chosen(part.matter, on=case.opened_on, area=case.area) if part.matter else None
        opening = Opening(
            text=part.text,
            area=case.area,
            lng=case.lng,
            lat=case.lat,
            channel=case.channel,
            address=case.address,
            matter=matter,
            matter_why="分案时认定" if matter else "",
            split_from=case.pk,
        )
        new, _ = open_case(step.changes, step.actor, flow=flow, given=opening, at=step.at)
        made.append(new.pk)
    step.facts["cases"] = made


# Words -----------------------------------------------------------------------------------------------------


@flow.move("补充情况", start=OPEN, ability=may.ANSWER, commutes=True, public=True)
def supplement(step: Step[Case, g.Supplement]) -> None:
    """The reporter adds words or photos to the report while the case is open; whoever has it in hand is told.

    Personal numbers in the words are covered. They go to the vault only where the report has left no way to
    reach the reporter: more than is needed is not kept (个人信息保护法 art. 6).
    """
    case, given = step.record, step.given
    report = next((one for one in case.report_list if one.pk == given.report), None)
    if report is None:
        raise Invalid(fields={"report": "此件中没有这份上报"})
    if not given.text and not given.files:
        raise Invalid(fields={"text": "请写几句补充，或附上照片"})
    step.remark = without_personal_numbers(given.text)[0]
    if report.contact is None:
        kept = keep_contact(
            step.changes,
            actor=step.actor,
            contact=None,
            texts=[given.text],
            area=case.area,
            report_id=report.pk,
            about=report.about_id,
        )
        if kept is not None:
            step.changes.update(report, contact=kept)
    effects.attach(step, given.files, Stage.REPORT)
    step.facts["report"] = report.pk
    effects.tell(step, [case.holder_id], "supplement", "上报人补充情况")


@flow.move("备注", start=ALL, ability=may.COMMENT, commutes=True)
def comment(step: Step[Case, g.Comment]) -> None:
    """A remark among colleagues."""
    effects.attach(step, step.given.files, Stage.OTHER)


@flow.move("告知上报人", start=ALL, ability=may.NOTE, commutes=True, public=True)
def note(step: Step[Case, g.Note]) -> None:
    """A word to the reporter, read on the tracking page."""


# Supervision -----------------------------------------------------------------------------------------------


@flow.move("督办", start=OPEN, ability=may.SUPERVISE, commutes=True, tone="danger")
def supervise(step: Step[Case, g.Supervise]) -> None:
    """A notice to a unit that is late or wrong, with its own reply deadline."""
    case, given = step.record, step.given
    unit = effects.unit_of(given.unit, "unit")
    if unit.pk not in case.units:
        raise Invalid(fields={"unit": "只能督办参与此件的单位"})
    if step.actor.unit is None:
        raise WrongState("督办须由单位发出")
    notice = Supervision(
        case_id=case.pk, from_unit_id=step.actor.unit, to_unit_id=unit.pk, text=given.opinion, at=step.at
    )
    notice.place(case.area)
    limit = Limit(given.reply_within, Measure.WORK_HOURS, "督办单")
    notice.reply_due_at = stages.start_supervision(step, notice, limit, unit.pk).due_at
    step.changes.insert(notice)
    case.supervision_list.append(notice)
    step.part(step.actor.unit)
    step.set(supervised=True)
    step.facts |= {"to": unit.pk, "supervision": notice.pk}
    effects.tell(step, [unit.pk], "supervision", "督办")


@flow.move("答复督办", start=ALL, ability=may.REPLY, when=[guards.supervised_here], commutes=True)
def reply(step: Step[Case, g.Reply]) -> None:
    """The unit says what it has done about the notice."""
    notice = guards.open_supervision(step.record, step.actor.unit)
    if notice is None:
        raise WrongState("没有需要本单位答复的督办")
    step.changes.update(notice, reply=step.given.opinion, replied_at=step.at)
    stages.stop_supervision(step, notice)
    step.facts["supervision"] = notice.pk
    if all(s.replied_at is not None for s in step.record.supervision_list):
        step.set(supervised=False)
    effects.tell(step, [notice.from_unit_id], "supervision_reply", "督办已答复")
