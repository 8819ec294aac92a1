"""What each move of a case is given. Titles are the labels on the page and in error messages.

``widget`` tells the page how to ask: ``unit``, ``units``, ``matter``, ``case``, ``files``, ``text`` …
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from linli.domains.cases.contacts import Contact
from linli.domains.cases.models import CaseResult, Channel
from linli.kernel.clocks.calendar import Measure
from linli.kernel.clocks.models import Urgency
from linli.kernel.flow.declaration import Given

Words = Annotated[str, Field(min_length=2, max_length=2000)]
Optional = Annotated[str, Field(max_length=2000)]


def asks(title: str, widget: str, **more: Any) -> Any:
    return Field(title=title, json_schema_extra={"widget": widget}, **more)


class Accept(Given):
    opinion: Optional = asks("受理意见", "text", default="")


class Return(Given):
    """Not ours, and where to go instead."""

    reason: Words = asks("不予受理的理由", "text")
    go_to: Annotated[str, Field(min_length=2, max_length=200)] = asks("应向何处反映", "line")


class Classify(Given):
    matter: str = asks("事项", "matter")
    urgency: Urgency | None = asks("紧急程度", "choice", default=None)
    area: Annotated[str, Field(pattern=r"^\d{9}(\d{3}){0,3}$")] | None = asks(
        "所属区域", "area", default=None
    )
    opinion: Optional = asks("认定意见", "text", default="")


class Dispatch(Given):
    lead: int = asks("主办单位", "unit")
    assist: list[int] = asks("协办单位", "units", default_factory=list, max_length=10)
    matter: str | None = asks("事项", "matter", default=None)
    urgency: Urgency | None = asks("紧急程度", "choice", default=None)
    opinion: Optional = asks("分办意见", "text", default="")


class Assist(Given):
    units: list[int] = asks("增派协办单位", "units", min_length=1, max_length=10)
    opinion: Optional = asks("协办要求", "text", default="")


class HandBack(Given):
    reason: Words = asks("退回理由", "text")
    suggest: int | None = asks("建议由谁办理", "unit", default=None)


class Handle(Given):
    opinion: Words = asks("处置情况", "text")
    files: list[str] = asks("处置后照片", "files", default_factory=list, max_length=9)
    without_assists: bool = asks("不等未完成的协办单位", "flag", default=False)


class Finish(Given):
    opinion: Words = asks("协办情况", "text")
    files: list[str] = asks("照片", "files", default_factory=list, max_length=9)


class AskSuspension(Given):
    reason: Words = asks("挂起理由", "text")


class AskExtension(Given):
    amount: Annotated[int, Field(ge=1, le=60)] = asks("延长", "number")
    measure: Measure | None = asks("单位", "measure", default=None)
    """That of the time for handling where it is not said."""
    reason: Words = asks("延期理由", "text")


class Decide(Given):
    opinion: Optional = asks("审批意见", "text", default="")


class Resume(Given):
    opinion: Optional = asks("恢复说明", "text", default="")


class Verify(Given):
    opinion: Optional = asks("核查情况", "text", default="")
    files: list[str] = asks("核查照片", "files", default_factory=list, max_length=9)


class SendBack(Given):
    reason: Words = asks("不通过的理由", "text")
    files: list[str] = asks("照片", "files", default_factory=list, max_length=9)


class Close(Given):
    result: Literal[CaseResult.SOLVED, CaseResult.EXPLAINED, CaseResult.UNFOUNDED] = asks("结果", "choice")
    opinion: Words = asks("结果说明（上报人可见）", "text")


class Reopen(Given):
    reason: Words = asks("重新办理的理由", "text")


class Escalate(Given):
    reason: Words = asks("上报理由", "text")


class PassDown(Given):
    unit: int = asks("交由哪个综治中心", "centre")
    opinion: Optional = asks("交办意见", "text", default="")


class Merge(Given):
    into: str = asks("并入事件（编号）", "case")
    opinion: Optional = asks("并案说明", "text", default="")


class Unmerge(Given):
    reason: Words = asks("撤销并案的理由", "text")


class Part(Given):
    """One of the cases that a case is split into."""

    text: Annotated[str, Field(min_length=4, max_length=2000)] = asks("问题描述", "text")
    matter: str | None = asks("事项", "matter", default=None)


class Split(Given):
    parts: list[Part] = asks("分出的事件", "parts", min_length=1, max_length=5)
    reason: Words = asks("分案理由", "text")


class FollowCalendar(Given):
    reason: Words = asks("日历改动的事由", "text")


class Comment(Given):
    opinion: Words = asks("备注（仅内部可见）", "text")
    files: list[str] = asks("附件", "files", default_factory=list, max_length=9)


class Note(Given):
    opinion: Words = asks("告知内容（上报人可见）", "text")


class Supervise(Given):
    unit: int = asks("被督办单位", "unit")
    opinion: Words = asks("督办要求", "text")
    reply_within: Annotated[int, Field(ge=1, le=240)] = asks("答复时限（工作小时）", "number", default=8)


class Reply(Given):
    opinion: Words = asks("答复督办", "text")


class Answer(Given):
    solved: bool = asks("问题是否解决", "flag")
    reason: Optional = asks("补充说明", "text", default="")
    report: int | None = Field(default=None, title="由哪一份上报反馈")


class Supplement(Given):
    """Words or photos that a reporter adds to the report."""

    text: Optional = asks("补充内容", "text", default="")
    files: list[str] = asks("照片", "files", default_factory=list, max_length=9)
    report: int = asks("所补充的上报", "hidden")


class Withdraw(Given):
    reason: Optional = asks("撤回说明", "text", default="")


class Join(Given):
    """One more report of the same problem."""

    text: Annotated[str, Field(min_length=4, max_length=2000)] = asks("问题描述", "text")
    channel: Channel = asks("来源", "choice", default=Channel.PORTAL)
    lng: Annotated[float, Field(ge=70, le=140, allow_inf_nan=False)] = asks("经度", "number")
    lat: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = asks("纬度", "number")
    address: Annotated[str, Field(max_length=120)] = asks("地址", "line", default="")
    files: list[str] = asks("照片", "files", default_factory=list, max_length=9)
    contact: Contact | None = asks("联系方式", "hidden", default=None)
    about: int | None = asks("被反映单位", "unit", default=None)
    source_number: Annotated[str, Field(max_length=40)] = asks("来源编号", "line", default="")
    client_id: UUID | None = asks("提交标识", "hidden", default=None)
