"""REST endpoints of cases. Thin: they read through queries, change through actions."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Field, Form, Query, Router, Status
from ninja import File as FormFile
from ninja.files import UploadedFile
from pydantic import AwareDatetime, ConfigDict

from linli.domains.cases import actions, finding, offline, presentation, queries
from linli.domains.cases.actions import NewReport, SolvedOnTheSpot
from linli.domains.cases.models import Case, Report, Task
from linli.domains.matters import queries as matters
from linli.kernel.access.actor import PUBLIC, Actor, holder_of
from linli.kernel.areas.queries import paths_of
from linli.kernel.clocks import telling
from linli.kernel.clocks.models import Clock
from linli.kernel.files import actions as files
from linli.kernel.files.queries import claim_of
from linli.kernel.flow.perform import Offer
from linli.kernel.journal import queries as journal
from linli.kernel.units.queries import book
from linli.lib.errors import Invalid, Refusal, WrongState
from linli.web import problems
from linli.web.pages import Page, PageQuery
from linli.web.rest import ProblemOut, Schema, written

router = Router(tags=["事件"])
public = Router(tags=["居民查询"], auth=None)


class UnitNamed(Schema):
    id: int
    name: str

    @staticmethod
    def of(pk: int | None) -> UnitNamed | None:
        return UnitNamed(id=pk, name=book().name(pk)) if pk is not None else None


def unit_told(pk: int | None) -> dict[str, Any] | None:
    """What ``UnitNamed`` declares."""
    return {"id": pk, "name": book().name(pk)} if pk is not None else None


class MatterNamed(Schema):
    code: str
    name: str
    version: int

    @staticmethod
    def of(pk: int | None) -> MatterNamed | None:
        return MatterNamed(**known) if (known := matter_told(pk)) else None


def matter_told(pk: int | None) -> dict[str, Any] | None:
    """What ``MatterNamed`` declares."""
    if pk is None:
        return None
    matter = matters.by_id(pk)
    return {"code": matter.code, "name": matter.name, "version": matter.version}


class CaseOut(Schema):
    """一件事件。`state` 是走到哪一步，`result` 是怎样结束的，两者分开。"""

    number: str
    version: int
    title: str
    state: str
    state_title: str
    result: str | None
    urgency: str
    channel: str
    area: str
    area_path: str
    lng: float
    lat: float
    address: str
    matter: MatterNamed | None
    matter_why: str
    matter_confirmed: bool
    holder: UnitNamed | None
    lead: UnitNamed | None
    reports_count: int
    hand_backs: int
    reopened: int
    supervised: bool
    answer: str | None
    opened_at: dt.datetime
    due_at: dt.datetime | None
    stage_due_at: dt.datetime | None
    closed_at: dt.datetime | None
    statement: str

    @staticmethod
    def of(case: Case, paths: dict[str, str]) -> CaseOut:
        return CaseOut(**told(case, paths))


def told(case: Case, paths: dict[str, str]) -> dict[str, Any]:
    """What ``CaseOut`` declares, of one case. ``paths``: the names of its area from the city down."""
    return {
        "number": case.number,
        "version": case.version,
        "title": case.title,
        "state": case.state,
        "state_title": case.state_title,
        "result": case.result,
        "urgency": case.urgency,
        "channel": case.channel,
        "area": case.area,
        "area_path": paths.get(case.area, ""),
        "lng": case.lng,
        "lat": case.lat,
        "address": case.address,
        "matter": matter_told(case.matter_id),
        "matter_why": case.matter_why,
        "matter_confirmed": case.matter_confirmed,
        "holder": unit_told(case.holder_id),
        "lead": unit_told(case.lead_id),
        "reports_count": case.reports_count,
        "hand_backs": case.hand_backs,
        "reopened": case.reopened,
        "supervised": case.supervised,
        "answer": case.answer,
        "opened_at": case.opened_at,
        "due_at": case.due_at,
        "stage_due_at": case.stage_due_at,
        "closed_at": case.closed_at,
        "statement": case.statement,
    }


class TaskOut(Schema):
    id: int
    kind: str
    unit: UnitNamed | None
    state: str
    is_final: bool
    opened_at: dt.datetime
    due_at: dt.datetime | None
    ended_at: dt.datetime | None

    @staticmethod
    def of(task: Task) -> TaskOut:
        return TaskOut(
            id=task.pk,
            kind=task.kind,
            unit=UnitNamed.of(task.unit_id),
            state=task.state,
            is_final=task.is_final,
            opened_at=task.opened_at,
            due_at=task.due_at,
            ended_at=task.ended_at,
        )


class OpenTaskOut(TaskOut):
    case: str
    title: str


class ClockOut(Schema):
    name: str
    limit: str
    source: str
    started_at: dt.datetime
    due_at: dt.datetime
    provisional: bool
    paused_at: dt.datetime | None
    stopped_at: dt.datetime | None
    outcome: str | None

    @staticmethod
    def of(clock: Clock) -> ClockOut:
        return ClockOut(
            name=clock.name,
            limit=str(clock.limit),
            source=clock.source,
            started_at=clock.started_at,
            due_at=clock.due_at,
            provisional=clock.provisional,
            paused_at=clock.paused_at,
            stopped_at=clock.stopped_at,
            outcome=clock.outcome,
        )


class ReportOut(Schema):
    id: int
    channel: str
    text: str
    at: dt.datetime
    address: str

    @staticmethod
    def of(report: Report) -> ReportOut:
        return ReportOut(
            id=report.pk, channel=report.channel, text=report.text, at=report.at, address=report.address
        )


class CaseDetail(CaseOut):
    reports: list[ReportOut]
    tasks: list[TaskOut]
    clocks: list[ClockOut]


class FiledOut(Schema):
    """上报回执。凭 `tracking` 可免登录查询进展，请妥善保管。"""

    number: str
    tracking: str
    version: int
    repeated: bool = Field(description="同一 client_id 此前已经提交过，本次没有新建")
    area: str
    matter: MatterNamed | None
    due_at: dt.datetime | None

    @staticmethod
    def of(filed: actions.Filed) -> FiledOut:
        case = filed.case
        return FiledOut(
            number=case.number,
            tracking=filed.secret,
            version=case.version,
            repeated=filed.repeated,
            area=case.area,
            matter=MatterNamed.of(case.matter_id),
            due_at=case.due_at,
        )


class ReportIn(NewReport):
    channel: Literal["api", "department", "hotline", "patrol", "desk"] = Field(default="api", title="来源")


class EntryOut(Schema):
    seq: int
    at: dt.datetime
    move: str
    title: str
    state: str
    unit: UnitNamed | None
    remark: str
    public: bool
    facts: dict[str, Any]
    hash: str


class OfferOut(Schema):
    move: str
    title: str
    describes: str
    refused: str | None
    given: dict[str, Any] = Field(description="该流转需要填写的内容（JSON Schema）")

    @staticmethod
    def of(offer: Offer) -> OfferOut:
        move = offer.move
        return OfferOut(
            move=move.name,
            title=move.title,
            describes=move.describes,
            refused=offer.refused,
            given=move.given.model_json_schema(),
        )


class MoveIn(Schema):
    """一次流转：`move` 和 `version` 之外，其余字段按该流转的要求填写。"""

    model_config = ConfigDict(extra="allow")

    move: str = Field(max_length=30)
    version: int | None = Field(
        None, ge=0, le=2**31 - 1, description="读到的版本；已被他人更新时返回 409 和最新状态"
    )
    client_id: UUID | None = None


class ActIn(Schema):
    """离线时做的一件事。`client_id` 必填：整批或部分重发都不会重复办理。"""

    kind: offline.Kind = Field(description="report 上报；solved 发现即处置；move 流转")
    client_id: UUID = Field(description="设备在当时生成的 UUID")
    at: AwareDatetime = Field(description="设备记录的时间；与服务器时间并列留痕，不影响时限")
    given: dict[str, Any] = Field(
        default_factory=dict,
        description="与单件接口相同的内容：上报（/reports）、发现即处置（/reports/solved）或该流转所需",
    )
    move: str = Field("", max_length=30, description="kind 为 move 时：流转名称")
    number: str = Field("", max_length=20, description="kind 为 move 时：事件编号")
    report: UUID | None = Field(
        None, description="kind 为 move 而尚无编号时：该事件的上报所用的 client_id（可在同一批中）"
    )
    version: int | None = Field(None, ge=0, le=2**31 - 1, description="kind 为 move 时：读到的版本")


class BatchIn(Schema):
    """按先后顺序排列的离线事项。"""

    acts: list[ActIn] = Field(min_length=1, max_length=offline.MOST)


class DoneOut(Schema):
    """一件事的结果：办成的有编号，未办成的有 `problem`。"""

    client_id: UUID
    status: int = Field(description="单件接口会返回的状态码")
    number: str | None
    version: int | None
    state: str | None
    tracking: str | None = Field(description="上报的查询码")
    problem: ProblemOut | None

    @staticmethod
    def of(act: offline.Act, outcome: actions.Filed | Case | Refusal) -> dict[str, Any]:
        if isinstance(outcome, Refusal):
            told = dict.fromkeys(("number", "version", "state", "tracking"))
            return {
                "client_id": act.client_id,
                "status": outcome.status,
                **told,
                "problem": problems.document(outcome),
            }
        case = outcome.case if isinstance(outcome, actions.Filed) else outcome
        is_new = isinstance(outcome, actions.Filed) and not outcome.repeated
        return {
            "client_id": act.client_id,
            "status": 201 if is_new else 200,
            "number": case.number,
            "version": case.version,
            "state": case.state,
            "tracking": outcome.secret if isinstance(outcome, actions.Filed) else None,
            "problem": None,
        }


class BatchOut(Schema):
    """与提交的顺序一一对应。"""

    done: list[DoneOut]


class CasesQuery(PageQuery):
    """列表条件。`list` 是工作列表，其余为筛选。"""

    list: str = Field("all", max_length=20)
    q: str = Field("", max_length=100)
    matter: str = Field("", max_length=30)
    category: str = Field("", max_length=120)
    area: str = Field("", max_length=18)
    unit: str = Field("", max_length=18)
    state: str = Field("", max_length=20)
    result: str = Field("", max_length=20)
    urgency: str = Field("", max_length=12)
    channel: str = Field("", max_length=12)
    opened_from: str = Field("", max_length=10)
    opened_to: str = Field("", max_length=10)
    closed_from: str = Field("", max_length=10)
    closed_to: str = Field("", max_length=10)


class TrackedOut(Schema):
    """上报人看到的进展：没有内部意见，没有他人信息。"""

    number: str
    title: str
    state_title: str
    result: str | None
    statement: str
    steps: list[presentation.PublicStep]
    may_answer: bool
    may_supplement: bool


class SupplementIn(Schema):
    """上报人的补充：文字、照片，至少一样。"""

    text: str = Field("", max_length=2000)
    files: list[str] = Field(default_factory=list, max_length=9, description="照片上传后得到的 claim")
    client_id: UUID | None = None


class PhotoOut(Schema):
    """`claim` 在补充的 files 中引用；一天内未引用的照片自动删除。"""

    claim: str


class AnswerIn(Schema):
    solved: bool
    reason: str = Field("", max_length=2000)


def _rest_of(request: HttpRequest, schema: type[Schema]) -> dict[str, Any]:
    """The body's members that ``schema`` does not name: what the move itself is given."""
    body = orjson.loads(request.body)
    return {name: value for name, value in body.items() if name not in schema.model_fields}


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    return actor


