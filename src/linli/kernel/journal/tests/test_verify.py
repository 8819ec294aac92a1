"""Whatever is changed afterwards, in any column, is found."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import ROLES, Scope, role
from linli.kernel.journal import actions
from linli.kernel.journal import verify as verifying
from linli.kernel.journal.models import Entry, Remark, Root
from linli.kernel.journal.permissions import ERASE_REMARK
from linli.kernel.journal.tests.notes import AT, CLERK, Note, begun, moved
from linli.kernel.journal.verify import verify
from linli.lib.errors import Invalid, NotAllowed, NotFound
from linli.lib.time import at

pytestmark = pytest.mark.usefixtures("notes")


@pytest.fixture(autouse=True, params=[verifying.MANY, 0], ids=["together", "one by one"])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records are looked at together, and each in a part of its own: the same is found."""
    monkeypatch.setattr(verifying, "MANY", request.param)


def behind_the_trigger(sql: str, *values: Any) -> None:
    """What only somebody with the database's master key can do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        assert cursor.rowcount, "the attempt must hit something"
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def note() -> Note:
    """Three entries: one plain, one with internal words, one with a client id."""
    return moved(moved(begun(), "内部意见"), client_id=uuid4())


def test_an_untouched_journal_is_sound(note: Note) -> None:
    report = verify()
    assert (report.entries, report.chains, report.problems) == (3, 1, [])


def test_every_entry_is_in_one_part() -> None:
    for _ in range(3):
        moved(begun())
    report = verify()
    assert (report.entries, report.chains, report.problems) == (6, 3, [])


ENTRY_CHANGES = {
    "record_id": "record_id + 1",
    "seq": "seq + 5",
    "family": "'other'",
    "district": "'990102'",
    "area": "'990101001001002'",
    "at": "at + interval '1 microsecond'",
    "move": "'stay'",
    "state": "'shut'",
    "post": "6",
    "unit": "NULL",
    "client_id": "gen_random_uuid()",
    "facts": "facts || '{\"more\": 1}'",
    "remark": "'\\x00'::bytea",
    "hash": "'\\x00'::bytea",
}


def test_every_column_of_an_entry_is_watched() -> None:
    # tx is set by the database as it writes: it orders readers and is no part of what was recorded
    assert {field.name for field in Entry._meta.concrete_fields} == {*ENTRY_CHANGES, "tx"}


@pytest.mark.parametrize("seq", [1, 2, 3])
@pytest.mark.parametrize("column", ENTRY_CHANGES)
def test_a_changed_column_of_any_entry_is_found(note: Note, column: str, seq: int) -> None:
    behind_the_trigger(f"UPDATE journal_entry SET {column} = {ENTRY_CHANGES[column]} WHERE seq = %s", seq)
    assert verify().problems


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_missing_entry_is_found(note: Note, seq: int) -> None:
    behind_the_trigger("DELETE FROM journal_entry WHERE seq = %s", seq)
    assert verify().problems


def test_a_missing_chain_and_a_missing_record_are_found(note: Note) -> None:
    other = begun()
    behind_the_trigger("DELETE FROM journal_entry WHERE record_id = %s", note.pk)
    behind_the_trigger("DELETE FROM journal_note WHERE id = %s", other.pk)
    found = verify().problems
    assert any("留痕全部缺失" in problem for problem in found)
    assert any("记录缺失" in problem for problem in found)


@pytest.mark.parametrize(
    "change",
    [
        "version = 2",
        "chain = '\\x00'::bytea",
        "state = 'shut'",
        "area = '990101001001002'",
        "district = '990102'",
    ],
)
def test_a_head_that_says_something_else_is_found(note: Note, change: str) -> None:
    behind_the_trigger(f"UPDATE journal_note SET {change}")
    assert verify().problems


@pytest.mark.parametrize(
    "change",
    [
        "text = '别的话'",
        "public = true",
        "salt = '\\x00'::bytea",
        "seq = 1",
        "record_id = record_id + 1",
        "district = '990102'",
    ],
)
def test_a_changed_remark_is_found(note: Note, change: str) -> None:
    behind_the_trigger(f"UPDATE journal_remark SET {change}")
    assert verify().problems


def test_a_missing_and_an_invented_remark_are_found(note: Note) -> None:
    behind_the_trigger("DELETE FROM journal_remark")
    assert any("缺失" in problem for problem in verify().problems)
    Remark.objects.create(record_id=note.pk, seq=3, district="990101", text="没说过", salt=b"x")
    assert any("没有对应的留痕" in problem for problem in verify().problems)


@pytest.mark.parametrize("table", ["journal_entry", "journal_remark"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET seq = seq", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_what_was_recorded(note: Note, table: str, verb: str) -> None:
    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(verb.format(table))
    assert verify().sound


def test_no_partition_can_be_emptied_by_itself(note: Note) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'journal_entry'::regclass"
        )
        partitions = [name for (name,) in cursor.fetchall()]
    assert len(partitions) > 2
    for name in partitions:
        with (
            pytest.raises(DatabaseError, match="never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"TRUNCATE {name}")


# Erasing a remark ------------------------------------------------------------------------------------------


@pytest.fixture
def eraser(monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setitem(ROLES, "journal_eraser", None)
    role("journal_eraser", "删除人", {Scope.AREA: [ERASE_REMARK]})
    return Actor(post=1, account=1, unit=1, area="9901", role="journal_eraser")


def test_an_erased_remark_leaves_a_sound_chain_that_says_so(note: Note, eraser: Actor) -> None:
    actions.erase_remark(eraser, record_id=note.pk, seq=2, why="本人申请")
    remark = Remark.objects.get()
    assert (remark.text, bytes(remark.salt), remark.erased_why) == ("", b"", "本人申请")
    report = verify()
    assert (report.problems, report.erased) == ([], 1)
    with pytest.raises(NotFound):
        actions.erase_remark(eraser, record_id=note.pk, seq=2, why="再次")


def test_erasing_needs_the_right_and_a_reason(note: Note, eraser: Actor) -> None:
    with pytest.raises(NotAllowed):
        actions.erase_remark(CLERK, record_id=note.pk, seq=2, why="想删")
    with pytest.raises(Invalid):
        actions.erase_remark(eraser, record_id=note.pk, seq=2, why="  ")
    assert Remark.objects.get().text == "内部意见"


# Daily seals -----------------------------------------------------------------------------------------------

DAY = dt.date(2026, 3, 2)


def days_later(days: int) -> dt.datetime:
    return AT + dt.timedelta(days=days)


def test_a_day_is_sealed_when_it_has_ended_and_only_once(note: Note) -> None:
    with at(AT), pytest.raises(Invalid, match="尚未结束"):
        actions.seal(DAY)
    with at(days_later(1)):
        root = actions.seal(DAY)
        assert (root.entries, root.chains) == (3, 1)
        assert actions.seal(DAY).sealed_at == root.sealed_at
    assert verify().roots == 1
    assert verify().sound


def test_a_later_seal_stands_on_the_earlier(note: Note) -> None:
    with at(days_later(1)):
        first = actions.seal(DAY)
    moved(note, at=days_later(1))
    with at(days_later(2)):
        second = actions.seal(DAY + dt.timedelta(days=1))
    assert bytes(second.prev) == bytes(first.hash)
    assert verify().sound


def test_a_chain_rewritten_whole_is_found_by_its_seal(note: Note) -> None:
    with at(days_later(1)):
        actions.seal(DAY)
    behind_the_trigger("DELETE FROM journal_entry")
    behind_the_trigger("DELETE FROM journal_remark")
    behind_the_trigger("DELETE FROM journal_note")
    forged = begun()
    assert forged.version == 1
    assert verify().problems == ["2026-03-02 的日封存值与留痕不符"]


@pytest.mark.parametrize(
    "change", ["hash = '\\x00'", "prev = '\\x00'", "entries = 2", "chains = 2", "day = day - 1"]
)
def test_a_changed_seal_is_found(note: Note, change: str) -> None:
    with at(days_later(1)):
        actions.seal(DAY)
    behind_the_trigger(f"UPDATE journal_root SET {change}")
    assert verify().problems


def test_nights_that_were_missed_are_made_up(note: Note) -> None:
    with at(days_later(1)):
        assert [root.day for root in actions.seal_due()] == [DAY]
    with at(days_later(4)):
        assert [root.day for root in actions.seal_due()] == [DAY + dt.timedelta(days=n) for n in (1, 2, 3)]
        assert actions.seal_due() == []
    assert verify().sound


def test_no_seal_is_slipped_in_before_a_later_one(note: Note) -> None:
    with at(days_later(3)):
        actions.seal(DAY + dt.timedelta(days=1))
        with pytest.raises(Invalid, match="不能补封"):
            actions.seal(DAY)
    assert Root.objects.count() == 1
    assert verify().sound
