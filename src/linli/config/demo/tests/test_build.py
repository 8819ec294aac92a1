from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.hashers import check_password

from linli.config import environment as env
from linli.config.demo import build as build_demo
from linli.config.demo import making
from linli.config.demo.making import ACCOUNTS, CityThere, subjects_of
from linli.config.demo.people import PlannedPost, show_where_work_waits
from linli.kernel.areas.locate import locate_many
from linli.kernel.areas.models import Area
from linli.kernel.units.models import Account, Post, Token, Unit
from linli.lib.errors import Invalid

UNTIL = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(env, "data_dir", lambda: tmp_path)
    # the year of cases has tests of its own; here it would only take time
    monkeypatch.setattr(making, "STEPS", [one for one in making.STEPS if "year" not in one[1].__name__])
    return tmp_path


def test_builds_a_whole_city_once_and_finds_it_again(data_dir: Path) -> None:
    told: list[float] = []
    city = build_demo(scale=0.25, until=UNTIL, progress=lambda title, share: told.append(share))
    assert city.is_new
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert Area.objects.filter(level="grid").count() == 100
    again = build_demo(scale=0.25, until=UNTIL)
    assert not again.is_new
    assert again.accounts == city.accounts


def test_a_city_that_is_there_is_used_only_for_a_file_that_holds_it(data_dir: Path) -> None:
    there = build_demo(scale=0.25, until=UNTIL)
    own, other = data_dir / "own.csv", data_dir / "other.csv"
    own.write_text(f"code,name\n{there.code}01,甲区\n330102,上城区\n")
    other.write_text("code,name\n330102,上城区\n330203,海曙区\n")
    for asked in (own, f"{own}#{there.code}"):
        found = build_demo(city=Path(asked))
        assert (found.code, found.is_new) == (there.code, False)
    for asked in (other, f"{own}#3301"):
        with pytest.raises(CityThere) as refusal:
            build_demo(city=Path(asked))
        assert there.name in refusal.value.message
        assert "3301" in refusal.value.message
        assert "--data" in refusal.value.message
    with pytest.raises(Invalid, match="找不到文件"):
        build_demo(city=data_dir / "none.csv")


def test_every_grid_is_found_from_a_point_inside_it(data_dir: Path) -> None:
    build_demo(scale=0.25, until=UNTIL)
    rows = list(Area.objects.filter(level="grid").values_list("code", "lng", "lat"))
    found = locate_many(np.array([row[1] for row in rows]), np.array([row[2] for row in rows]))
    assert [str(code) for code in found] == [row[0] for row in rows]


def test_every_matter_has_a_responsible_unit_in_every_community(data_dir: Path) -> None:
    city = build_demo(scale=0.25, until=UNTIL)
    subjects = subjects_of(city.code, UNTIL.date())
    assert len(subjects) >= 80
    carried = {(f, unit.area) for unit in Unit.objects.all() for f in unit.functions}
    districts = Area.objects.filter(level="district").values_list("code", flat=True)
    townships = Area.objects.filter(level="township").values_list("code", flat=True)
    for function in {one.function for one in subjects}:
        for township in townships:
            assert {(function, township[:width]) for width in (4, 6, 9)} & carried, function
    assert len(districts) == 3


def test_the_shown_grid_worker_stands_where_work_waits(data_dir: Path) -> None:
    city = build_demo(scale=0.25, until=UNTIL)
    (shown,) = (one for one in city.accounts if one["role"] == "grid_worker")
    grid = shown["area"].split()[0]
    posts = list(
        Post.objects.filter(role="grid_worker", area__startswith=grid[:12]).select_related("account")
    )
    planned = [
        PlannedPost(
            p.account.username, p.account.name, p.role, 0, p.area, "网格员", about="试" * (p.area == grid)
        )
        for p in posts
    ]
    busy = next(p for p in posts if p.area != grid)
    show_where_work_waits(planned, posts, {grid: 1, busy.area: 2})
    assert Post.objects.get(account__username="wangge").pk == busy.pk
    assert Post.objects.get(area=grid, role="grid_worker").account.username == f"wg{busy.area}"
    assert [one.area for one in planned if one.about] == [busy.area]


def test_the_shown_accounts_can_sign_in_and_call(data_dir: Path) -> None:
    city = build_demo(scale=0.25, until=UNTIL)
    assert {"wangge", "jiedao", "chengguan", "xiaofang", "duban", "quzhang", "shizhang", "admin"} <= {
        one["username"] for one in city.accounts
    }
    for one in city.accounts:
        account = Account.objects.get(username=one["username"])
        post = Post.objects.valid().get(account=account)
        assert post.role == one["role"]
        assert Token.objects.get(digest=Token.digest_of(one["token"])).post == post
    assert check_password(city.accounts[0]["password"], account.password)
    assert stat.S_IMODE((data_dir / ACCOUNTS).stat().st_mode) == 0o600


def test_every_grid_has_a_worker_of_its_committee(data_dir: Path) -> None:
    build_demo(scale=0.25, until=UNTIL)
    workers = Post.objects.filter(role="grid_worker").select_related("unit")
    assert {post.area for post in workers} == set(
        Area.objects.filter(level="grid").values_list("code", flat=True)
    )
    assert all(post.unit.area == post.area[:12] for post in workers)


def test_an_interrupted_build_leaves_nothing(data_dir: Path) -> None:
    def stop(title: str, share: float) -> None:
        if title == "建立账号和岗位":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_demo(scale=0.25, until=UNTIL, progress=stop)
    assert not Area.objects.exists()
    assert not Unit.objects.exists()
    assert build_demo(scale=0.25, until=UNTIL).is_new