@router.post("/reports", response={201: FiledOut, 200: FiledOut}, summary="上报")
def report(request: HttpRequest, body: ReportIn) -> Status[FiledOut]:
    """上报一个问题：定位到网格、匹配事项、生成编号和时限。"""
    given = NewReport.model_construct(**body.model_dump(exclude={"channel"}) | {"contact": body.contact})
    filed = actions.report(_actor(request), given=given, channel=body.channel)
    return Status(200 if filed.repeated else 201, FiledOut.of(filed))


@router.post("/reports/solved", response={201: FiledOut, 200: FiledOut}, summary="发现即处置")
def report_solved(request: HttpRequest, body: SolvedOnTheSpot) -> Status[FiledOut]:
    """网格员发现并当场解决：一步办结。"""
    filed = actions.solve_on_the_spot(_actor(request), given=body)
    return Status(200 if filed.repeated else 201, FiledOut.of(filed))


@router.post("/sync", response=BatchOut, summary="离线事项同步")
def sync(request: HttpRequest, body: BatchIn) -> dict[str, Any]:
    """一次提交离线时做的事（至多 500 件），逐件返回结果或问题；权限和检查与单件接口相同。

    上报先于流转；同一事件的流转按给出的顺序办理。一件不成不影响其他各件。
    """
    acts = [
        offline.Act(one.kind, one.client_id, one.at, one.given, one.move, one.number, one.report, one.version)
        for one in body.acts
    ]
    outcomes = offline.carry_out(_actor(request), acts=acts)
    done = [DoneOut.of(act, outcome) for act, outcome in zip(acts, outcomes, strict=True)]
    return {"done": done}


