from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from linli.kernel.areas.errors import LoadRefused
from linli.kernel.areas.loading import load_grids, read_parts
from linli.kernel.areas.models import Area
from linli.kernel.areas.tests.factories import (
    COMMUNITY,
    FOUR,
    feature,
    grid,
    load_city,
    load_four,
    square,
    write_geojson,
)
from linli.kernel.areas.versions import editing
from linli.lib.coordinates import Datum, wgs84_to_bd09, wgs84_to_gcj02

pytestmark = pytest.mark.django_db


def shifted(geometry: dict[str, Any], convert: Any) -> dict[str, Any]:
    return geometry | {"coordinates": [[list(convert(*point)) for point in geometry["coordinates"][0]]]}


def problems(path: Path, **how: Any) -> list[tuple[int, str, str]]:
    """(index, code, error) of a refused file; nothing was written."""
    before = Area.objects.count()
    with pytest.raises(LoadRefused) as caught:
        load_grids(path, **how)
    assert Area.objects.count() == before
    assert all(problem.message for problem in caught.value.problems)
    assert caught.value.fields.keys() == {"file"}
    return [(problem.index, problem.code, problem.error) for problem in caught.value.problems]


def test_loads_grids_with_their_community(tmp_path: Path) -> None:
    loaded = load_four(tmp_path)
    assert (loaded.created, loaded.changed, loaded.warnings) == (4, 1, ())
    one = Area.objects.current().get(code=f"{COMMUNITY}001")
    assert (one.kind, one.level, one.datum) == ("comprehensive", "grid", "wgs84")
    assert one.box == pytest.approx((120.0, 30.0, 120.01, 30.01))
    assert (one.lng, one.lat) == pytest.approx((120.005, 30.005))
    community = Area.objects.current().get(code=COMMUNITY)
    assert community.name == "清泉社区"
    assert community.shape is not None


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    load_four(tmp_path)
    again = load_grids(tmp_path / "four.geojson")
    assert (again.created, again.changed, again.unchanged, again.number) == (0, 0, 5, 0)


def test_tells_faults_of_form_and_of_ground_at_once(tmp_path: Path) -> None:
    """A faulty feature hides no overlap of sound ones, and its own old boundary is held against nobody."""
    load_four(tmp_path)
    moved_onto_two, onto_three = grid(1, 1, 0), grid(5, 0, 1)
    two_without_geometry = feature(f"{COMMUNITY}002", None)
    path = write_geojson(tmp_path / "more.geojson", two_without_geometry, moved_onto_two, onto_three)
    assert problems(path) == [(0, f"{COMMUNITY}002", "no_geometry"), (2, f"{COMMUNITY}005", "overlap")]


def test_refuses_nul_by_feature_and_field(tmp_path: Path) -> None:
    load_city(tmp_path)
    path = write_geojson(tmp_path / "nul.geojson", grid(1, 0, 0), grid(2, 1, 0, name="第\x00网格"))
    assert problems(path) == [(1, f"{COMMUNITY}002", "nul")]
    with pytest.raises(LoadRefused, match="名称（name）不能含有空字符"):
        read_parts(path.read_bytes())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_takes_other_encodings(tmp_path: Path, encoding: str) -> None:
    load_city(tmp_path)
    load_grids(write_geojson(tmp_path / "g.geojson", grid(1, 0, 0), encoding=encoding))
    assert Area.objects.get(code=f"{COMMUNITY}001").name == "第1网格"


@pytest.mark.parametrize(("datum", "convert"), [(Datum.GCJ02, wgs84_to_gcj02), (Datum.BD09, wgs84_to_bd09)])
@pytest.mark.parametrize("told_by_file", [True, False])
def test_converts_other_datums(tmp_path: Path, datum: Datum, convert: Any, told_by_file: bool) -> None:
    load_city(tmp_path)
    members = {"crs": datum.value} if told_by_file else {}
    one = feature(f"{COMMUNITY}001", shifted(square(0, 0), convert))
    path = write_geojson(tmp_path / "g.geojson", one, **members)
    load_grids(path, crs=None if told_by_file else datum)
    area = Area.objects.get(code=f"{COMMUNITY}001")
    assert area.box == pytest.approx((120.0, 30.0, 120.01, 30.01), abs=1e-7)
    assert area.datum == datum


def test_takes_the_crs_object_of_older_geojson(tmp_path: Path) -> None:
    load_city(tmp_path)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    load_grids(write_geojson(tmp_path / "g.geojson", grid(1, 0, 0), crs=crs))
    assert Area.objects.get(code=f"{COMMUNITY}001").datum == "cgcs2000"


