from __future__ import annotations

from collections.abc import Iterator

import pytest

from linli.web import navigation
from linli.web.navigation import Item


class Clerk:
    def can(self, ability: str) -> bool:
        return ability == "cases.see"


@pytest.fixture(autouse=True)
def _own_register(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(navigation, "_items", {})
    return


def test_shows_what_the_actor_may_open_in_order() -> None:
    navigation.register("desk", Item("组件", "web:ui", "tag", order=20))
    navigation.register("desk", Item("登录", "web:login", "login", "cases.see", order=10))
    navigation.register("desk", Item("退出", "web:logout", "logout", "accounts.manage"))
    assert [item.title for item in navigation.items("desk", Clerk())] == ["登录", "组件"]
    assert [item.title for item in navigation.items("desk", None)] == ["组件"]


def test_marks_the_nearest_place_as_current() -> None:
    navigation.register("desk", Item("登录", "web:login", "login"))
    navigation.register("desk", Item("组件", "web:ui", "tag"))
    found = navigation.places("desk", None, "/ui/more")
    assert {place.item.title: place.is_current for place in found} == {"登录": False, "组件": True}


def test_leaves_out_places_that_do_not_exist() -> None:
    navigation.register("desk", Item("无", "nowhere:list", "tag"))
    assert navigation.places("desk", None, "/") == []


def test_one_address_stands_once() -> None:
    item = navigation.register("desk", Item("组件", "web:ui", "tag"))
    assert navigation.register("desk", item) is item
    with pytest.raises(ValueError, match="web:ui"):
        navigation.register("desk", Item("别的", "web:ui", "tag"))


def test_the_root_of_the_site_is_current_on_its_own_page_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Item, "url", "/")
    navigation.register("portal", Item("首页", "web:ui", "home"))
    assert [place.is_current for place in navigation.places("portal", None, "/")] == [True]
    assert [place.is_current for place in navigation.places("portal", None, "/notice/")] == [False]
