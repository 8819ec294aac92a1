from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from linli.kernel.clocks.telling import Told, named, told
from linli.kernel.clocks.tests.factories import local

AT = local("2026-03-02 10:30:15") + dt.timedelta(milliseconds=40)
DUE, DUE_TEXT = local("2026-03-02 16:00"), "2026-03-02T16:00:00+08:00"


def read(written: Told) -> dict[str, Any]:
    (one,) = named({"clocks": [written]}, AT)["clocks"]
    return dict(one)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (told("handle", "4个工作时", DUE, extended=0), {"limit": "4个工作时", "due": DUE_TEXT}),
        (
            told("handle", "4个工作时", DUE, started=local("2026-03-02 09:00:05"), provisional=True),
            {
                "limit": "4个工作时",
                "due": DUE_TEXT,
                "started": "2026-03-02T09:00:05+08:00",
                "provisional": True,
            },
        ),
        (told("handle", "met", 0), {"outcome": "met", "used": 0}),
        (told("handle", "cancelled", 9), {"outcome": "cancelled", "used": 9}),
        (told("handle", "paused", 60), {"paused": "2026-03-02T10:30:15+08:00", "remaining": 60}),
        (
            told("handle", "paused", 60, paused=local("2026-03-02 10:31")),
            {"paused": "2026-03-02T10:31:00+08:00", "remaining": 60},
        ),
        (
            told("handle", "resumed", DUE, 0),
            {"resumed": "2026-03-02T10:30:15+08:00", "due": DUE_TEXT, "paused_seconds": 0},
        ),
        (
            told("handle", "extended", "1个工作日", DUE, ""),
            {"extension": "1个工作日", "due": DUE_TEXT, "extension_source": ""},
        ),
        (told("handle", "due", DUE), {"due": DUE_TEXT}),
    ],
)
def test_what_is_written_of_a_clock_is_read_by_name(written: Told, meant: dict[str, Any]) -> None:
    assert read(written) == {"clock": "handle"} | meant


def test_what_entries_told_before_is_read_as_it_is() -> None:
    before = {"clock": "accept", "due": DUE_TEXT, "outcome": "met", "used": 3}
    assert named({"clocks": [before], "lead": 7}, AT) == {"clocks": [before], "lead": 7}


def test_facts_without_clocks_are_as_they_are() -> None:
    assert named({"report": 5}, AT) == {"report": 5}


def test_instants_are_written_without_what_is_nought() -> None:
    assert told("handle", "due", DUE) == ["handle", "due", "2026-03-02T16:00+08"]
    assert told("handle", "due", local("2026-03-02 16:00:01")) == ["handle", "due", "2026-03-02T16:00:01+08"]
