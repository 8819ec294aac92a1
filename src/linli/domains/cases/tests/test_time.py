"""Time and company: pauses, extensions, supervision, answers, merging, splitting, what is hidden."""

from __future__ import annotations

import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries
from tests.city import City

from linli.domains.cases import actions, queries
from linli.domains.cases.models import Case, Report, Request, Supervision
from linli.domains.cases.purposes import REPORTER
from linli.domains.cases.queries import Filter
from linli.domains.cases.tests.steps import (
    FIRE,
    URBAN,
    answered,
    closed,
    dispatched,
    filed,
    go,
    handled,
    new_report,
    told,
    verified,
)
from linli.domains.matters import queries as matters
from linli.kernel.access.actor import PUBLIC, holder_of
from linli.kernel.clocks import actions as clocks
from linli.kernel.clocks.firing import fire
from linli.kernel.clocks.models import Clock
from linli.kernel.clocks.timing import remaining, used
from linli.kernel.journal import queries as journal
from linli.kernel.journal.verify import verify
from linli.kernel.notices.models import Notice
from linli.kernel.vault import actions as vault
from linli.kernel.vault.errors import ReporterHidden
from linli.kernel.vault.models import Person
from linli.lib import numbers
from linli.lib.errors import Invalid, NotAllowed, WrongState
from linli.lib.time import LOCAL, at


def on(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=LOCAL)


MONDAY = on("2026-03-02 09:00")


def clock(case: Case, name: str) -> Clock:
    return Clock.objects.filter(record_id=case.pk, name=name).latest("id")


def test_a_suspended_case_uses_no_time(city: City) -> None:
    with at(MONDAY):
        case = go(city.actor("fire"), dispatched(city), "ask_suspension", reason="等待鉴定")
    with at(MONDAY + dt.timedelta(hours=2)):
        case = go(city.actor("dispatcher"), case, "approve")
    assert (case.state, case.stage_due_at) == ("suspended", None)
    spent = used(clock(case, "handle"), MONDAY + dt.timedelta(days=5))
    assert spent == used(clock(case, "handle"), MONDAY + dt.timedelta(hours=2))
    with at(MONDAY + dt.timedelta(days=7)):
        case = go(city.actor("dispatcher"), case, "resume")
        assert used(clock(case, "handle"), MONDAY + dt.timedelta(days=7)) == spent
    assert case.stage_due_at == clock(case, "handle").due_at
    assert ("case.resumed", city.unit(FIRE)) in told(case)
    assert verify().sound


def test_an_extension_adds_what_was_granted_and_nothing_else(city: City) -> None:
    with at(MONDAY):
        case = go(
            city.actor("fire"), dispatched(city), "ask_extension", amount=6, measure="hours", reason="缺配件"
        )
        with pytest.raises(WrongState, match="已有申请待审批"):
            go(city.actor("fire"), case, "ask_suspension", reason="再等等")
        before = remaining(clock(case, "handle"), MONDAY), remaining(clock(case, "overall"), MONDAY)
        case = go(city.actor("dispatcher"), case, "approve")
        after = remaining(clock(case, "handle"), MONDAY), remaining(clock(case, "overall"), MONDAY)
    granted = [clock(case, name).extended_seconds for name in ("handle", "overall")]
    assert [new - old for new, old in zip(after, before, strict=True)] == granted
    assert clock(case, "handle").extended_seconds > 0


@pytest.mark.parametrize(("matter", "measure"), [("WG-AQ-01", "hours"), ("WG-JM-05", "work_days")])
def test_more_time_is_counted_as_the_time_for_handling_unless_said_otherwise(
    city: City, matter: str, measure: str
) -> None:
    with at(MONDAY):
        case = dispatched(city, filed(matter=matter), lead=URBAN)
        held = clock(case, "handle").measure
        go(city.actor("urban"), case, "ask_extension", amount=2, reason="缺配件")
    assert Request.objects.get().measure == held == measure


def test_a_request_that_is_refused_or_overtaken_changes_no_time(city: City) -> None:
    with at(MONDAY):
        case = go(city.actor("fire"), dispatched(city), "ask_suspension", reason="等待鉴定")
        due = case.stage_due_at
        with pytest.raises(NotAllowed):
            go(city.actor("fire"), case, "approve")
        case = go(city.actor("dispatcher"), case, "refuse", opinion="可以办")
        assert case.stage_due_at == due
        case = go(city.actor("fire"), case, "ask_suspension", reason="等待鉴定")
        handled(city, case)
    assert list(Request.objects.order_by("id").values_list("state", flat=True)) == ["refused", "lapsed"]


