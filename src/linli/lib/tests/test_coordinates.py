from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.lib import coordinates as c
from linli.lib.coordinates import Datum

# one degree inside the rectangle, so that no conversion leaves it
lngs = st.floats(73.1, 136.8)
lats = st.floats(1.9, 54.8)
anywhere = st.tuples(st.floats(-180, 180), st.floats(-89.9, 89.9))


@given(lngs, lats)
def test_gcj02_comes_back_within_a_millimetre(lng: float, lat: float) -> None:
    back = c.gcj02_to_wgs84(*c.wgs84_to_gcj02(lng, lat))
    assert c.metres_between(lng, lat, *back) < 0.001


@given(lngs, lats)
def test_bd09_comes_back_within_a_centimetre(lng: float, lat: float) -> None:
    assert c.metres_between(lng, lat, *c.bd09_to_gcj02(*c.gcj02_to_bd09(lng, lat))) < 0.01
    assert c.metres_between(lng, lat, *c.bd09_to_wgs84(*c.wgs84_to_bd09(lng, lat))) < 0.01


@given(lngs, lats)
def test_gcj02_shifts_by_metres_not_by_kilometres(lng: float, lat: float) -> None:
    assert 10 < c.metres_between(lng, lat, *c.wgs84_to_gcj02(lng, lat)) < 1000


def test_agrees_with_the_value_that_the_public_libraries_give_for_tiananmen() -> None:
    assert c.wgs84_to_gcj02(116.397428, 39.90923) == pytest.approx((116.403672, 39.910632), abs=2e-6)
    assert c.gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.410368, 39.921336), abs=2e-6)


@given(anywhere)
def test_points_outside_china_stay(point: tuple[float, float]) -> None:
    lng, lat = point
    if 72.004 <= lng <= 137.8347 and 0.8293 <= lat <= 55.8271:
        lng = -lng
    for convert in (c.wgs84_to_gcj02, c.gcj02_to_wgs84, c.gcj02_to_bd09, c.bd09_to_gcj02):
        assert convert(lng, lat) == (lng, lat)


@given(st.lists(st.tuples(lngs, lats), max_size=20))
def test_arrays_give_what_numbers_give(points: list[tuple[float, float]]) -> None:
    x = np.array([p[0] for p in points])
    y = np.array([p[1] for p in points])
    for convert in (c.wgs84_to_gcj02, c.gcj02_to_wgs84, c.wgs84_to_bd09, c.bd09_to_wgs84):
        many = np.column_stack(convert(x, y))
        assert many.shape == (len(points), 2)
        for point, converted in zip(points, many, strict=True):
            assert convert(*point) == pytest.approx(tuple(converted), abs=1e-12)


@pytest.mark.parametrize("datum", list(Datum))
@given(lngs, lats)
def test_every_datum_comes_back(datum: Datum, lng: float, lat: float) -> None:
    assert c.metres_between(lng, lat, *c.to_wgs84(*c.from_wgs84(lng, lat, datum), datum)) < 0.01


def test_a_degree_of_latitude_is_111_kilometres() -> None:
    assert c.metres_between(120.0, 30.0, 120.0, 31.0) == pytest.approx(111_195, abs=1)
    assert c.metres_between(np.array([120.0]), np.array([30.0]), np.array([120.0]), np.array([30.0])) == [0.0]


@given(anywhere, st.floats(1, 50_000), st.floats(0, 360))
def test_the_box_holds_every_point_within_reach(
    point: tuple[float, float], metres: float, bearing: float
) -> None:
    lng, lat = point
    box = c.box_around(lng, lat, metres)
    angle, turn, phi = metres / c.EARTH_RADIUS, np.radians(bearing), np.radians(lat)
    there = np.arcsin(np.sin(phi) * np.cos(angle) + np.cos(phi) * np.sin(angle) * np.cos(turn))
    across = np.arctan2(
        np.sin(turn) * np.sin(angle) * np.cos(phi), np.cos(angle) - np.sin(phi) * np.sin(there)
    )
    east = (lng + np.degrees(across) + 540) % 360 - 180
    slack = 1e-6
    assert box.south - slack <= np.degrees(there) <= box.north + slack
    assert box.west - slack <= east <= box.east + slack or (box.west, box.east) == (-180, 180)


def test_the_box_is_tight() -> None:
    box = c.box_around(120.0, 30.0, 1000)
    assert c.metres_between(120.0, 30.0, box.east, 30.0) == pytest.approx(1000, rel=1e-3)
    assert c.metres_between(120.0, 30.0, 120.0, box.north) == pytest.approx(1000, rel=1e-6)
