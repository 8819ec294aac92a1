from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.city import SIDE, SOUTH, WEST, City, centre_of

from linli.domains.cases import actions
from linli.domains.cases.actions import NewReport
from linli.domains.cases.models import PublishedMonth
from linli.domains.cases.publishing import last_month
from linli.faces.portal import published
from linli.faces.portal.tests.conftest import GRID, TEXT, Fields
from linli.faces.portal.tests.test_report import file_first
from linli.kernel.access.actor import PUBLIC
from linli.kernel.records.editions import forget
from linli.lib.time import LOCAL, at, today

PHONE = "13800001234"
PAGES = [
    "/",
    "/help/",
    "/notice/",
    "/report/",
    "/track/",
    "/grid/",
    "/grid/?q=社区",
    f"/grid/?area={GRID}",
    "/figures/",
    "/figures/?level=township",
    "/places/areas.json",
    "/places/search?q=社区",
]


def last_month_report(city: City, text: str = TEXT) -> None:
    lng, lat = centre_of(GRID)
    with at(dt.datetime.combine(last_month(), dt.time(12), LOCAL) + dt.timedelta(days=19)):
        actions.report(PUBLIC, given=NewReport(text=text, lng=lng, lat=lat), channel="portal")


@pytest.mark.parametrize("path", PAGES)
def test_every_public_page_opens_without_an_account(client: Client, city: City, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_no_public_page_tells_anything_personal(client: Client, fields: Fields, path: str) -> None:
    written = f"北门王建国电话{PHONE}，消防通道堵塞"
    sent = fields(text=written, name="王建国", phone=PHONE, agree="on", address="王建国家楼下")
    assert client.post("/report/", sent).status_code == 302
    page = Client().get(path).content.decode()
    assert PHONE not in page
    assert "王建国" not in page


def test_what_is_offered_nearby_tells_nothing_personal(client: Client, fields: Fields) -> None:
    file_first(text=f"王建国电话{PHONE}，消防通道堵塞", contact={"name": "王建国", "phone": PHONE})
    page = client.post("/report/", fields(matter="WG-AQ-01")).content.decode()
    assert "附近有相同问题" in page
    assert PHONE not in page
    assert "王建国" not in page


def test_pages_run_no_inline_script_or_style(client: Client, fields: Fields) -> None:
    tracked = client.post("/report/", fields())["Location"]
    for path in [*PAGES[:10], tracked]:
        page = client.get(path).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page


# Grids -----------------------------------------------------------------------------------------------------


def test_the_grid_of_a_point_shows_who_is_on_duty(client: Client, city: City) -> None:
    lng, lat = centre_of(GRID)
    page = client.get("/grid/", {"lng": lng, "lat": lat}).content.decode()
    assert "第1网格" in page
    assert "柳湾街道综治中心" in page
    assert "柳湾街道第1社区居委会" in page
    assert "worker" in page


def test_a_community_shows_its_grids_and_a_township_its_communities(client: Client, city: City) -> None:
    page = client.get("/grid/?area=990101001001").content.decode()
    assert page.count("portal-duty") == 2
    assert "尚未公布" in page
    assert "?area=990101001001" in client.get("/grid/?area=990101001").content.decode()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"lng": WEST - SIDE, "lat": SOUTH}, "不在本市网格范围内"),
        ({"lng": "nan", "lat": "1"}, "经度应在"),
        ({"q": "没有的地方"}, "没有找到这个地方"),
    ],
)
def test_a_place_that_is_not_ours_is_said(
    client: Client, city: City, query: dict[str, Any], message: str
) -> None:
    page = client.get("/grid/", query)
    assert page.status_code == 200
    assert message in page.content.decode()


def test_an_unknown_area_is_not_found(client: Client, city: City) -> None:
    assert client.get("/grid/?area=880101001001001").status_code == 404


