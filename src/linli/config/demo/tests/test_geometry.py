from __future__ import annotations

import csv
from functools import cache

import numpy as np
import pytest
import shapely

from linli.config.demo.divisions import fictional, from_file
from linli.config.demo.geometry import CityMap, features, make_city, to_degrees, to_metres
from linli.config.demo.names import Namer
from linli.lib.errors import Invalid


@cache
def city_of(seed: int, scale: float = 0.25) -> CityMap:
    rng = np.random.default_rng(seed)
    return make_city(fictional(rng, Namer(rng), scale=scale), seed=seed, grids=round(400 * scale))


def test_the_city_has_the_promised_structure() -> None:
    city = city_of(9901, 1.0)
    assert {width: len(areas) for width, areas in city.areas.items()} == {15: 400, 12: 60, 9: 12, 6: 3, 4: 1}
    assert 0.03 <= sum(grid.kind == "dedicated" for grid in city.grids) / 400 <= 0.06


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_every_level_tiles_exactly_without_gap_or_overlap(seed: int) -> None:
    city = city_of(seed)
    for areas in city.areas.values():
        polygons = np.array([area.polygon for area in areas], dtype=object)
        assert all(polygon.geom_type == "Polygon" for polygon in polygons)
        assert shapely.is_valid(polygons).all()
        assert shapely.coverage_is_valid(polygons)
    whole = city.areas[4][0].polygon
    assert len(whole.interiors) == 0
    assert shapely.area(city.polygons).sum() == pytest.approx(whole.area, rel=1e-9)


def test_the_same_seed_gives_the_same_city_and_another_seed_another() -> None:
    first, again = city_of(5), city_of.__wrapped__(5)
    assert [features(first, width) for width in first.areas] == [features(again, w) for w in again.areas]
    assert features(first, 15) != features(city_of(6), 15)


def test_codes_are_hierarchical_and_unique() -> None:
    city = city_of(9901, 1.0)
    codes = [area.code for areas in city.areas.values() for area in areas]
    assert len(codes) == len(set(codes))
    for width, above in ((15, 12), (12, 9), (9, 6), (6, 4)):
        parents = {area.code for area in city.areas[above]}
        assert {area.code[:above] for area in city.areas[width]} == parents


def test_every_grid_lies_in_its_community() -> None:
    city = city_of(3)
    for grid in city.grids:
        assert city.named(grid.code[:12]).polygon.covers(shapely.point_on_surface(grid.polygon))


def test_grids_have_borders_of_a_real_map() -> None:
    vertices = shapely.get_num_coordinates(city_of(9901, 1.0).polygons)
    assert 20 <= np.median(vertices) <= 42


def test_the_city_cannot_be_taken_for_a_real_one() -> None:
    city = city_of(9901, 1.0)
    # 99 is no province's code
    assert city.code.startswith("99")
    names = [area.name for width in (9, 12) for area in city.areas[width]]
    assert len(set(names)) == len(names)


def test_metres_and_degrees_are_inverse() -> None:
    points = np.array([[0.0, 0.0], [12_345.0, -6_789.0]])
    assert np.allclose(to_metres(to_degrees(points)), points, atol=0.02)


def test_a_real_citys_names_stand_on_made_up_borders(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("divisions") / "areas.csv"
    with file.open("w", encoding="gb18030", newline="") as out:
        rows = csv.writer(out)
        rows.writerows([("code", "name"), ("330102", "上城区"), ("330105", "拱墅区"), ("320102", "玄武区")])
    namer = Namer(np.random.default_rng(1))
    with pytest.raises(Invalid, match="3201、3301"):
        from_file(file, namer)
    divisions = from_file(file, namer, city="3301")
    city = make_city(divisions, seed=1, is_synthetic=True)
    assert [area.name for area in city.areas[6]] == ["上城区", "拱墅区"]
    assert all("示意" in area.name for area in city.areas[9])
    assert shapely.coverage_is_valid(city.polygons)
