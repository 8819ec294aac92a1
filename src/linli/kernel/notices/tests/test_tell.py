from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.access.actor import PUBLIC, Actor
from linli.kernel.access.roles import ROLES, Scope, role
from linli.kernel.notices import actions, kinds, queries, quiet
from linli.kernel.notices.errors import QuietHoursInvalid
from linli.kernel.notices.models import Notice, QuietHours
from linli.kernel.notices.permissions import CONFIGURE
from linli.kernel.records.changes import Changes
from linli.kernel.units.models import Account, Post, Unit
from linli.lib.errors import NotAllowed
from linli.lib.time import LOCAL, at


def local(hour: int, minute: int = 0, day: int = 1) -> dt.datetime:
    return dt.datetime(2026, 6, day, hour, minute, tzinfo=LOCAL)


def test_a_notice_exists_only_once_its_deed_is_done(
    db, noon, django_assert_num_queries, django_assert_max_num_queries
):
    changes = Changes()
    quiet.quiet_hours()
    with django_assert_max_num_queries(1):  # at most the look whether the quiet hours have changed
        actions.tell(
            changes, kind="new", title="新", record=("plea", 1), district="510107", units=[7, 7, 8], posts=[3]
        )
    assert not Notice.objects.exists()
    with django_assert_num_queries(1):
        changes.write()
    assert sorted(Notice.objects.values_list("to_unit", "to_post"), key=str) == [
        (7, None),
        (8, None),
        (None, 3),
    ]


def test_an_undeclared_kind_is_a_mistake(db):
    with pytest.raises(KeyError):
        actions.tell(Changes(), kind="gossip", title="", record=("plea", 1), district="510107")


def test_a_kind_is_declared_once(monkeypatch):
    monkeypatch.setattr(kinds, "KINDS", {})
    assert kinds.kind("new", "新事项") == kinds.kind("new", "新事项")
    with pytest.raises(ValueError, match="twice"):
        kinds.kind("new", "别的")


def test_a_notice_has_exactly_one_recipient(db):
    for to in ({}, {"to_unit": 1, "to_post": 2}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Notice.objects.create(record_id=1, **to)


@pytest.mark.parametrize(
    ("told", "due"),
    [
        (local(12), local(12)),
        (local(20, 59), local(20, 59)),
        (local(21), local(8, day=2)),
        (local(23, 30), local(8, day=2)),
        (local(3), local(8)),
        (local(7, 59), local(8)),
        (local(8), local(8)),
    ],
)
def test_quiet_hours_put_the_nudge_off_to_the_morning(tell, told, due):
    with at(told):
        tell()
    assert Notice.objects.get().deliver_after == due


def test_an_emergency_passes_at_any_hour(tell):
    with at(local(2)):
        tell(kind="alarm")
    assert Notice.objects.get().deliver_after == local(2)


@given(st.times(), st.times(), st.integers(0, 3 * 366 * 24 * 60))
def test_after_quiet_hours_is_never_earlier_never_quiet_and_less_than_a_day_away(starts, ends, minutes):
    hours = quiet.Quiet(starts.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0), "试")
    instant = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
    due = hours.after(instant)
    assert instant <= due < instant + dt.timedelta(days=1)
    assert hours.after(due) == due


@pytest.fixture
def administrator(monkeypatch):
    monkeypatch.setitem(ROLES, "notices_test_admin", None)
    role("notices_test_admin", "系统管理员", {Scope.AREA: [CONFIGURE]})
    return Actor(post=1, account=1, unit=1, area="5101", role="notices_test_admin")


def test_a_city_sets_its_own_quiet_hours_with_their_source(
    tell, administrator, django_capture_on_commit_callbacks
):
    assert quiet.quiet_hours() == quiet.DEFAULT
    with django_capture_on_commit_callbacks(execute=True):
        actions.set_quiet_hours(
            administrator, starts=dt.time(12), ends=dt.time(14), source="某市〔2026〕1号文件"
        )
    with at(local(13)):
        tell()
    with at(local(23)):
        tell(record=2)
    assert list(Notice.objects.order_by("at").values_list("deliver_after", flat=True)) == [
        local(14),
        local(23),
    ]
    assert quiet.quiet_hours().source == "某市〔2026〕1号文件"


def test_quiet_hours_need_the_ability_and_a_source(db, administrator, clerk):
    with pytest.raises(NotAllowed):
        actions.set_quiet_hours(clerk, starts=dt.time(1), ends=dt.time(2), source="文件")
    with pytest.raises(QuietHoursInvalid, match="依据"):
        actions.set_quiet_hours(administrator, starts=dt.time(1), ends=dt.time(2), source=" ")
    assert not QuietHours.objects.exists()


def test_an_alert_reaches_every_post_of_a_queryset_with_ids_of_its_own(db, noon):
    unit = Unit.objects.create(name="街道办", kind="government", area="510107001")
    accounts = Account.objects.bulk_create(Account(username=f"u{n}") for n in range(250))
    Post.objects.bulk_create(
        Post(account=a, unit=unit, role="grid", area=f"510107001{n % 2:03}") for n, a in enumerate(accounts)
    )
    posts = Post.objects.valid().filter(area__startswith="510107001001")
    told = actions.fan_out(posts, kind="alarm", title="暴雨红色预警", record=("alert", 5), district="510107")
    assert told == 125
    assert Notice.objects.values("pk").distinct().count() == 125
    assert set(Notice.objects.values_list("to_post", flat=True)) == set(posts.values_list("pk", flat=True))
    reached = Actor(post=posts[0].pk, account=1, unit=unit.pk, area="510107001001", role="grid")
    assert queries.inbox(reached).lines[0].notice.title == "暴雨红色预警"
    assert Notice().pk not in set(Notice.objects.values_list("pk", flat=True))


def test_an_alert_to_nobody_tells_nobody(db):
    told = actions.fan_out(Post.objects.filter(pk=-1), kind="alarm", title="x", record=("a", 1), district="")
    assert told == 0


def test_no_table_tells_when_a_person_was_at_work():
    times = {f.name for f in Notice._meta.concrete_fields if f.get_internal_type() == "DateTimeField"}
    assert times == {"at", "deliver_after"}


def test_the_public_has_no_inbox(tell):
    tell()
    assert queries.inbox(PUBLIC).lines == []
    assert queries.unread_badge(PUBLIC) == ""
    assert actions.mark_read(PUBLIC, notices=list(Notice.objects.values_list("pk", flat=True))) == 0