def test_more_grids_cost_no_more_queries(
    client: Client, city: City, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/grid/?area=990101001001")
    forget()
    with django_assert_max_num_queries(12) as one:
        client.get(f"/grid/?area={GRID}")
    forget()
    with django_assert_max_num_queries(len(one)):
        client.get("/grid/?area=990101001001")


def test_the_pin_picker_is_told_names_and_points(client: Client, city: City) -> None:
    lng, lat = centre_of(GRID)
    found = client.get("/places/search?q=柳湾").json()
    assert set(found[0]) == {"name", "longitude", "latitude"}
    named = client.get("/places/locate", {"longitude": lng, "latitude": lat}).json()
    assert named["name"].endswith("第1社区 › 第1网格")
    outside = client.get(
        "/places/locate",
        {"longitude": WEST - SIDE, "latitude": SOUTH},
        headers={"Accept": "application/json"},
    )
    assert outside.status_code == 422
    assert "最近的是" in outside.json()["detail"]


def test_the_map_is_fetched_once_per_version_of_the_tree(client: Client, city: City) -> None:
    drawn = client.get("/places/areas.json")
    assert len(drawn.json()["features"]) == 6
    again = client.get("/places/areas.json", headers={"If-None-Match": drawn["ETag"]})
    assert again.status_code == 304


# Figures ---------------------------------------------------------------------------------------------------


def test_few_cases_are_not_told_apart(client: Client, city: City) -> None:
    last_month_report(city)
    page = client.get("/figures/").content.decode()
    assert "少于 5" in page
    assert "件数不足" in page


def test_figures_tell_what_they_stand_on(client: Client, city: City) -> None:
    for n in range(12):
        last_month_report(city, f"第{n}处路边垃圾成堆没人清理")
    page = client.get("/figures/").content.decode()
    assert "东湖区" in page
    assert "<strong>0.0%</strong>" in page
    assert "0 / 12" in page
    assert "分子：" in page
    assert "剔除：" in page


def test_a_month_without_cases_says_so(client: Client, city: City) -> None:
    assert "这个月没有数据" in client.get("/figures/").content.decode()
    assert client.get("/figures/?month=1999-01&level=x").status_code == 200


def test_more_cases_cost_no_more_queries(
    client: Client, city: City, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    last_month_report(city)
    client.get("/help/")
    forget()
    with django_assert_max_num_queries(15) as few:  # it is counted, and kept
        client.get("/figures/?level=township")
    for n in range(8):
        last_month_report(city, f"第{n}处路边垃圾成堆没人清理")
    PublishedMonth.objects.all().delete()  # so that it is counted again
    published.cache.clear()
    forget()
    with django_assert_max_num_queries(len(few)):
        client.get("/figures/?level=township")


def test_figures_say_when_they_were_counted_and_stay(client: Client, city: City) -> None:
    for n in range(6):
        last_month_report(city, f"第{n}处路边垃圾成堆没人清理")
    counted = dt.datetime.combine(today().replace(day=15), dt.time(9, 30), LOCAL)
    told = f"统计于 {counted:%Y-%m-%d %H:%M}"
    with at(counted):
        assert told in client.get("/figures/").content.decode()
    last_month_report(city)
    published.cache.clear()
    with at(counted + dt.timedelta(hours=1)):
        page = client.get("/figures/").content.decode()
    assert told in page
    assert ">6<" in page


def test_the_first_page_sums_the_month_up(client: Client, city: City) -> None:
    assert "每月公布" in client.get("/").content.decode()
    for n in range(6):
        last_month_report(city, f"第{n}处路边垃圾成堆没人清理")
    published.cache.clear()
    assert "<strong>6</strong>" in client.get("/").content.decode()


# The shell -------------------------------------------------------------------------------------------------


def test_larger_type_is_remembered_without_scripts(client: Client, city: City) -> None:
    answer = client.post("/type-size/", {"size": "large", "next": "/help/"})
    assert answer["Location"] == "/help/"
    assert "portal-large" in client.get("/help/").content.decode()
    client.post("/type-size/", {"size": "ordinary", "next": "https://elsewhere.example/"})
    assert "portal-large" not in client.get("/").content.decode()


def test_type_size_leads_to_no_other_site(client: Client, city: City) -> None:
    answer = client.post("/type-size/", {"size": "large", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_the_notice_says_what_the_vault_does(client: Client, city: City) -> None:
    page = client.get("/notice/").content.decode()
    assert "365 天" in page
    assert "版本 2026-01" in page
