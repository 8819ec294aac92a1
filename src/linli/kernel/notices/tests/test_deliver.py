from __future__ import annotations

import datetime as dt
import json
import threading

import pytest
from django.db import connection, transaction

from linli.kernel.access.actor import PUBLIC
from linli.kernel.notices import actions, channels, jobs
from linli.kernel.notices.channels import DeliveryFailed
from linli.kernel.notices.models import Message
from linli.kernel.records.changes import Changes
from linli.kernel.vault import actions as vault
from linli.kernel.vault import purposes
from linli.kernel.vault.models import Person
from linli.lib.time import at, now


@pytest.fixture(autouse=True)
def outbox(settings, tmp_path):
    settings.OUTBOX_DIR = tmp_path / "outbox"
    return settings.OUTBOX_DIR


@pytest.fixture
def person(db, monkeypatch):
    monkeypatch.setattr(purposes, "PURPOSES", {})
    purposes.purpose(
        "answer",
        "答复上报人",
        fields={"phone"},
        ability="none",
        retain_days=30,
        legal_basis=purposes.LegalBasis.DUTY,
        source="试",
    )
    changes = Changes()
    kept = vault.keep(
        changes,
        actor=PUBLIC,
        purpose="answer",
        fields={"phone": "13812341234"},
        place="510107001",
        record=("plea", 1),
    )
    changes.write()
    return kept.pk


@pytest.fixture
def write(person):
    def write_now(text: str = "您反映的问题已办结") -> Message:
        changes = Changes()
        message = actions.write_to(
            changes, person=person, text=text, record=("plea", 1), district="510107", number="A1"
        )
        changes.write()
        return message

    return write_now


def test_a_message_leaves_once_and_shows_no_phone(noon, write, outbox):
    message = write()
    assert actions.deliver() == 1
    assert actions.deliver() == 0
    [path] = outbox.iterdir()
    content = json.loads(path.read_text(encoding="utf-8"))
    assert path.name == f"{message.pk}.json"
    assert (content["to"], content["text"]) == ({"phone": "138****1234"}, "您反映的问题已办结")
    assert "13812341234" not in path.read_text(encoding="utf-8")
    assert Message.objects.get().sent_at == noon


def test_a_message_written_at_night_leaves_in_the_morning(noon, write):
    with at(noon + dt.timedelta(hours=11)):
        write()
        jobs.send_due(0)
        assert Message.objects.get().sent_at is None
    with at(noon + dt.timedelta(hours=20)):
        jobs.send_due(0)
        assert Message.objects.get().sent_at


def test_a_failed_message_is_tried_again_later_and_in_the_end_given_up(noon, write, monkeypatch):
    class Down:
        def send(self, message: Message) -> None:
            raise DeliveryFailed("网关无响应")

    monkeypatch.setitem(channels.CHANNELS, "file", Down())
    write()
    assert actions.deliver() == 0
    message = Message.objects.get()
    assert (message.attempts, message.failure) == (1, "网关无响应")
    assert message.deliver_after == noon + dt.timedelta(minutes=2)
    for day in range(1, 10):
        with at(noon + dt.timedelta(days=day)):
            assert actions.deliver() == 0
    assert Message.objects.get().attempts == actions.ATTEMPTS


def test_nobody_is_written_to_whose_data_is_erased(noon, write, person, outbox):
    write()
    with at(now() + dt.timedelta(days=31)):
        assert vault.expire() == 1
        assert Person.objects.get(pk=person).masks == {}
        assert actions.deliver() == 0
    assert not outbox.exists()


def test_an_unwritable_folder_is_a_failure_and_no_loss(noon, write, outbox):
    outbox.parent.mkdir(exist_ok=True)
    outbox.write_text("a file where the folder should be")
    write()
    assert actions.deliver() == 0
    assert "发件目录" in Message.objects.get().failure


@pytest.mark.django_db(transaction=True)
def test_a_message_that_one_worker_holds_is_passed_over_by_the_others(noon, write):
    first, second = write("一"), write("二")
    claimed: list[int] = []

    def other_worker() -> None:
        with at(noon):
            actions.deliver()
        claimed.extend(Message.objects.filter(sent_at__isnull=False).values_list("pk", flat=True))
        connection.close()

    with transaction.atomic():
        held = actions._claimed(first.district)
        worker = threading.Thread(target=other_worker)
        worker.start()
        worker.join()
    assert held is not None
    assert claimed == [pk for pk in (first.pk, second.pk) if pk != held.pk]
