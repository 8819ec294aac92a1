from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.kernel.areas import queries
from linli.kernel.areas.errors import AreaNotFound
from linli.kernel.areas.tests.factories import COMMUNITY, FOUR, load_city, load_four

pytestmark = pytest.mark.django_db


def codes(nodes: list[queries.Node]) -> list[str]:
    return [node.code for node in nodes]


def test_children_are_the_areas_one_level_below(tmp_path: Path) -> None:
    load_four(tmp_path)
    assert codes(queries.children("")) == ["9901"]
    assert codes(queries.children("9901")) == ["990101", "990102"]
    assert codes(queries.children("990101")) == ["990101001"]
    assert codes(queries.children("990101001")) == [f"99010100100{n}" for n in (1, 2, 3)]
    assert codes(queries.children(COMMUNITY)) == [f["properties"]["code"] for f in FOUR]
    assert queries.children("990102") == queries.children("no code") == []


def test_the_subtree_starts_with_the_area_itself(tmp_path: Path) -> None:
    load_four(tmp_path)
    assert len(queries.subtree("9901")) == 11
    assert codes(queries.subtree("990101"))[0] == "990101"
    assert len(queries.subtree(COMMUNITY)) == 5


def test_names_and_paths_of_a_page_take_no_query_per_row(tmp_path: Path) -> None:
    load_four(tmp_path)
    grids = [f["properties"]["code"] for f in FOUR]
    with CaptureQueriesContext(connection) as first:
        names, paths = queries.names_of(grids), queries.paths_of(grids, below="990101")
    assert names[grids[0]] == "第1网格"
    assert paths[grids[0]] == "望江街道 › 清泉社区 › 第1网格"
    # the number and the missing blocks, once for the names and once for the paths
    assert len(first) == 4
    with CaptureQueriesContext(connection) as again:
        queries.paths_of(grids)
    assert len(again) == 1


def test_what_is_unknown_is_told_by_its_code() -> None:
    assert queries.name_of("990199") == "990199"
    assert queries.path_of("990199001") == "990199001"
    assert queries.path_of("?") == "?"
    assert queries.today_of(["990199"]) == {"990199": ()}
    with pytest.raises(AreaNotFound):
        queries.node("990199")
    with pytest.raises(AreaNotFound):
        queries.polygon("990199")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("湖", ["9901", "990101", "990102"]),
        ("东 湖", ["990101"]),
        ("99010100100100", [f"{COMMUNITY}00{n}" for n in (1, 2, 3, 4)]),
        ("100%", []),
        (" ", []),
    ],
)
def test_search_takes_words_of_the_name_and_beginnings_of_the_code(
    tmp_path: Path, text: str, found: list[str]
) -> None:
    load_four(tmp_path)
    assert codes(queries.search(text)) == found


def test_search_can_be_kept_within_an_area(tmp_path: Path) -> None:
    load_four(tmp_path)
    assert codes(queries.search("湖", within="990102")) == ["990102"]
    assert len(queries.search("网格", limit=2)) == 2


def test_the_map_holds_the_grids_under_a_prefix(tmp_path: Path) -> None:
    load_four(tmp_path)
    document = json.loads(queries.grids_geojson("9901"))
    assert next(f["properties"] for f in document["features"]) == {
        "code": f"{COMMUNITY}001",
        "name": "第1网格",
        "kind": "comprehensive",
    }
    first = shapely.from_geojson(json.dumps(document["features"][0]["geometry"]))
    assert first.equals(queries.polygon(f"{COMMUNITY}001"))
    assert json.loads(queries.grids_geojson("990102"))["features"] == []


def test_simplified_neighbours_stay_neighbours(tmp_path: Path) -> None:
    load_four(tmp_path)
    document = json.loads(queries.grids_geojson("", simplify=50))
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in document["features"]]
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).area == pytest.approx(0.0004)


def test_an_area_without_a_boundary_has_no_polygon(tmp_path: Path) -> None:
    load_city(tmp_path)
    assert queries.polygon("9901") is None
