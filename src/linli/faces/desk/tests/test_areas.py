"""The register of areas on the desk: the tree, its map, its versions, its edits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.city import SIDE, SOUTH, WEST, City

from linli.kernel.areas import queries
from linli.kernel.areas.models import Area, TreeVersion
from linli.lib.time import today

SignIn = Callable[[str], Client]
COMMUNITY, GRID, BESIDE = "990101001001", "990101001001001", "990101001001002"
BASIS = {"on": today().isoformat(), "source": "民政〔2026〕3号"}


@pytest.fixture(autouse=True)
def _a_day_to_edit(city: City) -> None:
    """The city is loaded today; versions begin the day they are edited, which is today as well."""


def square(west: float, east: float) -> dict[str, Any]:
    left, right = round(WEST + SIDE * west, 6), round(WEST + SIDE * east, 6)
    ring = [[left, SOUTH], [right, SOUTH], [right, SOUTH + SIDE], [left, SOUTH + SIDE], [left, SOUTH]]
    return {"type": "Polygon", "coordinates": [ring]}


def geojson(*features: tuple[str, str, dict[str, Any]]) -> SimpleUploadedFile:
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": geometry}
            for code, name, geometry in features
        ],
    }
    return SimpleUploadedFile("grids.geojson", json.dumps(document).encode())


def post(client: Client, address: str, **sent: Any) -> HttpResponse:
    return cast(HttpResponse, client.post(address, {**BASIS, **sent}))


def text(response: Any) -> str:
    return str(response.content.decode())


def test_only_who_keeps_or_reads_registers_opens_the_tree(city: City, sign_in: SignIn) -> None:
    open_to = {word for word in city.posts if sign_in(word).get("/desk/areas/").status_code == 200}
    assert open_to == {"system_admin", "security_admin", "audit_admin", "head"}
    edit = {w for w in city.posts if sign_in(w).get(f"/desk/areas/{GRID}/rename/").status_code == 200}
    assert edit == {"system_admin"}


def test_the_tree_begins_at_the_area_of_the_post(sign_in: SignIn) -> None:
    client = sign_in("head")
    page = client.get("/desk/areas/")
    assert page.context["node"].code == "990101001"
    assert [row.key for row in page.context["rows"]] == ["990101001001", "990101001002"]
    assert client.get(f"/desk/areas/{GRID}/").status_code == 200
    for beyond in ("990101002", "990101", "nonsense", "990101099"):
        assert client.get(f"/desk/areas/{beyond}/").status_code == 404
    assert client.get("/desk/areas/990101002/drawn.json").status_code == 404


def test_areas_are_found_by_name_within_the_post_s_area(sign_in: SignIn) -> None:
    page = sign_in("head").get("/desk/areas/", {"words": "第1网格"})
    assert {row.key for row in page.context["rows"]} == {GRID, "990101001002001"}
    assert "没有找到区域" in text(sign_in("head").get("/desk/areas/", {"words": "飞碟"}))


def test_the_map_shows_what_lies_below_and_leads_there(sign_in: SignIn) -> None:
    client = sign_in("head")
    below = client.get(f"/desk/areas/{COMMUNITY}/drawn.json").json()["features"]
    assert [one["properties"]["url"] for one in below] == [f"/desk/areas/{GRID}/", f"/desk/areas/{BESIDE}/"]
    itself = client.get(f"/desk/areas/{GRID}/drawn.json").json()["features"]
    assert [one["properties"]["code"] for one in itself] == [GRID]


def test_a_page_asks_no_more_for_more_areas(
    sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in("system_admin")
    address = f"/desk/areas/{COMMUNITY}/"
    client.get(address)
    with django_assert_max_num_queries(60) as few:
        client.get(address)
    asked = len(few) + 1  # what is held in memory is asked about once a second
    for number in range(3, 30):
        post(client, f"{address}create/", code=f"{COMMUNITY}{number:03}", name=f"第{number}网格", kind="")
    client.get(address)
    with django_assert_max_num_queries(asked):
        page = client.get(address)
    assert len(page.context["rows"]) == 29


def test_renames_an_area_with_its_basis(sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    address = f"/desk/areas/{GRID}/rename/"
    assert post(client, address, name="东一网格").status_code == 302
    assert queries.name_of(GRID) == "东一网格"
    page = text(client.get(f"/desk/areas/{GRID}/"))
    assert "民政〔2026〕3号" in page
    assert "第1网格" in page
    assert TreeVersion.objects.latest("number").edit == "rename"
    wrong = post(client, address, name="", source="")
    assert wrong.status_code == 422
    assert "请填写依据" in text(wrong)
    assert "不能晚于今天" in text(post(client, address, name="西一网格", on="2999-01-01"))


def test_a_file_replaces_one_or_several_boundaries(sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    file = geojson((GRID, "", square(0, 0.5)), (BESIDE, "", square(0.5, 2)))
    response = post(client, f"/desk/areas/{COMMUNITY}/boundary/", file=file)
    assert response.status_code == 302
    shape = queries.polygon(GRID)
    assert shape is not None
    assert shape.bounds[2] == pytest.approx(WEST + SIDE / 2)
    file = geojson((GRID, "", square(0, 0.4)))
    assert post(client, f"/desk/areas/{GRID}/boundary/", file=file)["Location"] == f"/desk/areas/{GRID}/"
    assert "下级区域未覆盖" in text(client.get(f"/desk/areas/{GRID}/"))


def test_a_wrong_file_is_told_feature_by_feature(sign_in: SignIn) -> None:
    before = Area.objects.count()
    file = geojson(
        (GRID, "", square(0, 1.5)),
        ("1", "短", square(0, 1)),
        ("990101002001001", "", square(4, 5)),
    )
    response = post(sign_in("system_admin"), f"/desk/areas/{COMMUNITY}/boundary/", file=file)
    assert response.status_code == 422
    page = text(response)
    assert "第 2 项（1）：区域代码应为" in page
    assert "第 3 项（990101002001001）：不在 990101001001 之内" in page
    nul = geojson((GRID, "第\x001网格", square(0, 0.5)))
    response = post(sign_in("system_admin"), f"/desk/areas/{COMMUNITY}/boundary/", file=nul)
    assert f"第 1 项（{GRID}）：名称（name）不能含有空字符" in text(response)
    overlap = geojson((GRID, "", square(0, 1.5)))
    response = post(sign_in("system_admin"), f"/desk/areas/{COMMUNITY}/boundary/", file=overlap)
    assert f"与 {BESIDE} 重叠" in text(response)
    assert Area.objects.count() == before


@pytest.mark.parametrize(
    ("content", "told"), [(b"{", "不是有效的 JSON"), (b"\xff\xff", "编码"), (None, "请选择文件")]
)
def test_what_is_no_geojson_is_refused(sign_in: SignIn, content: bytes | None, told: str) -> None:
    sent = {"file": SimpleUploadedFile("x.geojson", content)} if content is not None else {}
    response = post(sign_in("system_admin"), f"/desk/areas/{COMMUNITY}/boundary/", **sent)
    assert response.status_code == 422
    assert told in text(response)


def test_splits_a_grid_and_says_who_carries_on(sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    address = f"/desk/areas/{GRID}/split/"
    assert "1 个在任岗位" in text(client.get(address))
    whole = geojson((GRID, "第1网格", square(0, 0.5)), (f"{COMMUNITY}003", "第3网格", square(0.5, 0.9)))
    assert "与原区域边界不一致" in text(post(client, address, file=whole))
    parts = geojson(
        (f"{COMMUNITY}003", "第3网格", square(0, 0.5)), (f"{COMMUNITY}004", "第4网格", square(0.5, 1))
    )
    assert post(client, address, file=parts)["Location"] == f"/desk/areas/{COMMUNITY}/"
    page = text(client.get(f"/desk/areas/{GRID}/"))
    assert "已停用" in page
    assert "第3网格" in page
    assert client.get(address).status_code == 404


def test_merges_two_grids(sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    address = f"/desk/areas/{GRID}/merge/"
    assert "请选择至少一个区域" in text(post(client, address, name="大网格", code=GRID))
    sent = {"codes": [BESIDE], "name": "大网格", "code": GRID}
    assert post(client, address, **sent)["Location"] == f"/desk/areas/{GRID}/"
    assert queries.today_of([BESIDE]) == {BESIDE: (GRID,)}


def test_retires_a_grid_with_its_successor(sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    assert post(client, f"/desk/areas/{GRID}/retire/", successors=[BESIDE]).status_code == 302
    assert queries.today_of([GRID]) == {GRID: (BESIDE,)}


def test_an_area_with_areas_below_is_not_split_merged_or_retired(sign_in: SignIn) -> None:
    for edit in ("split", "merge", "retire", "nonsense"):
        assert sign_in("system_admin").get(f"/desk/areas/{COMMUNITY}/{edit}/").status_code == 404


def test_creates_an_area_below(sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    address = f"/desk/areas/{COMMUNITY}/create/"
    assert "须以本区域代码" in text(post(client, address, code="990101002001009", name="远", kind=""))
    assert "已在使用" in text(post(client, address, code=GRID, name="又一个", kind=""))
    made = post(client, address, code=f"{COMMUNITY}009", name="专属网格", kind="dedicated")
    assert made["Location"] == f"/desk/areas/{COMMUNITY}009/"
    assert "专属网格" in text(client.get(f"/desk/areas/{COMMUNITY}009/"))
