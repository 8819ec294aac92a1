from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from linli.kernel.notices import actions, jobs, queries
from linli.kernel.notices.errors import CursorInvalid
from linli.kernel.notices.models import Notice
from linli.lib.time import LOCAL, at, now


def titles(page: queries.Page) -> list[str]:
    return [line.notice.title for line in page.lines]


def test_a_post_sees_its_own_and_its_units_notices_newest_first(noon, tell, clerk):
    for minute, to in enumerate(
        ({"units": [7]}, {"units": (), "posts": [11]}, {"units": [8], "posts": [12]})
    ):
        with at(noon + dt.timedelta(minutes=minute)):
            tell(record=minute, title=f"第{minute}条", **to)
    page = queries.inbox(clerk)
    assert titles(page) == ["第1条", "第0条"]
    assert page.after == ""


def test_unread_notices_of_one_kind_and_record_are_one_line(noon, tell, clerk):
    for minute in range(5):
        with at(noon + dt.timedelta(minutes=minute)):
            tell(kind="late", title=f"第{minute}次")
    with at(noon + dt.timedelta(hours=1)):
        tell(kind="late", record=2)
        [other, first] = queries.inbox(clerk).lines
        assert (first.notice.title, first.folded, other.folded) == ("第4次", 4, 0)
        assert queries.unread_badge(clerk) == "2"
        assert actions.mark_read(clerk, notices=[first.notice.pk]) == 5
        assert queries.unread_badge(clerk) == "1"
        assert [line.folded for line in queries.inbox(clerk).lines] == [0] * 6
        tell(kind="late", title="又一次")
        assert queries.unread_badge(clerk) == "2"


def test_pages_follow_each_other_without_gap_or_repetition(noon, tell, clerk):
    for record in range(25):
        tell(record=record, units=[7] if record % 3 else (), posts=() if record % 3 else [11])
    seen: list[int] = []
    after = ""
    while True:
        page = queries.inbox(clerk, after=after, size=7)
        seen += [line.notice.record_id for line in page.lines]
        after = page.after
        if not after:
            break
    assert sorted(seen) == list(range(25))


@pytest.mark.parametrize("cursor", ["x", "1_2_3", "2026-06-01_1", "2026-06-01T00:00:00_1", "_"])
def test_a_made_up_cursor_is_refused(db, clerk, cursor):
    with pytest.raises(CursorInvalid):
        queries.inbox(clerk, after=cursor)


def test_the_count_stops_at_ninety_nine(noon, tell, clerk):
    for record in range(120):
        tell(record=record)
    assert queries.unread_badge(clerk) == "99+"


def test_at_night_the_inbox_shows_what_the_count_holds_back(tell, clerk):
    with at(dt.datetime(2026, 6, 1, 20, tzinfo=LOCAL)):
        tell(title="傍晚")
    with at(dt.datetime(2026, 6, 1, 23, tzinfo=LOCAL)):
        tell(title="夜里")
        tell(title="夜里另一件", record=2)
        assert titles(queries.inbox(clerk)) == ["夜里另一件", "夜里"]
        assert queries.unread_count(clerk) == 1
    with at(dt.datetime(2026, 6, 2, 8, tzinfo=LOCAL)):
        assert queries.unread_count(clerk) == 2


def test_one_can_mark_only_what_is_addressed_to_one(noon, tell, clerk):
    tell(units=[8])
    notice = Notice.objects.get()
    assert actions.mark_read(clerk, notices=[notice.pk]) == 0
    assert actions.mark_read(dataclasses.replace(clerk, unit=8), notices=[notice.pk]) == 1


def test_marking_all_leaves_what_came_after_the_list_was_shown(noon, tell, clerk):
    tell()
    with at(noon + dt.timedelta(minutes=5)):
        tell(record=2)
        assert actions.mark_all_read(clerk, until=noon) == 1
        assert queries.unread_count(clerk) == 1


def test_old_notices_are_removed_at_night(noon, tell):
    tell()
    with at(now() + dt.timedelta(days=183)):
        jobs.night(0)
        assert Notice.objects.count() == 1
    with at(now() + dt.timedelta(days=185)):
        jobs.night(0)
        assert not Notice.objects.exists()
