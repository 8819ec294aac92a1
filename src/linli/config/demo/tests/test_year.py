"""The year of work that the demo city has behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import transaction

from linli.config.demo import build
from linli.domains.cases.models import Case, CaseState, Request, Supervision
from linli.kernel.clocks.models import Clock
from linli.kernel.journal.models import Entry
from linli.kernel.journal.verify import verify
from linli.kernel.records.editions import drop_all
from linli.lib.time import LOCAL

UNTIL = dt.datetime(2026, 6, 30, 15, 0, tzinfo=LOCAL)
SCALE = 0.02


@pytest.fixture(autouse=True)
def own_data(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[None]:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    drop_all()
    yield
    drop_all()


def _rows() -> list[tuple[object, ...]]:
    return list(
        Case.objects.order_by("opened_at", "title").values_list(
            "title", "area", "state", "result", "opened_at", "closed_at", "hand_backs", "reopened"
        )
    )


def test_the_year_is_whole_and_sound() -> None:
    build(scale=SCALE, until=UNTIL)
    found = verify()
    assert found.problems == []
    assert found.chains == Case.objects.count() == 600
    assert found.roots > 300
    assert set(Case.objects.values_list("state", flat=True)) >= {CaseState.HANDLING, CaseState.CLOSED}
    assert Case.objects.filter(hand_backs__gt=0).exists()
    assert Request.objects.exists()
    assert Supervision.objects.exists()
    moves = set(Entry.objects.values_list("move", flat=True))
    assert moves >= {
        "report",
        "dispatch",
        "handle",
        "verify",
        "answer",
        "close",
        "hand_back",
        "escalate",
        "join",
    }


def test_nothing_happens_after_now_and_nothing_past_is_left_to_announce() -> None:
    build(scale=SCALE, until=UNTIL)
    assert not Entry.objects.filter(at__gt=UNTIL).exists()
    waiting = Clock.objects.filter(stopped_at=None, paused_at=None, due_at__lte=UNTIL)
    assert not waiting.filter(overdue_fired_at=None).exists()


def test_the_same_seed_tells_the_same_year() -> None:
    with transaction.atomic():
        build(scale=SCALE, until=UNTIL)
        first = _rows()
        transaction.set_rollback(True)
    drop_all()
    assert not Case.objects.exists()
    build(scale=SCALE, until=UNTIL)
    assert _rows() == first
