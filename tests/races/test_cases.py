"""Several people at the same moment, on real connections: one wins, nothing is half-done, nothing is lost."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from PIL import Image

from linli.domains.cases import actions, offline
from linli.domains.cases.models import Case, Report, Task
from linli.domains.cases.offline import Act
from linli.domains.cases.tests.steps import (
    FIRE,
    URBAN,
    answered,
    dispatched,
    filed,
    go,
    handled,
    new_report,
    verified,
)
from linli.kernel.access.actor import PUBLIC, Actor
from linli.kernel.files import actions as files
from linli.kernel.files.errors import FileAttached
from linli.kernel.files.models import Attachment
from linli.kernel.files.queries import claim_of
from linli.kernel.journal import queries as journal
from linli.kernel.journal.models import Entry
from linli.kernel.journal.verify import verify
from linli.kernel.records.changes import ATTEMPTS, Changes
from linli.lib.errors import Conflict, Refusal, WrongState
from linli.lib.time import now
from tests.city import City, centre_of

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4
Deed = Callable[[], Any]


def at_once(deeds: Sequence[Deed]) -> list[Any]:
    """Do all at the same moment, each on a connection of its own; what each returned or was refused with."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Deed) -> Any:
        connection.ensure_connection()
        gate.wait(30)
        try:
            return deed()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(run, deeds))


def one_wins(first: Deed, second: Deed, case: Case) -> Case:
    """Exactly one of two deeds happens; the other is told how the case stands now."""
    outcomes = at_once([first, second])
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert len(refusals) == 1, outcomes
    stands = Case.objects.get(pk=case.pk)
    assert isinstance(refusals[0], WrongState)
    assert (refusals[0].details["state"], refusals[0].details["version"]) == (stands.state, stands.version)
    assert verify().problems == []
    return stands


def move(actor: Actor, case: Case, name: str, **given: Any) -> Deed:
    return lambda: actions.move(actor, case_id=case.pk, move=name, given=given, version=case.version)


def test_of_two_dispatches_one_is_made(city: City) -> None:
    for _ in range(ROUNDS):
        case, dispatcher = filed(), city.actor("dispatcher")
        stands = one_wins(
            move(dispatcher, case, "dispatch", lead=city.unit(FIRE)),
            move(dispatcher, case, "dispatch", lead=city.unit(URBAN)),
            case,
        )
        (task,) = Task.objects.filter(case=case)
        assert (task.kind, task.unit_id) == ("lead", stands.lead_id)


def test_a_unit_handles_or_hands_back_not_both(city: City) -> None:
    for _ in range(ROUNDS):
        case, fire = dispatched(city), city.actor("fire")
        stands = one_wins(
            move(fire, case, "handle", opinion="完成了"),
            move(fire, case, "hand_back", reason="不属职责"),
            case,
        )
        assert stands.state in ("handled", "accepted")


def test_it_is_verified_or_sent_back_not_both(city: City) -> None:
    for _ in range(ROUNDS):
        case = handled(city)
        one_wins(
            move(city.actor("worker"), case, "verify"),
            move(city.actor("committee"), case, "send_back", reason="没有办好"),
            case,
        )
        assert Task.objects.filter(case=case, kind="lead", state="open").count() <= 1


def test_a_request_is_approved_or_refused_not_both(city: City) -> None:
    for _ in range(ROUNDS):
        case = go(city.actor("fire"), dispatched(city), "ask_suspension", reason="等待鉴定")
        one_wins(
            move(city.actor("dispatcher"), case, "approve"), move(city.actor("head"), case, "refuse"), case
        )


def test_a_reporter_answers_while_the_centre_closes(city: City) -> None:
    case = verified(city)
    outcomes = at_once(
        [
            lambda: answered(case, solved=False),
            move(city.actor("dispatcher"), case, "close", result="solved", opinion="已解决"),
        ]
    )
    # unsolved may also come second, within the days in which it takes the case up again
    assert all(not isinstance(one, Refusal) or isinstance(one, WrongState) for one in outcomes)
    assert verify().problems == []


def test_remarks_all_land_one_after_another(city: City) -> None:
    case = filed()
    words = [f"第{n}条备注" for n in range(40)]

    def say(some: list[str]) -> Deed:
        return lambda: [go(city.actor("worker"), case, "comment", opinion=word) for word in some]

    outcomes = at_once([say(words[n::8]) for n in range(8)])
    assert not [one for one in outcomes if isinstance(one, Refusal)]
    chain = journal.chain(case.pk)
    assert [entry.seq for entry, _ in chain] == list(range(1, 42))
    assert {remark.text for _, remark in chain if remark} == set(words)
    assert verify().problems == []


