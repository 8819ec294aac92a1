"""Edits by people: a new version each time, and what is refused."""

from __future__ import annotations

import datetime as dt

import pytest

from linli.domains.matters import actions, queries
from linli.domains.matters.errors import ListFaulty, MatterUnknown
from linli.domains.matters.models import Revision
from linli.domains.matters.tests.conftest import CITY
from linli.kernel.access.actor import PUBLIC, SYSTEM
from linli.lib.errors import Invalid, NotAllowed
from linli.lib.time import today

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists")]

CODE = "WG-TF-01"


def revise(**values: object) -> object:
    return actions.revise(**{"actor": SYSTEM, "area": CITY, "code": CODE, "reason": "调整", **values})  # type: ignore[arg-type]


def test_an_edit_makes_a_version_and_keeps_the_old_one() -> None:
    before = queries.by_code(CODE)
    revise(name="路面塌陷、下沉", limits={"overall": "3 hours（本市文件）"})
    now = queries.by_code(CODE)
    assert (now.version, now.name) == (before.version + 1, "路面塌陷、下沉")
    assert str(queries.limits_of(now, "normal")["overall"].limit.source) == "本市文件"
    assert queries.by_id(before.pk).name == "路面塌陷"
    assert Revision.objects.latest("pk").changed == [CODE]


def test_an_edit_can_wait_for_its_day() -> None:
    tomorrow = today() + dt.timedelta(days=1)
    revise(name="明天起", valid_from=tomorrow)
    assert queries.by_code(CODE).name == "路面塌陷"
    assert queries.by_code(CODE, tomorrow).name == "明天起"


def test_a_matter_out_of_use_is_on_the_list_but_not_offered() -> None:
    revise(active=False)
    assert CODE not in {matter.code for matter in queries.offered_to_public()}
    assert not queries.by_code(CODE).active


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"actor": PUBLIC, "name": "甲"}, NotAllowed),
        ({"name": "甲", "reason": " "}, Invalid),
        ({"name": "甲", "valid_from": dt.date(2020, 1, 1)}, Invalid),
        ({}, Invalid),
        ({"name": ""}, ListFaulty),
        ({"action_detail": "协助招商引资"}, ListFaulty),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    values: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        revise(**values)
    assert queries.by_code(CODE).version == 1


def test_an_unknown_code_cannot_be_edited() -> None:
    with pytest.raises(MatterUnknown):
        revise(code="NO-SUCH", name="甲")


def test_limits_fall_back_to_the_calmer_urgency() -> None:
    found = queries.limits_of(queries.by_code("WG-GG-02"), "very_urgent")
    assert found["handle"].urgency == "urgent"
    assert (found["handle"].limit.amount, found["handle"].limit.measure) == (4, "hours")
    assert found["verify"].urgency == "normal"


def test_the_category_tree_counts_every_matter_once() -> None:
    matters = queries.current("grid")
    tree = queries.category_tree(matters)
    assert sum(node.count for node in tree) == len(matters)
    assert "安全隐患" in [node.name for node in tree]


def test_search_finds_by_name_category_and_keyword() -> None:
    assert [matter.code for matter in queries.search("生命通道")] == ["WG-AQ-01"]
    assert {matter.code for matter in queries.search("井盖 污水")} >= {"WG-BJ-02"}


def test_the_lists_are_read_from_memory(django_assert_num_queries: object) -> None:
    queries.current()
    with django_assert_num_queries(0):  # type: ignore[operator]
        queries.limits_of(queries.by_code(CODE), "urgent")
        queries.by_code(CODE).list.kind  # noqa: B018 - the look itself must cost no query