def test_dedicated_grids_and_micro_grids_are_taken(tmp_path: Path) -> None:
    load_four(tmp_path)
    micro = feature(f"{COMMUNITY}001001", square(0, 0, 1, 0.5), "一号楼")
    load_grids(write_geojson(tmp_path / "g.geojson", grid(1, 0, 0, kind="dedicated"), micro))
    assert Area.objects.current().get(code=f"{COMMUNITY}001").kind == "dedicated"
    assert Area.objects.current().get(code=f"{COMMUNITY}001001").level == "micro_grid"


def test_ground_left_uncovered_is_a_warning(tmp_path: Path) -> None:
    load_city(tmp_path)
    community = feature(COMMUNITY, square(0, 0, 2, 2))
    loaded = load_grids(write_geojson(tmp_path / "g.geojson", community, *FOUR[:3]))
    (warning,) = [one for one in loaded.warnings if one.code == COMMUNITY]
    assert warning.error == "gap"
    assert "25.00%" in warning.message


def test_slivers_of_rounding_pass(tmp_path: Path) -> None:
    load_city(tmp_path)
    path = write_geojson(tmp_path / "g.geojson", grid(1, 0, 0), grid(2, 1 - 1e-5, 0))
    assert load_grids(path).created == 2


OPEN = square(0, 0) | {"coordinates": [[*square(0, 0)["coordinates"][0][:-1], [120.0, 30.001]]]}
BOW = {
    "type": "Polygon",
    "coordinates": [[[120, 30], [120.01, 30.01], [120.01, 30], [120, 30.01], [120, 30]]],
}
OUTER_HOLE = square(0, 0) | {"coordinates": [*square(0, 0)["coordinates"], *square(3, 3)["coordinates"]]}


@pytest.mark.parametrize(
    ("geometry", "error"),
    [
        (None, "no_geometry"),
        ({"type": "Point", "coordinates": [120, 30]}, "geometry_type"),
        ({"type": "Polygon"}, "bad_coordinates"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]] * 4]}, "bad_coordinates"),
        ({"type": "Polygon", "coordinates": [[[120]] * 4]}, "bad_coordinates"),
        ({"type": "Polygon", "coordinates": [7]}, "bad_coordinates"),
        ({"type": "Polygon", "coordinates": [[[30, 120], [30, 121], [31, 120], [30, 120]]]}, "out_of_range"),
        ({"type": "Polygon", "coordinates": [[[120, 30], [121, 30], [120, 30]]]}, "ring_too_short"),
        (OPEN, "ring_not_closed"),
        (BOW, "self_intersection"),
        (OUTER_HOLE, "invalid_shape"),
    ],
)
def test_a_boundary_that_is_none_is_refused(tmp_path: Path, geometry: Any, error: str) -> None:
    load_city(tmp_path)
    path = write_geojson(tmp_path / "g.geojson", grid(9, 5, 5), feature(f"{COMMUNITY}001", geometry))
    assert problems(path) == [(1, f"{COMMUNITY}001", error)]


@pytest.mark.parametrize(
    ("one", "error"),
    [
        (feature("", square(0, 0)), "no_code"),
        (feature("12345", square(0, 0)), "bad_code"),
        (feature(f"{COMMUNITY}009", square(0, 0)), "duplicate_code"),
        (feature(f"{COMMUNITY}001", square(0, 0), ""), "no_name"),
        (feature(f"{COMMUNITY}001", square(0, 0), "长" * 61), "name_too_long"),
        (feature(f"{COMMUNITY}001", square(0, 0), kind="other"), "bad_kind"),
        (feature("990101001001", square(0, 0), kind="dedicated"), "bad_kind"),
        (feature("990101001999001", square(0, 0)), "parent_missing"),
        (feature(f"{COMMUNITY}001", square(5.5, 5)), "overlap"),
    ],
)
def test_a_feature_that_does_not_fit_is_refused(tmp_path: Path, one: dict[str, Any], error: str) -> None:
    load_city(tmp_path)
    path = write_geojson(tmp_path / "g.geojson", grid(9, 5, 5), one)
    assert problems(path) == [(1, one["properties"]["code"], error)]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"{", "not_json"),
        (b"[]", "not_a_feature_collection"),
        (b'{"type": "FeatureCollection"}', "no_features"),
        (b'{"type": "FeatureCollection", "features": [1], "crs": "mars"}', "unknown_crs"),
        (b"\xff\xff\xff", "bad_encoding"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, error: str) -> None:
    path = tmp_path / "g.geojson"
    path.write_bytes(content)
    assert problems(path) == [(-1, "", error)]


def test_features_that_are_no_objects_are_refused(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "g.geojson", 1, {"type": "Feature", "properties": 3})
    assert {error for _, _, error in problems(path)} == {"no_code", "no_geometry"}


