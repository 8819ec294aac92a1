"""The usual steps of a case, so that a test can begin where its own matter does."""

from __future__ import annotations

from typing import Any

from tests.city import City, centre_of

from linli.domains.cases import actions
from linli.domains.cases.actions import NewReport
from linli.domains.cases.models import Case
from linli.kernel.access.actor import PUBLIC, Actor, holder_of
from linli.kernel.notices.models import Notice

GRID = "990101001001001"
FAR_GRID = "990102101001001"
CENTRE, DISTRICT_CENTRE = "柳湾街道综治中心", "东湖区综治中心"
FIRE, URBAN, POLICE = "东湖区消防救援大队", "东湖区城市管理局", "东湖区公安分局"
COMMITTEE = "柳湾街道第1社区居委会"


def new_report(grid: str = GRID, **more: Any) -> NewReport:
    lng, lat = centre_of(grid)
    words = {"text": "柳湾花园北门消防通道被私家车堵塞，救护车进不来", "lng": lng, "lat": lat}
    return NewReport.model_validate(words | more)


def filed(grid: str = GRID, **more: Any) -> Case:
    """A report taken in at the portal."""
    return actions.report(PUBLIC, given=new_report(grid, **more), channel="portal").case


def go(actor: Actor, case: Case, move: str, **given: Any) -> Case:
    return actions.move(actor, case_id=case.pk, move=move, given=given)


def dispatched(
    city: City, case: Case | None = None, *, assist: tuple[str, ...] = (), lead: str = FIRE
) -> Case:
    """A case with its lead unit, and units that assist."""
    case = case or filed()
    units = [city.unit(name) for name in assist]
    return go(city.actor("dispatcher"), case, "dispatch", lead=city.unit(lead), assist=units)


def handled(city: City, case: Case | None = None) -> Case:
    return go(city.actor("fire"), case or dispatched(city), "handle", opinion="通道已畅通")


def verified(city: City, case: Case | None = None) -> Case:
    return go(city.actor("worker"), case or handled(city), "verify", opinion="现场畅通")


def closed(city: City, case: Case | None = None) -> Case:
    return answered(case or verified(city), solved=True)


def answered(case: Case, *, solved: bool) -> Case:
    return go(holder_of(case.pk, "reporter"), case, "answer", solved=solved)


def told(case: Case) -> set[tuple[str, int | None]]:
    """(kind, unit) of every notice about the case."""
    return set(Notice.objects.filter(record_id=case.pk).values_list("kind", "to_unit"))