@router.post("/cases/{number}/reports", response={201: FiledOut, 200: FiledOut}, summary="附议")
def join(request: HttpRequest, number: str, body: ReportIn) -> Status[FiledOut]:
    """同一问题：为已有事件再加一份上报。"""
    given = NewReport.model_construct(**body.model_dump(exclude={"channel"}) | {"contact": body.contact})
    filed = actions.join(_actor(request), number=number, given=given, channel=body.channel)
    return Status(200 if filed.repeated else 201, FiledOut.of(filed))


@public.get("/reports/{tracking}", response=TrackedOut, summary="凭查询码查进展")
def tracked(request: HttpRequest, tracking: str) -> TrackedOut:
    case, report = queries.tracked(tracking)
    return TrackedOut(
        number=case.number,
        title=presentation.title_for(case, report),
        state_title=case.state_title,
        result=case.get_result_display() if case.result else None,
        statement=case.statement,
        steps=presentation.public_steps(case, report),
        may_answer=presentation.may_answer(case),
        may_supplement=presentation.may_supplement(case),
    )


@public.post("/reports/{tracking}/answer", response=TrackedOut, summary="反馈是否解决")
def answer(request: HttpRequest, tracking: str, body: AnswerIn) -> TrackedOut:
    case, report = queries.tracked(tracking)
    given = body.model_dump() | {"report": report.pk}
    actions.move(holder_of(case.pk, "reporter"), case_id=case.pk, move="answer", given=given)
    return tracked(request, tracking)