def test_half_a_metre_of_overlap_is_found_also_with_a_grid_that_stands(tmp_path: Path) -> None:
    load_four(tmp_path)
    half_a_metre = 0.5 / 96_000 / 0.01
    neighbour = feature("990101001002001", square(2 - half_a_metre, 0))
    assert problems(write_geojson(tmp_path / "g.geojson", neighbour)) == [(0, "990101001002001", "overlap")]


def test_a_grid_that_leaves_its_community_is_refused(tmp_path: Path) -> None:
    load_four(tmp_path)
    path = write_geojson(tmp_path / "g.geojson", grid(1, -0.5, 0))
    assert problems(path) == [(0, f"{COMMUNITY}001", "outside_parent")]


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    load_city(tmp_path)
    path = write_geojson(
        tmp_path / "g.geojson",
        grid(1, 0, 0),
        feature("1", square(4, 4)),
        feature(f"{COMMUNITY}002", BOW),
        feature(f"{COMMUNITY}003", square(8, 8), kind="other"),
    )
    assert [(index, error) for index, _, error in problems(path)] == [
        (1, "bad_code"),
        (2, "self_intersection"),
        (3, "bad_kind"),
    ]


def test_a_retired_code_is_not_used_again(tmp_path: Path) -> None:
    load_four(tmp_path)
    with editing("retire") as edit:
        edit.close(Area.objects.current().get(code=f"{COMMUNITY}004"))
    path = write_geojson(tmp_path / "g.geojson", grid(4, 1, 1))
    assert problems(path) == [(0, f"{COMMUNITY}004", "code_retired")]


def test_a_moved_border_is_a_new_version(tmp_path: Path) -> None:
    load_four(tmp_path)
    wider = feature(f"{COMMUNITY}001", square(0, 0, 0.9), "")
    loaded = load_grids(write_geojson(tmp_path / "g.geojson", wider))
    assert (loaded.changed, [w.error for w in loaded.warnings]) == (1, ["gap"])
    assert [a.box and a.box.east for a in Area.objects.filter(code=f"{COMMUNITY}001").order_by("id")] == [
        pytest.approx(120.01),
        pytest.approx(120.009),
    ]


def test_nothing_is_half_loaded_when_the_write_fails(tmp_path: Path) -> None:
    load_city(tmp_path)

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    before = Area.objects.count()
    with pytest.raises(Stopped):
        load_grids(write_geojson(tmp_path / "g.geojson", *FOUR), progress=stop)
    assert Area.objects.count() == before


def test_a_community_does_not_leave_its_grids_outside(tmp_path: Path) -> None:
    load_four(tmp_path)
    smaller = feature(COMMUNITY, square(0, 0, 1, 2), "")
    path = write_geojson(tmp_path / "g.geojson", smaller)
    assert problems(path) == [
        (0, f"{COMMUNITY}002", "outside_parent"),
        (0, f"{COMMUNITY}004", "outside_parent"),
    ]
    halves = [(1, 0.0, 0), (2, 0.5, 0), (3, 0.0, 1), (4, 0.5, 1)]
    grids = [feature(f"{COMMUNITY}00{n}", square(west, south, 0.5), "") for n, west, south in halves]
    assert load_grids(write_geojson(tmp_path / "g.geojson", smaller, *grids)).changed == 5


def test_a_file_may_be_kept_to_an_area(tmp_path: Path) -> None:
    load_four(tmp_path)
    path = write_geojson(tmp_path / "g.geojson", grid(1, 0, 0), feature("990101001002001", square(5, 5)))
    with pytest.raises(LoadRefused) as refused:
        load_grids(path.read_bytes(), within=COMMUNITY)
    assert [(one.index, one.error) for one in refused.value.problems] == [(1, "out_of_reach")]
    assert load_grids(path.read_bytes(), within="990101").created == 1


def test_parts_of_an_area_are_read_with_all_that_is_wrong(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "g.geojson", grid(1, 0, 0), grid(2, 1, 0, kind="dedicated"), crs="gcj02")
    parts, datum = read_parts(path.read_bytes())
    assert [(one["code"], one["name"], one["kind"]) for one in parts] == [
        (f"{COMMUNITY}001", "第1网格", ""),
        (f"{COMMUNITY}002", "第2网格", "dedicated"),
    ]
    assert datum == "gcj02"
    wrong = write_geojson(tmp_path / "g.geojson", feature("1", square(0, 0)), feature(f"{COMMUNITY}002", BOW))
    with pytest.raises(LoadRefused) as refused:
        read_parts(wrong.read_bytes())
    assert [one.error for one in refused.value.problems] == ["bad_code", "self_intersection"]
