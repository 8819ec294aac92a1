"""A move happens wholly, once, by whoever may, or is refused with the reason."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from linli.kernel.access.actor import PUBLIC, SYSTEM, Actor
from linli.kernel.flow.declaration import Flow
from linli.kernel.flow.perform import (
    offers,
    offers_many,
    open_record,
    perform,
    perform_many,
    plan_move,
    visible,
)
from linli.kernel.flow.tests.conftest import actor
from linli.kernel.flow.tests.pleas import AT, OTHER_STREET, Plea, PleaNotFound, opened
from linli.kernel.journal import queries as journal
from linli.kernel.journal.verify import verify
from linli.kernel.records.changes import Changes
from linli.lib.errors import Conflict, Invalid, NotAllowed, WrongState

HEARD = {"opinion": "知道了"}


def test_a_move_changes_state_columns_version_and_chain(flow: Flow[Plea], hearer: Actor) -> None:
    plea = opened(flow, hearer)
    moved = perform(hearer, flow=flow, move="hear", record_id=plea.pk, given={**HEARD, "times": 1}, version=1)
    found = Plea.objects.get(pk=plea.pk)
    assert (moved.state, moved.version, moved.heard) == ("heard", 2, 1)
    assert (found.state, found.version, found.heard) == ("heard", 2, 1)
    (_, _), (entry, remark) = journal.chain(plea.pk)
    assert (entry.move, entry.state, entry.facts, entry.unit) == ("hear", "heard", {"times": 1}, 7)
    assert remark is not None
    assert remark.text == "知道了"
    assert verify().problems == []


def test_refuses_a_state_where_the_move_does_not_start(flow: Flow[Plea], hearer: Actor) -> None:
    plea = opened(flow, hearer)
    with pytest.raises(WrongState, match="当前状态为「新」，不能进行「了结」") as refusal:
        perform(hearer, flow=flow, move="finish", record_id=plea.pk, given={"opinion": "好"})
    assert refusal.value.details == {"state": "new", "state_title": "新", "version": 1}


def test_refuses_an_old_version_with_the_present_state(flow: Flow[Plea], hearer: Actor) -> None:
    plea = opened(flow, hearer)
    with pytest.raises(Conflict) as refusal:
        perform(hearer, flow=flow, move="hear", record_id=plea.pk, given=HEARD, version=9)
    assert refusal.value.details["version"] == 1


def test_a_commuting_move_does_not_ask_for_the_version(flow: Flow[Plea], hearer: Actor) -> None:
    plea = opened(flow, hearer)
    assert (
        perform(hearer, flow=flow, move="say", record_id=plea.pk, given={"opinion": "好"}, version=9).version
        == 2
    )


def test_refuses_who_may_see_but_not_move(flow: Flow[Plea], hearer: Actor, viewer: Actor) -> None:
    plea = opened(flow, hearer)
    with pytest.raises(NotAllowed, match="听取"):
        perform(viewer, flow=flow, move="hear", record_id=plea.pk, given=HEARD)


@pytest.mark.parametrize("who", ["elsewhere", "no_part", "public"])
def test_what_may_not_be_seen_is_not_there(flow: Flow[Plea], hearer: Actor, part: Actor, who: str) -> None:
    plea = opened(flow, hearer)
    other = {"elsewhere": actor("plea_hearer", area=OTHER_STREET), "no_part": part, "public": PUBLIC}[who]
    for pk in (plea.pk, 1):
        with pytest.raises(PleaNotFound) as refusal:
            perform(other, flow=flow, move="say", record_id=pk, given={"opinion": "好"})
        assert refusal.value.details == {}
    assert offers(other, flow, plea) == []
    assert not visible(other, flow).exists()


def test_a_part_in_the_record_is_enough_where_the_role_says_so(
    flow: Flow[Plea], hearer: Actor, part: Actor
) -> None:
    plea = opened(flow, hearer, units=[8])
    assert perform(part, flow=flow, move="say", record_id=plea.pk, given={"opinion": "来了"}).version == 2
    assert [offer.move.name for offer in offers(part, flow, plea)] == ["say"]


def test_a_guard_says_why_not_and_the_offer_says_it_too(flow: Flow[Plea], hearer: Actor) -> None:
    plea = opened(flow, hearer)
    plea = perform(hearer, flow=flow, move="hear", record_id=plea.pk, given={**HEARD, "times": 2})
    with pytest.raises(WrongState, match="已听取过两次"):
        perform(hearer, flow=flow, move="finish", record_id=plea.pk, given={"opinion": "好"})
    assert {offer.move.name: offer.refused for offer in offers(hearer, flow, plea)} == {
        "finish": "已听取过两次",
        "say": None,
        "point": None,
    }


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({}, "opinion", "「听取意见」必须填写"),
        ({"opinion": " 嗯 "}, "opinion", "「听取意见」必须填写，且不少于 2 个字"),
        ({"opinion": "长" * 11}, "opinion", "「听取意见」不能超过 10 个字"),
        ({"opinion": "好的", "times": "多"}, "times", "「次数」应为整数"),
        ({"opinion": "好的", "colour": 1}, "colour", "没有「colour」这一项"),
        ({"opinion": 3}, "opinion", "「听取意见」应为文字"),
    ],
)
def test_wrong_input_is_named_by_field_in_chinese(
    flow: Flow[Plea], hearer: Actor, given: dict[str, Any], field: str, message: str
) -> None:
    plea = opened(flow, hearer)
    with pytest.raises(Invalid) as refusal:
        perform(hearer, flow=flow, move="hear", record_id=plea.pk, given=given)
    assert refusal.value.fields == {field: message}
    assert Plea.objects.get().version == 1


def test_a_nul_in_what_is_written_is_left_out(flow: Flow[Plea], hearer: Actor) -> None:
    plea = opened(flow, hearer)
    perform(hearer, flow=flow, move="say", record_id=plea.pk, given={"opinion": "前\x00后"})
    assert [r.text for _, r in journal.chain(plea.pk) if r] == ["前后"]


@pytest.mark.parametrize("move", ["hear", "say"])
def test_the_same_submission_again_moves_nothing(flow: Flow[Plea], hearer: Actor, move: str) -> None:
    plea, client_id = opened(flow, hearer), uuid4()
    for _ in range(3):
        moved = perform(hearer, flow=flow, move=move, record_id=plea.pk, given=HEARD, client_id=client_id)
        assert moved.version == 2
    assert len(journal.chain(plea.pk)) == 2


def test_an_unknown_move_is_refused_with_those_there_are(flow: Flow[Plea], hearer: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        perform(hearer, flow=flow, move="fly", record_id=1)
    assert refusal.value.fields == {"move": "没有「fly」这一流转"}
    assert refusal.value.details["moves"] == ["finish", "hear", "point", "say"]


def test_a_move_may_be_an_entry_of_another_record_too(flow: Flow[Plea], hearer: Actor) -> None:
    plea, other = opened(flow, hearer), opened(flow, hearer)
    perform(hearer, flow=flow, move="point", record_id=plea.pk, given={"at": other.pk})
    found = Plea.objects.get(pk=other.pk)
    assert (found.version, found.heard) == (2, 1)
    assert journal.chain(other.pk)[1][0].facts == {"by": plea.pk}
    assert verify().problems == []


def test_many_are_judged_one_by_one_and_moved_as_one(
    flow: Flow[Plea], hearer: Actor, django_assert_max_num_queries: Any
) -> None:
    pleas = [opened(flow, hearer) for _ in range(20)]
    far = opened(flow, hearer, area=OTHER_STREET)
    perform(hearer, flow=flow, move="hear", record_id=pleas[0].pk, given=HEARD)
    asked = [(plea.pk, 1) for plea in pleas] + [(far.pk, 1), (5, None)]
    with django_assert_max_num_queries(4):
        outcomes = perform_many(hearer, flow=flow, move="hear", records=asked, given=HEARD)
    refused = {outcome.record_id: type(outcome.refusal) for outcome in outcomes if outcome.refusal}
    assert refused == {pleas[0].pk: Conflict, far.pk: PleaNotFound, 5: PleaNotFound}
    assert Plea.objects.filter(state="heard").count() == 20
    assert verify().problems == []


def test_what_is_not_declared_for_many_is_made_one_by_one(flow: Flow[Plea], hearer: Actor) -> None:
    pleas = [opened(flow, hearer) for _ in range(3)]
    aims = [(plea.pk, None) for plea in pleas[:2]]
    with pytest.raises(WrongState, match="只能逐件办理"):
        perform_many(hearer, flow=flow, move="point", records=aims, given={"at": pleas[2].pk})


def test_a_move_is_one_read_and_one_write(
    flow: Flow[Plea], hearer: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plea, deed = opened(flow, hearer), uuid4()
    for times in (2, 1):
        with django_assert_num_queries(times):
            moved = perform(
                hearer, flow=flow, move="hear", record_id=plea.pk, given=HEARD, version=1, client_id=deed
            )
        assert moved.version == 2, "the second time is the first one's answer, and only read"


def test_offers_take_one_query(flow: Flow[Plea], hearer: Actor, django_assert_num_queries: Any) -> None:
    plea = opened(flow, hearer)
    with django_assert_num_queries(1):
        offers(hearer, flow, plea)


def test_the_platform_itself_may_do_everything_and_is_on_record(flow: Flow[Plea], hearer: Actor) -> None:
    plea = opened(flow, hearer)
    perform(SYSTEM, flow=flow, move="hear", record_id=plea.pk, given=HEARD)
    entry, _ = journal.chain(plea.pk)[1]
    assert (entry.post, entry.unit) == (None, None)


def test_past_work_is_planned_without_a_look_at_the_database(
    flow: Flow[Plea], hearer: Actor, django_assert_num_queries: Any
) -> None:
    plea, plan = Plea(state="new", opened_at=AT), Changes()
    plea.place("990101001001001")
    with django_assert_num_queries(0):
        open_record(hearer, flow=flow, record=plea, move="open", changes=plan, at=AT, facts={})
        plan_move(hearer, flow=flow, move="hear", record=plea, given=HEARD, at=AT, changes=plan)
    plan.write()
    found = Plea.objects.get(pk=plea.pk)
    assert (found.state, found.version) == ("heard", 2)
    assert verify().problems == []


def test_a_record_begins_only_where_records_begin(flow: Flow[Plea], hearer: Actor) -> None:
    plea = Plea(state="heard", opened_at=AT)
    plea.place("990101001001001")
    with pytest.raises(AssertionError, match="no state to begin in"):
        open_record(hearer, flow=flow, record=plea, move="open", changes=Changes(), at=AT, facts={})


def test_what_is_offered_on_many_is_what_is_offered_on_each(
    flow: Flow[Plea], hearer: Actor, part: Actor, viewer: Actor
) -> None:
    pleas = [opened(flow, hearer), opened(flow, hearer, units=[8]), opened(flow, hearer, area=OTHER_STREET)]
    for plea in pleas[:2]:
        perform(hearer, flow=flow, move="hear", record_id=plea.pk, given={**HEARD, "times": 2})
    pleas = list(Plea.objects.order_by("pk"))
    for who in (hearer, part, viewer, PUBLIC, SYSTEM):
        together = offers_many(who, flow, pleas)
        assert together == {plea.pk: offers(who, flow, plea) for plea in pleas}
    on_first = offers_many(hearer, flow, pleas, among={"finish", "hear"})[pleas[0].pk]
    assert [(offer.move.name, offer.refused) for offer in on_first] == [("finish", "已听取过两次")]


def test_asking_for_many_costs_one_query_whatever_their_number(
    flow: Flow[Plea], hearer: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 12):
        pleas = [opened(flow, hearer) for _ in range(count)]
        with django_assert_num_queries(1):
            offers_many(hearer, flow, pleas)
    with django_assert_num_queries(0):
        assert offers_many(PUBLIC, flow, pleas) == {plea.pk: [] for plea in pleas}