def test_a_new_limit_keeps_what_was_paused(city: City) -> None:
    with at(MONDAY):
        case = go(city.actor("fire"), dispatched(city), "ask_suspension", reason="等待鉴定")
        case = go(city.actor("dispatcher"), case, "approve")
    later = MONDAY + dt.timedelta(days=3)
    with at(later):
        case = go(city.actor("dispatcher"), case, "resume")
        spent = used(clock(case, "overall"), later)
        case = go(city.actor("fire"), case, "hand_back", reason="不属职责")
        case = go(city.actor("dispatcher"), case, "dispatch", lead=city.unit(FIRE), urgency="very_urgent")
        again = clock(case, "overall")
    assert again.urgency == "very_urgent"
    assert used(again, later) == spent


@pytest.mark.parametrize(
    ("first", "then", "spent"),
    [
        ("WG-JM-05", "WG-AQ-01", 5 * 3600),
        ("WG-AQ-01", "WG-JM-05", 24 * 3600 * 3 // 7),  # days count from the day after: 3 of 7 working hours
    ],
)
def test_a_new_limit_in_another_kind_of_time_keeps_pauses_out_and_no_extension(
    city: City, first: str, then: str, spent: int
) -> None:
    with at(MONDAY):
        case = dispatched(city, filed(matter=first), lead=URBAN)
        case = go(city.actor("urban"), case, "ask_extension", amount=2, reason="缺配件")
        case = go(city.actor("dispatcher"), case, "approve")
        assert clock(case, "overall").extended_seconds > 0
    with at(MONDAY + dt.timedelta(hours=2)):
        case = go(city.actor("urban"), case, "ask_suspension", reason="等待鉴定")
        case = go(city.actor("dispatcher"), case, "approve")
    with at(MONDAY + dt.timedelta(days=3)):
        case = go(city.actor("dispatcher"), case, "resume")
    later = MONDAY + dt.timedelta(days=3, hours=3)
    with at(later):
        case = go(city.actor("urban"), case, "hand_back", reason="不属职责")
        case = go(city.actor("dispatcher"), case, "classify", matter=then)
        again = clock(case, "overall")
        assert (again.extended_seconds, again.measure.is_working) == (0, then == "WG-JM-05")
        assert used(again, later) == spent
    assert verify().sound


@pytest.mark.parametrize(("days", "is_taken_up"), [(14, True), (15, False)])
def test_unsolved_after_closing_takes_it_up_again_within_the_window(
    city: City, days: int, is_taken_up: bool
) -> None:
    with at(MONDAY):
        case = closed(city)
    with at(MONDAY + dt.timedelta(days=days)):
        if is_taken_up:
            case = answered(case, solved=False)
            assert (case.state, case.reopened) == ("accepted", 1)
        else:
            with pytest.raises(WrongState, match="已超过 15 天"):
                answered(case, solved=False)


def test_unsolved_before_closing_sends_it_back_to_the_lead(city: City) -> None:
    case = answered(verified(city), solved=False)
    assert (case.state, case.lead_id, case.answer) == ("handling", city.unit(FIRE), "unsolved")


def test_soon_and_overdue_are_told_exactly_once(city: City) -> None:
    with at(MONDAY):
        case = filed()
    due = clock(case, "accept").due_at
    for minutes in (-5, -4, 1, 2):
        with at(due + dt.timedelta(minutes=minutes)):
            fire()
            fire()
    accept = Notice.objects.filter(record_id=case.pk, title__startswith="受理")
    assert sorted(accept.values_list("kind", flat=True)) == ["case.overdue", "case.soon"]


def test_an_answer_that_does_not_come_closes_the_case(city: City) -> None:
    with at(MONDAY):
        case = verified(city)
    with at(clock(case, "answer").due_at + dt.timedelta(minutes=1)):
        fire()
    case.refresh_from_db()
    assert (case.state, case.result, case.answer) == ("closed", "solved", None)
    assert verify().sound


def test_a_supervised_unit_replies_in_its_own_time(city: City) -> None:
    with at(MONDAY):
        case = dispatched(city)
        case = go(
            city.actor("supervisor"),
            case,
            "supervise",
            unit=city.unit(FIRE),
            opinion="请抓紧",
            reply_within=4,
        )
    assert Supervision.objects.get().reply_due_at == MONDAY + dt.timedelta(hours=5.5), (
        "four working hours and the midday break"
    )
    assert case.supervised
    assert ("case.supervision", city.unit(FIRE)) in told(case)
    with pytest.raises(WrongState, match="没有需要本单位答复的督办"):
        go(city.actor("dispatcher"), case, "reply", opinion="代答")
    with at(MONDAY + dt.timedelta(hours=1)):
        case = go(city.actor("fire"), case, "reply", opinion="今日完成")
    assert not case.supervised
    assert clock(case, "supervision").outcome == "met"


def test_merging_carries_the_reports_over_and_unmerging_brings_them_back(city: City) -> None:
    one, two = filed(), filed()
    one = go(city.actor("dispatcher"), one, "merge", into=two.number)
    two.refresh_from_db()
    assert (one.state, one.result, two.reports_count) == ("closed", "duplicate", 2)
    assert Report.objects.filter(case=two).count() == 2
    with pytest.raises(WrongState, match="已并案"):
        go(city.actor("dispatcher"), one, "reopen", reason="又来了")
    one = go(city.actor("dispatcher"), one, "unmerge", reason="不是一回事")
    two.refresh_from_db()
    assert (one.state, one.result, one.merged_into_id, two.reports_count) == ("reported", None, None, 1)
    assert Report.objects.get(case=one).first_case == one.pk
    assert verify().sound


def test_several_problems_become_cases_of_their_own(city: City) -> None:
    case = filed()
    parts = [{"text": "楼道里还有垃圾", "matter": "WG-SR-01"}, {"text": "路灯也不亮了"}]
    go(city.actor("dispatcher"), case, "split", parts=parts, reason="几件不同的事")
    made = list(Case.objects.filter(split_from=case.pk).order_by("pk"))
    assert [one.state for one in made] == ["reported", "reported"]
    assert len({one.number for one in (case, *made)}) == 3
    assert all(numbers.checks(one.number) for one in made)


def test_numbers_in_the_text_are_covered_and_kept_in_the_vault(city: City) -> None:
    case = filed(text="消防通道被堵，车主电话13812345678，证件110101199003071234")
    report = Report.objects.get(case=case)
    assert "13812345678" not in report.text + case.title
    assert "110101199003071234" not in report.text + case.title
    assert "138****5678" in report.text
    assert report.contact is not None
    assert Person.objects.filter(pk=report.contact).exists()


def test_numbers_in_the_address_are_covered_and_kept_as_well(city: City) -> None:
    given = new_report(address="柳湾花园北门，找我 13812345678", text="消防通道堵了，打 13812345678 问")
    filed_ = actions.report(PUBLIC, given=given, channel="portal")
    joined = actions.join(PUBLIC, number=filed_.case.number, given=given, channel="portal").report
    for address in (filed_.case.address, filed_.report.address, joined.address):
        assert address == "柳湾花园北门，找我 138****5678"
    reading = {"purpose": REPORTER, "fields": ["circumstances"], "reason": "核实"}
    for report in (filed_.report, joined):
        assert report.contact is not None
        told = vault.read(city.actor("dispatcher"), person=report.contact, **reading)
        assert told == {"circumstances": "上报内容中的号码：13812345678"}
    assert not Filter.read({"q": "13812345678"}).apply(Case.objects.all()).exists()


def test_numbers_in_an_answer_are_covered(city: City) -> None:
    case = verified(city)
    go(holder_of(case.pk, "reporter"), case, "answer", solved=False, reason="又堵了，打 13812345678")
    _, remark = journal.chain(case.pk)[-1]
    assert remark is not None
    assert remark.text == "又堵了，打 138****5678"


def test_the_unit_complained_about_does_not_learn_who_complained(city: City) -> None:
    given = new_report(about=city.unit(FIRE), contact={"name": "王先生", "phone": "13812345678"})
    case = actions.report(PUBLIC, given=given, channel="portal").case
    dispatched(city, case, assist=(URBAN,))
    contact = Report.objects.get(case=case).contact
    assert contact is not None
    with pytest.raises(ReporterHidden):
        vault.read(city.actor("fire"), person=contact, purpose=REPORTER, fields=["phone"], reason="联系")
    told = vault.read(city.actor("urban"), person=contact, purpose=REPORTER, fields=["phone"], reason="联系")
    assert told == {"phone": "13812345678"}


def test_who_joins_is_hidden_from_the_unit_complained_about_too(city: City) -> None:
    case = dispatched(city, assist=(URBAN,))
    given = new_report(about=city.unit(FIRE), contact={"name": "王先生", "phone": "13812345678"})
    report = actions.join(PUBLIC, number=case.number, given=given, channel="portal").report
    assert report.about_id == city.unit(FIRE)
    assert report.contact is not None
    reading = {"person": report.contact, "purpose": REPORTER, "fields": ["phone"], "reason": "联系"}
    with pytest.raises(ReporterHidden):
        vault.read(city.actor("fire"), **reading)
    assert vault.read(city.actor("urban"), **reading) == {"phone": "13812345678"}
    with pytest.raises(Invalid) as refusal:
        actions.join(PUBLIC, number=case.number, given=new_report(about=0), channel="portal")
    assert list(refusal.value.fields) == ["about"]


def test_a_sensitive_case_is_not_offered_as_a_duplicate(city: City) -> None:
    case = filed()
    assert [one.case.pk for one in queries.nearby(case.lng, case.lat, matter=case.matter)] == [case.pk]
    Case.objects.update(sensitive=True)
    assert queries.nearby(case.lng, case.lat, matter=case.matter) == []
    assert queries.nearby(case.lng, case.lat, matter=case.matter, actor=city.actor("dispatcher"))
    assert not queries.nearby(case.lng, case.lat, matter=case.matter, actor=city.actor("far_dispatcher"))


FIRE_LANE = "小区北门消防通道被三辆私家车堵死，救护车进不来"


@pytest.mark.parametrize("actor", [None, "dispatcher"])
def test_a_text_without_a_matter_is_offered_only_cases_of_the_matter_it_speaks_of(
    city: City, actor: str | None
) -> None:
    same, lamp = filed(), filed(text="路灯不亮")
    filed(text="物业服务纠纷", lng=lamp.lng + 0.0009)
    seen_by = city.actor(actor) if actor else None
    found = queries.nearby(lamp.lng, lamp.lat, text=FIRE_LANE, actor=seen_by)
    assert [one.case.pk for one in found] == [same.pk]


def test_a_suggested_matter_brings_its_own_metres_and_hours(city: City) -> None:
    case = filed()
    assert case.matter is not None
    beyond = case.lat + (case.matter.duplicate_metres + 5) / 111_000
    assert queries.nearby(case.lng, case.lat, text=FIRE_LANE)
    assert queries.nearby(case.lng, beyond, text=FIRE_LANE) == []
    with at(case.opened_at + dt.timedelta(hours=case.matter.duplicate_hours + 1)):
        assert queries.nearby(case.lng, case.lat, text=FIRE_LANE) == []


def test_a_text_that_speaks_of_no_matter_is_offered_nothing(city: City) -> None:
    case = filed()
    assert queries.nearby(case.lng, case.lat, text="你好，请尽快处理") == []


def test_an_open_case_without_a_matter_is_known_by_its_words(city: City) -> None:
    same, other = filed(), filed(text="路灯不亮")
    Case.objects.update(matter=None)
    found = queries.nearby(same.lng, same.lat, text=FIRE_LANE)
    assert [one.case.pk for one in found] == [same.pk]
    assert [one.case.pk for one in queries.nearby(other.lng, other.lat, text="路灯坏了")] == [other.pk]


def test_the_same_problem_is_looked_for_in_one_query(
    city: City, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    case = filed()
    filed(text="路灯不亮")
    queries.nearby(case.lng, case.lat, text=FIRE_LANE)
    with django_assert_num_queries(1):
        queries.nearby(case.lng, case.lat, text=FIRE_LANE)


def test_due_times_of_a_case_follow_a_revision_of_the_calendar(city: City) -> None:
    in_working_time = next(
        matter
        for matter in matters.lists().by_id.values()
        if matter.active and "handle" in (limits := matters.limits_of(matter, "normal"))
        and limits["handle"].limit.measure.is_working
        and limits["handle"].limit.amount > 2
    )  # fmt: skip
    lead = {"lead": city.unit(FIRE), "matter": in_working_time.code, "urgency": "normal"}
    case = go(city.actor("dispatcher"), filed(), "dispatch", **lead)
    before = case.stage_due_at
    assert before is not None
    off = before.astimezone(LOCAL).date()
    clocks.set_day(
        city.actor("system_admin"), date=off, is_off=True, name="停工日", source="试", reason="暴雨停工"
    )
    case = Case.objects.get(pk=case.pk)
    assert case.stage_due_at is not None
    assert case.stage_due_at > before
    assert case.stage_due_at == Clock.objects.get(record_id=case.pk, name="handle", stopped_at=None).due_at
    entry, remark = journal.chain(case.pk)[-1]
    assert entry.move == "follow_calendar"
    assert remark is not None
    assert "暴雨停工" in remark.text
    assert verify().sound
