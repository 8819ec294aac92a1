"""A small family of its own, outside the platform's registry: a plea that is heard, or not."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar

from django.apps.registry import Apps
from django.db import models
from pydantic import Field

from linli.kernel.access.actor import Actor
from linli.kernel.flow.declaration import Flow, Given
from linli.kernel.flow.perform import Step, open_record
from linli.kernel.records.changes import Changes
from linli.kernel.records.models import Record
from linli.lib.errors import NotFound

STREET, OTHER_STREET = "990101001", "990101002"
AT = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)


class PleaNotFound(NotFound):
    code = "plea_not_found"
    title = "未找到该申诉"


class PleaState(models.TextChoices):
    NEW = "new", "新"
    HEARD = "heard", "已听取"
    DONE = "done", "已了结"


class Plea(Record):
    family: ClassVar[str] = "plea"
    heard = models.IntegerField(default=0)
    about = models.BigIntegerField(null=True)

    class Meta:
        apps = Apps()
        app_label = "flow"


class Hear(Given):
    opinion: Annotated[str, Field(min_length=2, max_length=10)] = Field(title="听取意见")
    times: int = Field(default=1, title="次数")


class Say(Given):
    opinion: str = Field(title="备注")


class Point(Given):
    at: int = Field(title="另一件")


def not_twice(actor: Actor, plea: Plea) -> str | None:
    return "已听取过两次" if plea.heard >= 2 else None


def declare() -> Flow[Plea]:
    """A fresh flow over pleas."""
    flow: Flow[Plea] = Flow(
        family=Plea.family,
        model=Plea,
        states=PleaState,
        initial=frozenset({PleaState.NEW.value}),
        final=frozenset({PleaState.DONE.value}),
        view="pleas.view",
        missing=PleaNotFound,
    )

    @flow.move("听取", start=[PleaState.NEW], to=PleaState.HEARD, ability="pleas.hear", bulk=True)
    def hear(step: Step[Plea, Hear]) -> None:
        """Somebody listens."""
        step.set(heard=step.record.heard + step.given.times)
        step.facts["times"] = step.given.times

    @flow.move(
        "了结",
        start=[PleaState.HEARD],
        to=(PleaState.DONE, PleaState.NEW),
        ability="pleas.hear",
        when=[not_twice],
        tone="danger",
    )
    def finish(step: Step[Plea, Say]) -> None:
        step.go(PleaState.DONE)

    @flow.move("备注", start=PleaState.values, ability="pleas.say", commutes=True)
    def say(step: Step[Plea, Say]) -> None:
        """A remark."""

    @flow.move("牵连", start=PleaState.values, ability="pleas.hear")
    def point(step: Step[Plea, Point]) -> None:
        other = Plea.objects.get(pk=step.given.at)
        step.set(about=other.pk)
        step.touch(other, "pointed_at", {"by": step.record.pk}, heard=other.heard + 1)

    return flow


def opened(flow: Flow[Plea], actor: Actor, *, area: str = STREET, units: list[int] | None = None) -> Plea:
    """A plea as it begins."""
    plea = Plea(state=PleaState.NEW, opened_at=AT, units=units or [])
    plea.place(area + "001001")
    plan = Changes()
    open_record(actor, flow=flow, record=plea, move="open", changes=plan, at=AT, facts={})
    plan.write()
    return plea
