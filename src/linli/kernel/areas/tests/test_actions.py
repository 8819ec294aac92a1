from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from linli.kernel.areas import actions, queries
from linli.kernel.areas.actions import Part
from linli.kernel.areas.errors import (
    AreaHasChildren,
    AreaNotFound,
    AreaOutOfReach,
    AreaRetired,
    LoadRefused,
)
from linli.kernel.areas.models import Area, TreeVersion
from linli.kernel.areas.tests.factories import COMMUNITY, Clerk, load_city, load_four, square
from linli.lib.coordinates import Datum
from linli.lib.errors import Invalid, NotAllowed
from linli.lib.time import at

pytestmark = pytest.mark.django_db
CLERK = Clerk()
ONE, TWO, THREE, FOURTH, FIFTH, SIXTH = (f"{COMMUNITY}00{n}" for n in range(1, 7))


@pytest.fixture
def drawn(tmp_path: Path) -> None:
    with at(dt.datetime(2025, 1, 1, tzinfo=dt.UTC)):
        load_four(tmp_path)


def assert_untouched() -> None:
    assert Area.objects.filter(valid_to__gt=dt.date(2025, 1, 2)).count() == 0
    assert TreeVersion.objects.count() == 2


@pytest.mark.usefixtures("drawn")
def test_creates_an_area_and_takes_a_number() -> None:
    area = actions.create(
        actor=CLERK, part=Part("990101001002001", "杨柳第1网格", boundary=square(2, 0)), crs=Datum.CGCS2000
    )
    assert (area.kind, area.datum) == ("comprehensive", "cgcs2000")
    latest = TreeVersion.objects.latest("number")
    assert (latest.edit, latest.codes, latest.post) == ("create", ["990101001002001"], 7)
    assert queries.name_of("990101001002001") == "杨柳第1网格"


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(
    ("part", "field"),
    [
        (Part(ONE, "又一个"), "code"),
        (Part("990101009001", "无街道社区"), "code"),
        (Part("99010", "短"), "code"),
        (Part(FIFTH, " "), "name"),
        (Part(FIFTH, "第5网格", kind="other"), "kind"),
        (Part("990103", "南湖区", kind="dedicated"), "kind"),
    ],
)
def test_refuses_to_create_what_does_not_fit(part: Part, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.create(actor=CLERK, part=part)
    assert caught.value.fields.keys() == {field}
    assert_untouched()


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(
    ("boundary", "error"),
    [
        (square(0.5, 0.5), "overlap"),
        (square(5, 5), "outside_parent"),
        ({"type": "Point", "coordinates": [120, 30]}, "geometry_type"),
    ],
)
def test_a_boundary_by_hand_passes_the_checks_of_a_load(boundary: dict[str, object], error: str) -> None:
    with pytest.raises(LoadRefused) as caught:
        actions.create(actor=CLERK, part=Part(FIFTH, "第5网格", boundary=boundary))
    assert error in {problem.error for problem in caught.value.problems}
    assert caught.value.fields.keys() == {"boundary"}
    assert_untouched()


@pytest.mark.usefixtures("drawn")
def test_a_rename_keeps_the_old_name_for_its_time() -> None:
    actions.rename(actor=CLERK, code=ONE, name="清泉东网格", on=dt.date(2025, 6, 1))
    assert queries.name_of(ONE) == "清泉东网格"
    assert queries.version_on(ONE, dt.date(2025, 5, 31)).name == "第1网格"
    assert queries.version_on(ONE, dt.date(2025, 6, 1)).name == "清泉东网格"
    with pytest.raises(AreaNotFound):
        queries.version_on(ONE, dt.date(2024, 12, 31))
    with pytest.raises(Invalid, match="早于现行版本"):
        actions.rename(actor=CLERK, code=ONE, name="清泉西网格", on=dt.date(2025, 1, 1))


@pytest.mark.usefixtures("drawn")
def test_redraws_an_area() -> None:
    area = actions.redraw(actor=CLERK, code=ONE, boundary=square(0, 0, 0.5))
    assert queries.polygon(ONE) == area.shape
    with pytest.raises(LoadRefused):
        actions.redraw(actor=CLERK, code=ONE, boundary=square(0, 0, 1.5))


@pytest.mark.usefixtures("drawn")
def test_refuses_to_draw_an_area_smaller_than_the_areas_below() -> None:
    with pytest.raises(LoadRefused) as caught:
        actions.redraw(actor=CLERK, code=COMMUNITY, boundary=square(0, 0, 1, 2))
    assert [problem.code for problem in caught.value.problems] == [TWO, FOURTH]


@pytest.mark.usefixtures("drawn")
def test_a_split_leads_to_its_parts() -> None:
    parts = [
        Part(FIFTH, "第5网格", boundary=square(0, 0, 0.5)),
        Part(SIXTH, "第6网格", boundary=square(0.5, 0, 0.5)),
    ]
    actions.split(actor=CLERK, code=ONE, parts=parts)
    assert queries.today_of([ONE, TWO]) == {ONE: (FIFTH, SIXTH), TWO: (TWO,)}
    assert queries.name_of(ONE) == "第1网格"
    assert not queries.node(ONE).is_current
    assert ONE not in {node.code for node in queries.children(COMMUNITY)}


@pytest.mark.usefixtures("drawn")
def test_a_part_may_keep_the_code() -> None:
    parts = [
        Part(ONE, "第1网格", boundary=square(0, 0, 0.5)),
        Part(FIFTH, "第5网格", boundary=square(0.5, 0, 0.5)),
    ]
    actions.split(actor=CLERK, code=ONE, parts=parts)
    assert queries.today_of([ONE]) == {ONE: (ONE,)}
    assert queries.history(ONE)[0].successors == [ONE, FIFTH]


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([Part(FIFTH, "第5网格", boundary=square(0, 0))], "parts"),
        ([Part(FIFTH, "第5网格"), Part(SIXTH, "第6网格")], "parts"),
        (
            [Part(FIFTH, "五", boundary=square(0, 0, 0.5)), Part(SIXTH, "六", boundary=square(0.5, 0, 0.4))],
            "parts",
        ),
        (
            [Part(TWO, "二", boundary=square(0, 0, 0.5)), Part(SIXTH, "六", boundary=square(0.5, 0, 0.5))],
            "code",
        ),
        ([Part("990101001002001", "他社区", boundary=square(0, 0, 0.5)), Part(SIXTH, "六")], "code"),
    ],
)
def test_refuses_a_split_that_does_not_add_up(parts: list[Part], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.split(actor=CLERK, code=ONE, parts=parts)
    assert caught.value.fields.keys() == {field}
    assert_untouched()


@pytest.mark.usefixtures("drawn")
def test_a_merge_joins_boundaries_and_leads_on_through_several_steps() -> None:
    actions.merge(actor=CLERK, codes=[ONE, TWO], into=Part(FIFTH, "南网格"))
    merged = actions.merge(actor=CLERK, codes=[FIFTH, THREE], into=Part(THREE, "大网格"))
    assert merged.shape is not None
    assert merged.shape.area == pytest.approx(0.0003)
    assert queries.today_of([ONE, TWO, THREE, FIFTH]) == dict.fromkeys([ONE, TWO, THREE, FIFTH], (THREE,))
    assert queries.path_of(ONE).endswith("清泉社区 › 第1网格")


@pytest.mark.usefixtures("drawn")
def test_refuses_to_merge_one_or_across_communities() -> None:
    actions.create(actor=CLERK, part=Part("990101001002001", "杨柳第1网格"))
    for codes in ([ONE], [ONE, "990101001002001"]):
        with pytest.raises(Invalid) as caught:
            actions.merge(actor=CLERK, codes=codes, into=Part(FIFTH, "五"))
        assert caught.value.fields.keys() == {"codes"}


@pytest.mark.usefixtures("drawn")
def test_a_retired_area_still_resolves_and_its_code_is_not_used_again() -> None:
    actions.retire(actor=CLERK, code=ONE, successors=[TWO])
    assert queries.name_of(ONE) == "第1网格"
    assert queries.today_of([ONE]) == {ONE: (TWO,)}
    with pytest.raises(AreaRetired):
        actions.rename(actor=CLERK, code=ONE, name="重来")
    with pytest.raises(Invalid, match="不得再次使用"):
        actions.create(actor=CLERK, part=Part(ONE, "重来"))


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("successor", [ONE, FIFTH, COMMUNITY])
def test_refuses_a_successor_that_cannot_carry_on(successor: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.retire(actor=CLERK, code=ONE, successors=[successor])
    assert caught.value.fields.keys() == {"successors"}


@pytest.mark.usefixtures("drawn")
def test_refuses_to_end_an_area_with_areas_below() -> None:
    with pytest.raises(AreaHasChildren):
        actions.retire(actor=CLERK, code=COMMUNITY)
    with pytest.raises(AreaHasChildren):
        actions.merge(actor=CLERK, codes=[COMMUNITY, "990101001002"], into=Part("990101001002", "杨柳社区"))


@pytest.mark.usefixtures("drawn")
def test_an_unknown_area_is_not_found() -> None:
    with pytest.raises(AreaNotFound):
        actions.rename(actor=CLERK, code=FIFTH, name="无")


def test_only_who_may_edit_here_may_edit(tmp_path: Path) -> None:
    load_city(tmp_path)
    with pytest.raises(NotAllowed):
        actions.rename(actor=Clerk(allowed=False), code="990101", name="新名")
    for area in ("990102", "990101001", ""):
        with pytest.raises(AreaOutOfReach):
            actions.rename(actor=Clerk(area=area), code="990101", name="新名")
    actions.rename(actor=Clerk(area="", system=True), code="990101", name="新名")
    assert queries.name_of("990101") == "新名"


@pytest.mark.usefixtures("drawn")
def test_an_edit_from_a_day_to_come_is_refused() -> None:
    with at(dt.datetime(2025, 6, 1, tzinfo=dt.UTC)), pytest.raises(Invalid) as caught:
        actions.retire(actor=CLERK, code=ONE, on=dt.date(2025, 6, 2))
    assert caught.value.fields.keys() == {"on"}
