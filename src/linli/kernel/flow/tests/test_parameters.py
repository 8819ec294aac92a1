"""What a city sets about a flow: by area, by version, with its source."""

from __future__ import annotations

import datetime as dt

import pytest

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import ROLES, Scope, role
from linli.kernel.flow import parameters
from linli.kernel.flow.declaration import Flow
from linli.kernel.flow.models import Setting
from linli.kernel.flow.permissions import SET_PARAMETERS
from linli.kernel.flow.tests.conftest import actor
from linli.kernel.flow.tests.pleas import OTHER_STREET, STREET, Plea
from linli.lib.errors import Invalid, NotAllowed, NotFound
from linli.lib.time import at

NOON = dt.datetime(2026, 3, 2, 4, 0, tzinfo=dt.UTC)


@pytest.fixture
def setter(flow: Flow[Plea], monkeypatch: pytest.MonkeyPatch) -> Actor:
    flow.parameter("times", "听取几次", 2, source="示范")
    flow.parameter("tone", "语气", "mild", source="示范", choices=["mild", "firm"])
    monkeypatch.setitem(ROLES, "plea_setter", None)
    role("plea_setter", "设定人", {Scope.AREA: [SET_PARAMETERS]})
    return actor("plea_setter", area="9901")


def test_the_default_holds_until_something_is_set(flow: Flow[Plea], setter: Actor) -> None:
    assert parameters.value(flow, "times", STREET) == 2


def test_the_nearest_area_above_holds(flow: Flow[Plea], setter: Actor) -> None:
    parameters.set_value(setter, flow=flow, name="times", value=5, source="市文件", area="9901")
    parameters.set_value(setter, flow=flow, name="times", value=3, source="街道文件", area=STREET)
    assert parameters.value(flow, "times", STREET + "001001") == 3
    assert parameters.value(flow, "times", OTHER_STREET) == 5
    assert parameters.value(flow, "times", "8801") == 2


def test_the_newest_holds_and_earlier_ones_stay_on_record(flow: Flow[Plea], setter: Actor) -> None:
    for minute, number in enumerate((4, 6)):
        with at(NOON + dt.timedelta(minutes=minute)):
            parameters.set_value(setter, flow=flow, name="times", value=number, source="文件", area="9901")
    assert parameters.value(flow, "times", STREET) == 6
    assert list(Setting.objects.order_by("set_at").values_list("value", "post")) == [(4, 1), (6, 1)]


@pytest.mark.parametrize(
    ("name", "value", "source", "field"),
    [
        ("times", "3", "文件", "times"),
        ("times", True, "文件", "times"),
        ("tone", "rude", "文件", "tone"),
        ("times", 3, "  ", "source"),
    ],
)
def test_a_wrong_value_or_no_source_is_refused(
    flow: Flow[Plea], setter: Actor, name: str, value: object, source: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        parameters.set_value(setter, flow=flow, name=name, value=value, source=source, area="9901")
    assert list(refusal.value.fields) == [field]
    assert not Setting.objects.exists()


def test_only_who_may_and_only_for_their_own_area(flow: Flow[Plea], setter: Actor, viewer: Actor) -> None:
    with pytest.raises(NotAllowed):
        parameters.set_value(viewer, flow=flow, name="times", value=3, source="文件", area=STREET)
    street = actor("plea_setter", area=STREET)
    for area in (OTHER_STREET, "9901", ""):
        with pytest.raises(NotAllowed):
            parameters.set_value(street, flow=flow, name="times", value=3, source="文件", area=area)
    with pytest.raises(NotFound):
        parameters.set_value(setter, flow=flow, name="colour", value=3, source="文件", area=STREET)