def test_the_same_remark_from_many_requests_is_written_once(city: City) -> None:
    case, client_id = filed(), uuid4()

    def say() -> Case:
        given = {"opinion": "同一条"}
        return actions.move(
            city.actor("worker"), case_id=case.pk, move="comment", given=given, client_id=client_id
        )

    outcomes = at_once([say] * 8)
    assert not [one for one in outcomes if isinstance(one, Refusal)]
    assert Entry.objects.filter(record_id=case.pk, client_id=client_id).count() == 1


def test_the_same_submission_from_many_requests_is_filed_once(city: City) -> None:
    given = new_report(client_id=str(uuid4()))
    filings = at_once([lambda: actions.report(PUBLIC, given=given, channel="portal")] * 8)
    assert Case.objects.count() == Report.objects.count() == 1
    assert len({filing.secret for filing in filings}) == 1
    assert sorted(filing.repeated for filing in filings) == [False] + [True] * 7
    assert verify().problems == []


def test_a_source_number_is_taken_in_once(city: City) -> None:
    given = new_report(source_number="RX-1")
    outcomes = at_once([lambda: actions.report(city.actor("dispatcher"), given=given, channel="hotline")] * 4)
    assert sorted(isinstance(one, Refusal) for one in outcomes) == [False, True, True, True]
    assert Case.objects.count() == 1


def test_all_who_join_at_once_are_counted_and_each_submission_once(city: City) -> None:
    case = filed()
    givens = [new_report(client_id=str(uuid4()), text=f"我也看到了，第{n}人") for n in range(6)]
    twice = [*givens, *givens[:2]]
    outcomes = at_once(
        [
            lambda given=given: actions.join(PUBLIC, number=case.number, given=given, channel="portal")
            for given in twice
        ]
    )
    assert not [one for one in outcomes if isinstance(one, Refusal)]
    assert Case.objects.get().reports_count == Report.objects.filter(case=case).count() == 7
    assert verify().problems == []


def test_a_case_is_not_merged_into_one_that_closes(city: City) -> None:
    dispatcher = city.actor("dispatcher")
    for _ in range(ROUNDS):
        case, into = filed(), go(dispatcher, filed(), "accept")
        merging, closing = at_once(
            [
                lambda case=case, into=into: go(dispatcher, case, "merge", into=into.number),
                move(dispatcher, into, "close", result="explained", opinion="已解释"),
            ]
        )
        case.refresh_from_db()
        into.refresh_from_db()
        if isinstance(merging, Refusal):
            assert (case.state, into.state) == ("reported", "closed")
        else:
            assert isinstance(closing, Conflict)
            assert (case.state, into.state, into.reports_count) == ("closed", "accepted", 2)
        assert verify().problems == []


def test_two_cases_are_not_merged_into_each_other(city: City) -> None:
    dispatcher = city.actor("dispatcher")
    for _ in range(ROUNDS):
        one, two = filed(), filed()
        outcomes = at_once(
            [
                lambda one=one, two=two: go(dispatcher, one, "merge", into=two.number),
                lambda one=one, two=two: go(dispatcher, two, "merge", into=one.number),
            ]
        )
        assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 1, outcomes
        states = set(Case.objects.filter(pk__in=[one.pk, two.pk]).values_list("state", "reports_count"))
        assert ("reported", 2) in states
        assert verify().problems == []


def test_many_moved_together_meet_many_moved_together(city: City) -> None:
    cases = [filed() for _ in range(12)]
    aims = [(case.pk, case.version) for case in cases]
    dispatcher = city.actor("dispatcher")
    sets = at_once(
        [
            lambda: actions.move_many(dispatcher, move="accept", cases=aims),
            lambda: actions.move_many(dispatcher, move="accept", cases=aims[::-1]),
        ]
    )
    moved = [outcome.record_id for outcomes in sets for outcome in outcomes if outcome.refusal is None]
    assert sorted(moved) == sorted(case.pk for case in cases)
    assert verify().problems == []


# Photos ----------------------------------------------------------------------------------------------------


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def photo_of(actor: Actor) -> str:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "JPEG")
    return claim_of(files.receive(actor, content=content.getvalue(), name="现场.jpg"))


def test_a_photo_goes_with_one_of_two_reports_and_the_other_is_told(city: City, media: None) -> None:
    for _ in range(ROUNDS):
        reports = Report.objects.count()
        claim = photo_of(PUBLIC)
        givens = [new_report(files=[claim], client_id=str(uuid4())) for _ in range(2)]
        outcomes = at_once(
            [lambda given=given: actions.report(PUBLIC, given=given, channel="portal") for given in givens]
        )
        (refusal,) = [one for one in outcomes if isinstance(one, Refusal)]
        assert isinstance(refusal, FileAttached)
        assert Report.objects.count() == reports + 1
    assert Attachment.objects.count() == ROUNDS
    assert verify().problems == []


