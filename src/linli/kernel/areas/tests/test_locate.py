from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.kernel.areas import actions, tree
from linli.kernel.areas.errors import OutsideCity
from linli.kernel.areas.locate import locate, locate_many
from linli.kernel.areas.tests.factories import COMMUNITY, Clerk, load_city, load_four, square
from linli.lib.errors import Invalid

pytestmark = pytest.mark.django_db


def test_a_point_is_told_its_grid_with_the_names_above(tmp_path: Path) -> None:
    load_four(tmp_path)
    located = locate(120.005, 30.005)
    assert located.code == f"{COMMUNITY}001"
    assert located.name == "第1网格"
    assert located.path == "临湖市 › 东湖区 › 望江街道 › 清泉社区 › 第1网格"


def test_a_shared_border_goes_to_the_smaller_code(tmp_path: Path) -> None:
    load_four(tmp_path)
    assert locate(120.01, 30.015).code == f"{COMMUNITY}003"
    assert locate(120.01, 30.01).code == f"{COMMUNITY}001"
    assert locate(120.02, 30.02).code == f"{COMMUNITY}004"


def test_many_points_at_once_get_the_same_codes_and_nothing_outside(tmp_path: Path) -> None:
    load_four(tmp_path)
    codes = locate_many(np.array([120.005, 120.01, 121.0]), np.array([30.005, 30.01, 30.0]))
    assert codes.tolist() == [f"{COMMUNITY}001", f"{COMMUNITY}001", ""]


def test_a_point_outside_is_refused_with_the_nearest_grid(tmp_path: Path) -> None:
    load_four(tmp_path)
    with pytest.raises(OutsideCity) as caught:
        locate(120.015, 30.021)
    assert caught.value.status == 422
    assert caught.value.code == "outside_city"
    assert caught.value.details["nearest"] == f"{COMMUNITY}004"
    assert caught.value.details["metres"] == pytest.approx(111.2, abs=0.5)
    assert caught.value.fields.keys() == {"location"}
    assert "第4网格，距离约 111 米" in caught.value.message


def test_nearest_is_by_metres_not_by_degrees(tmp_path: Path) -> None:
    load_city(tmp_path)
    clerk = Clerk()
    # at 30 degrees north 0.95 grid widths of longitude are shorter than 0.9 of latitude
    for number, column, row in ((1, 1.95, 0), (2, 0, 1.9)):
        part = actions.Part(f"{COMMUNITY}00{number}", f"第{number}网格", boundary=square(column, row))
        actions.create(actor=clerk, part=part)
    with pytest.raises(OutsideCity) as caught:
        locate(120.01, 30.01)
    assert caught.value.details["nearest"] == f"{COMMUNITY}001"


def test_without_grids_the_refusal_says_so() -> None:
    with pytest.raises(OutsideCity, match="尚未导入网格边界"):
        locate(120.0, 30.0)
    assert locate_many(np.array([120.0]), np.array([30.0])).tolist() == [""]


@pytest.mark.parametrize(
    ("lng", "lat", "fields"),
    [(181.0, 30.0, {"lng"}), (120.0, -91.0, {"lat"}), (float("nan"), float("inf"), {"lng", "lat"})],
)
def test_numbers_that_are_no_place_are_refused_by_field(lng: float, lat: float, fields: set[str]) -> None:
    with pytest.raises(Invalid) as caught:
        locate(lng, lat)
    assert caught.value.code == "invalid"
    assert caught.value.fields.keys() == fields


def test_an_edit_is_seen_at_once_by_whoever_made_it(tmp_path: Path) -> None:
    load_four(tmp_path)
    assert locate(120.015, 30.015).code == f"{COMMUNITY}004"
    actions.retire(actor=Clerk(), code=f"{COMMUNITY}004")
    with pytest.raises(OutsideCity):
        locate(120.015, 30.015)


def test_inside_a_transaction_only_the_number_is_asked(tmp_path: Path) -> None:
    load_four(tmp_path)
    locate(120.005, 30.005)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        locate(120.005, 30.005)
    assert len(queries) == 1


@pytest.mark.django_db(transaction=True)
def test_outside_transactions_nothing_is_asked_within_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "RECHECK_SECONDS", 3600.0)
    load_four(tmp_path)
    locate(120.005, 30.005)
    with CaptureQueriesContext(connection) as queries:
        assert locate(120.005, 30.005).code == f"{COMMUNITY}001"
    assert len(queries) == 0
    actions.retire(actor=Clerk(), code=f"{COMMUNITY}001")
    with pytest.raises(OutsideCity):
        locate(120.005, 30.005)
    tree.look_again()


@pytest.mark.django_db(transaction=True)
def test_threads_share_one_index_and_none_is_given_the_one_before_an_edit(tmp_path: Path) -> None:
    tree.look_again()
    load_four(tmp_path)
    locate(120.015, 30.015)
    actions.merge(
        actor=Clerk(),
        codes=[f"{COMMUNITY}001", f"{COMMUNITY}002"],
        into=actions.Part(f"{COMMUNITY}005", "南"),
    )
    found: list[str] = []

    def ask() -> None:
        try:
            found.append(locate(120.005, 30.005).code)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [f"{COMMUNITY}005"] * 8
    tree.look_again()
