"""What may be asked of whom, and what is counted when it is asked all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linli.domains.matters import actions, queries
from linli.domains.matters.errors import MatterUnknown, NotAdmitted
from linli.domains.matters.kinds import Performer
from linli.domains.matters.models import RefusedDemand
from linli.domains.matters.tests.conftest import CITY
from linli.kernel.access.actor import PUBLIC, SYSTEM, Actor
from linli.kernel.records.changes import Changes
from linli.kernel.units.models import Unit, UnitKind
from linli.lib.errors import NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists")]

GRID, COMMITTEE = Performer.GRID_WORKER, UnitKind.COMMITTEE


def refused(code: str | None, **who: object) -> NotAdmitted:
    matter = queries.by_code(code) if code else None
    with pytest.raises(NotAdmitted) as refusal:
        queries.check_dispatch(matter, **who)  # type: ignore[arg-type]
    return refusal.value


def test_a_grid_worker_may_be_asked_for_what_is_on_the_grid_list() -> None:
    queries.check_dispatch(queries.by_code("WG-SR-01"), unit=COMMITTEE, performer=GRID)


@pytest.mark.parametrize("code", ["BM-01", "XZ041", "ZZ03", "FM01", "LZ07", None])
def test_a_grid_worker_may_not_be_asked_for_anything_else(code: str | None) -> None:
    refusal = refused(code, unit=UnitKind.CENTRE, performer=GRID)
    assert refusal.code == "matter_not_admitted"
    assert refusal.details["rule"] == "《条例》第二十一条"
    assert refusal.details["list"] == ["grid"]
    assert "网格化服务管理事项清单" in refusal.message


@pytest.mark.parametrize("code", ["XZ041", "ZZ03", "ZM01", "WG-AQ-01"])
def test_a_committee_may_be_asked_for_what_its_lists_admit(code: str) -> None:
    queries.check_dispatch(queries.by_code(code), unit=COMMITTEE)


@pytest.mark.parametrize("code", ["WG-SR-01", "BM-01", "FM01", "LZ07", None])
def test_a_committee_may_not_be_asked_for_anything_else(code: str | None) -> None:
    refusal = refused(code, unit=COMMITTEE)
    assert refusal.details["rule"] == "《条例》第二十四条"
    assert refusal.details["list"] == ["autonomous", "assist"]


def test_a_committee_stays_one_whatever_it_is_called() -> None:
    assert (
        refused("BM-01", unit=COMMITTEE, performer=Performer.DEPARTMENT).details["performer"] == "committee"
    )


def test_a_department_may_be_asked_for_its_own_duty() -> None:
    queries.check_dispatch(queries.by_code("BM-01"), unit=UnitKind.DEPARTMENT)


def test_a_matter_that_left_the_list_is_not_asked_even_for_old_cases() -> None:
    opened_under = queries.by_code("WG-SR-01")
    actions.remove(actor=SYSTEM, area=CITY, code="WG-SR-01", reason="退出")
    assert queries.by_id(opened_under.pk).name == "暴露垃圾"
    with pytest.raises(NotAdmitted):
        queries.check_dispatch(opened_under, unit=UnitKind.CENTRE, performer=GRID)


def test_a_committees_part_ends_with_the_matter_it_rests_on() -> None:
    actions.remove(actor=SYSTEM, area=CITY, code="XZ041", reason="退出")
    refused("WG-AQ-01", unit=COMMITTEE)


def test_is_admitted_agrees_with_the_rule() -> None:
    listed, other = queries.by_code("WG-SR-01"), queries.by_code("BM-01")
    assert queries.is_admitted(listed, performer=GRID)
    assert not queries.is_admitted(other, performer=GRID)
    assert not queries.is_admitted(listed, performer=Performer.COMMITTEE)


def record(unit: Callable[..., Unit], **more: object) -> RefusedDemand:
    sender, target = unit("department"), unit("committee")
    return actions.record_refusal(
        actor=SYSTEM,
        refusal=refused("BM-01", unit=target),
        sender=sender,
        target=target,
        area="510104001002",
        demand="请联系 13800138000 完成停水登记",
        **more,  # type: ignore[arg-type]
    )


def test_a_refusal_is_counted_against_the_sending_unit(unit: Callable[..., Unit]) -> None:
    made = RefusedDemand.objects.get(pk=record(unit).pk)
    assert (made.sender.kind, made.target.kind) == ("department", "committee")
    assert (made.rule, made.township) == ("《条例》第二十四条", "510104001")


def test_a_refusal_names_no_person(unit: Callable[..., Unit]) -> None:
    assert "13800138000" not in record(unit).demand
    related = {field.related_model.__name__ for field in RefusedDemand._meta.fields if field.related_model}
    assert related == {"Unit", "Matter"}


def test_a_refusal_joins_a_bigger_deed(unit: Callable[..., Unit]) -> None:
    changes = Changes()
    record(unit, changes=changes)
    assert not RefusedDemand.objects.exists()
    changes.write()
    assert RefusedDemand.objects.count() == 1


def test_nobody_refuses_in_the_name_of_another_unit(unit: Callable[..., Unit]) -> None:
    sender, target = unit("department"), unit("committee")
    stranger = Actor(post=1, account=1, unit=target.pk, area=CITY, role="none")
    with pytest.raises(NotAllowed):
        actions.record_refusal(
            actor=stranger,
            refusal=refused(None, unit=target),
            sender=sender,
            target=target,
            area=CITY,
            demand="x",
        )


def test_refusals_are_cut_to_the_viewer(unit: Callable[..., Unit]) -> None:
    record(unit)
    assert len(queries.refused_demands(SYSTEM)) == 1
    with pytest.raises(NotAllowed):
        queries.refused_demands(PUBLIC)


def test_an_unknown_code_is_not_found() -> None:
    with pytest.raises(MatterUnknown):
        queries.by_code("NO-SUCH")
    with pytest.raises(MatterUnknown):
        queries.by_id(-1)


def test_the_negative_list_is_asked_before_publishing() -> None:
    found = queries.negative_words("请社区签订责任状并完成招商引资任务")
    assert {hit.rule.name for hit in found} == {"签订责任状、一票否决", "招商引资"}
    assert queries.negative_words("征地拆迁纠纷") == []