def test_a_photo_goes_with_one_of_two_moves_and_the_other_is_told(city: City, media: None) -> None:
    worker = city.actor("worker")
    for _ in range(ROUNDS):
        cases, claim = [filed(), filed()], photo_of(worker)
        given = {"opinion": "见照片", "files": [claim]}
        outcomes = at_once([move(worker, case, "comment", **given) for case in cases])
        (refusal,) = [one for one in outcomes if isinstance(one, Refusal)]
        assert isinstance(refusal, FileAttached)
        assert sorted(Case.objects.get(pk=case.pk).version for case in cases) == [1, 2]
    assert Attachment.objects.count() == ROUNDS
    assert verify().problems == []


def test_the_same_submission_with_its_photo_is_filed_once(city: City, media: None) -> None:
    given = new_report(client_id=str(uuid4()), files=[photo_of(PUBLIC)])
    filings = at_once([lambda: actions.report(PUBLIC, given=given, channel="portal")] * 6)
    assert not [one for one in filings if isinstance(one, Refusal)]
    assert len({filing.secret for filing in filings}) == 1
    assert Report.objects.count() == Attachment.objects.count() == 1


# Deadlocks -------------------------------------------------------------------------------------------------


def test_a_batch_that_comes_in_twice_at_once_is_done_once(city: City) -> None:
    worker = city.actor("worker")
    for _ in range(ROUNDS):
        case = filed()
        lng, lat = centre_of(case.area)
        found = {"text": "楼道堆放杂物", "lng": lng, "lat": lat}
        first = Act("report", uuid4(), now(), found)
        acts = [
            first,
            Act("solved", uuid4(), now(), found | {"statement": "已经清走"}),
            Act("move", uuid4(), now(), {"opinion": "看过了"}, "comment", case.number),
            Act("move", uuid4(), now(), {"opinion": "又看过"}, "comment", case.number),
            Act("move", uuid4(), now(), {"opinion": "看过了"}, "comment", report=first.client_id),
        ]
        answers = at_once([lambda acts=acts: offline.carry_out(worker, acts=acts)] * 3)
        told = {tuple(getattr(o, "case", o).number for o in answer) for answer in answers}
        assert len(told) == 1
        for act in acts:
            assert Entry.objects.filter(client_id=act.client_id).count() == 1
    assert verify().problems == []


def test_a_deed_that_the_database_ends_for_a_deadlock_is_tried_again(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of two records it takes first: another connection holds the second and asks for the first."""
    tries: list[int] = []
    run = Changes._run

    def counted(self: Changes, *given: Any) -> None:
        tries.append(threading.get_ident())
        run(self, *given)

    monkeypatch.setattr(Changes, "_run", counted)
    most = 0
    for is_swapped in (False, True):
        case, into = filed(), filed()
        tries.clear()
        with ThreadPoolExecutor(1) as threads:
            merged = _merge_against(city, threads, case, into, (into, case) if is_swapped else (case, into))
        assert merged.merged_into_id == into.pk
        assert Case.objects.get(pk=into.pk).reports_count == 2
        most = max(most, len(tries))
    assert 2 <= most <= ATTEMPTS  # where the other is slow to let go, it is met a second time
    assert verify().problems == []


def _merge_against(
    city: City, threads: ThreadPoolExecutor, case: Case, into: Case, held: tuple[Case, Case]
) -> Case:
    """Merge ``case`` in a thread while this connection holds the two records, one after the other."""
    pid: Queue[int] = Queue()

    def merge() -> Case:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET deadlock_timeout = '2s'")
                cursor.execute("SELECT pg_backend_pid()")
                pid.put(cursor.fetchone()[0])
            return go(city.actor("dispatcher"), case, "merge", into=into.number)
        finally:
            connection.close()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL deadlock_timeout = '60s'")  # so that the other is the one to be ended
        hold = "SELECT 1 FROM cases_case WHERE id = %s FOR UPDATE"
        first, second = held
        cursor.execute(hold, [first.pk])
        merged = threads.submit(merge)
        _until_waiting(pid.get(timeout=30))
        cursor.execute(hold, [second.pk])
    return merged.result(30)


def _until_waiting(pid: int) -> None:
    """Until the database says that a process waits for a lock of another."""
    for _ in range(5000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [pid])
            if cursor.fetchone()[0]:
                return
    raise AssertionError("it never waited")
