"""The one row filter: what is granted, where, and nothing else."""

from __future__ import annotations

import pytest
from django.db.models import Q

from linli.kernel.access.actor import PUBLIC, SYSTEM, Actor, holder_of
from linli.kernel.access.roles import ABILITIES, ROLES, Ability, Scope, ability, role
from linli.kernel.access.rows import NOTHING, filter_of, within
from linli.lib.errors import NotAllowed


@pytest.fixture(autouse=True)
def roles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ABILITIES, "test.see", Ability("test.see", "看", "看"))
    for scope in Scope:
        monkeypatch.setitem(ROLES, f"test_{scope.value}", None)
        role(f"test_{scope.value}", "试", {scope: ["test.see"]})


def actor(role_code: str, *, area: str = "990101001", unit: int | None = 7) -> Actor:
    return Actor(post=1, account=1, unit=unit, area=area, role=role_code)


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        ("9901", Q(district__startswith="9901")),
        ("990101", Q(district="990101")),
        ("990101001", Q(township="990101001")),
        ("990101001001", Q(area__startswith="990101001001")),
        ("990101001001001", Q(area__startswith="990101001001001")),
        ("", Q()),
    ],
)
def test_an_area_is_its_subtree(area: str, expected: Q) -> None:
    assert within(area) == expected


def test_the_path_to_the_record_may_be_named() -> None:
    assert within("990101", "case__") == Q(case__district="990101")
    assert filter_of(actor("test_unit"), "test.see", "case__") == NOTHING | Q(case__units__contains=[7])


@pytest.mark.parametrize(
    "nobody",
    [
        PUBLIC,
        actor("unknown_role"),
        actor("test_area", area=""),
        actor("test_unit", unit=None),
        actor("test_held", unit=None),
        actor("test_held", area=""),
        actor("test_own"),
    ],
)
def test_where_nothing_is_granted_nothing_matches(nobody: Actor) -> None:
    assert filter_of(nobody, "test.see") == NOTHING


def test_an_ability_that_the_role_does_not_hold_matches_nothing() -> None:
    assert filter_of(actor("test_area"), "test.do") == NOTHING
    with pytest.raises(NotAllowed):
        actor("test_area").require("test.do")


def test_each_scope_matches_what_it_says() -> None:
    assert filter_of(actor("test_area"), "test.see") == NOTHING | Q(township="990101001")
    assert filter_of(actor("test_unit"), "test.see") == NOTHING | Q(units__contains=[7])
    assert filter_of(actor("test_held"), "test.see") == NOTHING | Q(holder_id=7) & Q(township="990101001")
    assert filter_of(holder_of(5, "test_own"), "test.see") == NOTHING | Q(pk__in=[5])


def test_the_platform_itself_sees_everything() -> None:
    assert filter_of(SYSTEM, "test.see") == Q()


def test_an_ability_means_one_thing() -> None:
    assert ability("test.see", "看", "看") == "test.see"
    with pytest.raises(ValueError, match="declared twice"):
        ability("test.see", "看", "别的")


def test_a_role_grants_only_abilities_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown ability test\.fly"):
        role("test_flyer", "飞", {Scope.AREA: ["test.fly"]})
    assert "test_flyer" not in ROLES