@public.post("/reports/{tracking}/photos", response={201: PhotoOut}, summary="为补充上传照片")
def supplement_photo(
    request: HttpRequest,
    tracking: str,
    file: FormFile[UploadedFile],
    client_id: Form[UUID | None] = None,
) -> Status[PhotoOut]:
    """只收照片（JPEG、PNG、WebP，按内容判断）；公开副本去除拍摄位置。同一 `client_id` 重传不会多出一份。"""
    case, _ = queries.tracked(tracking)
    if not presentation.may_supplement(case):
        raise WrongState("此件已办结，不能再补充")
    photo = files.receive(PUBLIC, content=file, name=file.name or "", client_id=client_id)
    if not photo.is_public:
        raise Invalid(fields={"file": "这里只能上传照片（JPEG、PNG、WebP）"})
    return Status(201, PhotoOut(claim=claim_of(photo)))


@public.post("/reports/{tracking}/supplements", response=TrackedOut, summary="补充情况")
def supplement(request: HttpRequest, tracking: str, body: SupplementIn) -> TrackedOut:
    """办结之前，上报人可以补充文字和照片；同一 `client_id` 重试不会重复记录。"""
    case, report = queries.tracked(tracking)
    actions.move(
        holder_of(case.pk, "reporter"),
        case_id=case.pk,
        move="supplement",
        given={"text": body.text, "files": body.files, "report": report.pk},
        client_id=body.client_id,
    )
    return tracked(request, tracking)


@router.get("/cases", response=Page[CaseOut], summary="事件列表")
def cases(request: HttpRequest, query: Query[CasesQuery]) -> HttpResponse:
    narrowed = queries.Filter.read({k: str(v) for k, v in query.model_dump().items()})
    narrowed.refuse_problems()
    found = finding.page(_actor(request), query.list, narrowed, after=query.cursor, size=query.limit)
    paths = paths_of(case.area for case in found.cases)
    return written({"items": [told(case, paths) for case in found.cases], "next": found.next or None})


@router.get("/cases/{number}", response=CaseDetail, summary="事件详情")
def case(request: HttpRequest, number: str) -> CaseDetail:
    found = queries.detail(_actor(request), number)
    return CaseDetail(
        **told(found, paths_of([found.area])),
        reports=[ReportOut.of(r) for r in found.report_list],
        tasks=[TaskOut.of(t) for t in found.tasks],
        clocks=[ClockOut.of(c) for c in found.clocks],
    )


@router.get("/cases/{number}/journal", response=list[EntryOut], summary="流转记录（留痕）")
def case_journal(request: HttpRequest, number: str) -> list[EntryOut]:
    found = queries.detail(_actor(request), number)
    return [
        EntryOut(
            seq=entry.seq,
            at=entry.at,
            move=entry.move,
            title=presentation.move_title(entry.move),
            state=entry.state,
            unit=UnitNamed.of(entry.unit),
            remark=said.text if said else "",
            public=said.public if said else False,
            facts=telling.named(entry.facts, entry.at),
            hash=bytes(entry.hash).hex(),
        )
        for entry, said in journal.chain(found.pk)
    ]


@router.get("/cases/{number}/moves", response=list[OfferOut], summary="现在可以进行的流转")
def case_moves(request: HttpRequest, number: str) -> list[OfferOut]:
    actor = _actor(request)
    return [OfferOut.of(offer) for offer in queries.may_do(actor, queries.detail(actor, number))]


@router.post("/cases/{number}/moves", response=CaseOut, summary="流转")
def move(request: HttpRequest, number: str, body: MoveIn) -> CaseOut:
    """进行一次流转，如受理、分办、处置完成、核查、结案。"""
    actor = _actor(request)
    made = actions.move(
        actor,
        number=number,
        move=body.move,
        given=_rest_of(request, MoveIn),
        version=body.version,
        client_id=body.client_id,
    )
    return CaseOut.of(made, paths_of([made.area]))


@router.get("/tasks", response=Page[OpenTaskOut], summary="本单位的待办任务")
def tasks(request: HttpRequest, query: Query[PageQuery]) -> Page[OpenTaskOut]:
    found = queries.open_tasks(_actor(request), cursor=query.cursor, size=query.limit)
    items = [
        OpenTaskOut(**TaskOut.of(task).model_dump(), case=task.case.number, title=task.case.title)
        for task in found.items
    ]
    return Page(items=items, next=found.next or None)
