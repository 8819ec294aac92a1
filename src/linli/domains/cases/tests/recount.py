"""A recount of the figures from the journal alone, case by case, in plain Python."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from linli.domains.cases.models import Case
from linli.kernel.clocks import telling
from linli.kernel.insight.declaration import Period
from linli.kernel.journal.models import Entry
from linli.lib.time import LOCAL

ENDINGS_WITHOUT_RESULT = {"merge": "duplicate", "withdraw": "withdrawn"}


@dataclass
class Round:
    """One clock of a case, as the entries tell it."""

    due: dt.datetime
    paused: bool = False
    outcome: str | None = None


@dataclass
class Story:
    """What one chain of entries says about its case."""

    entries: list[Entry]
    rounds: dict[str, list[Round]] = field(default_factory=lambda: defaultdict(list))
    result: str | None = None
    answer: str | None = None
    closed_at: dt.datetime | None = None

    @property
    def state(self) -> str:
        return self.entries[-1].state

    @property
    def area(self) -> str:
        return self.entries[-1].area

    @property
    def is_open(self) -> bool:
        return self.state != "closed"

    def has(self, period: Period, *moves: str, **facts: Any) -> bool:
        return any(
            period.start <= entry.at < period.end
            and entry.move in moves
            and facts.items() <= entry.facts.items()
            for entry in self.entries
        )

    def came_due(self, name: str, period: Period) -> list[Round]:
        return [
            one
            for one in self.rounds[name]
            if one.outcome != "cancelled" and period.start <= one.due < min(period.end, period.at)
        ]


def stories(area: str = "") -> list[Story]:
    """Every case that is in an area now (everywhere, where none is named), as its journal tells it."""
    chains: dict[int, list[Entry]] = defaultdict(list)
    entries = Entry.objects.filter(family=Case.family)
    if area:
        entries = entries.filter(record_id__in=Case.objects.filter(area__startswith=area).values("pk"))
    for entry in entries.order_by("record_id", "seq"):
        chains[entry.record_id].append(entry)
    return [_read(chain) for chain in chains.values()]


def _read(chain: list[Entry]) -> Story:
    story, was = Story(chain), ""
    for entry in chain:
        for told in telling.named(entry.facts, entry.at).get("clocks", []):
            _tick(story.rounds[told["clock"]], told)
        if entry.state == "closed" and was != "closed":
            story.result = entry.facts.get("result") or ENDINGS_WITHOUT_RESULT[entry.move]
            story.closed_at = entry.at
        elif entry.state != "closed":
            story.result = story.closed_at = None
        if entry.move == "answer":
            story.answer = "solved" if entry.facts["solved"] else "unsolved"
        if entry.move == "reopen":
            story.answer = None
        was = entry.state
    return story


def _tick(rounds: list[Round], told: dict[str, Any]) -> None:
    due = dt.datetime.fromisoformat(told["due"]) if "due" in told else None
    if "limit" in told and due:
        rounds.append(Round(due))
        return
    rounds[-1].due = due or rounds[-1].due
    rounds[-1].outcome = told.get("outcome")
    rounds[-1].paused = "paused" in told


def recount(told: list[Story], period: Period) -> dict[str, Any]:
    """Figures by the indicators' codes: a number, or (numerator, denominator)."""
    kept = [story for story in told if story.result != "duplicate"]
    ours = [story for story in kept if story.result != "withdrawn"]
    counted = [story for story in ours if story.result != "not_in_competence"]
    closed = [story for story in told if story.closed_at and _in(story.closed_at, period)]
    spans = [
        (story.closed_at - story.entries[0].at).total_seconds() / 3600
        for story in counted
        if story.closed_at and _in(story.closed_at, period) and story.entries[0].move != "solve_on_the_spot"
    ]
    return {
        "reported": sum(_in(story.entries[0].at, period) for story in told),
        "closed": len(closed),
        "open": sum(story.is_open for story in told),
        "overdue": sum(_is_overdue(story, period.at) for story in told),
        "response": _in_time(ours, "accept", period),
        "on_time_handling": _in_time(counted, "handle", period),
        "on_time_closing": _in_time(counted, "overall", period),
        "solved": _share(
            [s for s in kept if s.has(period, "answer") and s.answer], lambda s: s.answer == "solved"
        ),
        "still_solved": _share(
            [
                s
                for s in kept
                if any(_in(e.at, period) and e.facts.get("result") == "solved" for e in s.entries)
            ],
            lambda s: s.result == "solved",
        ),
        "hand_back": _share(
            [s for s in kept if s.has(period, "dispatch")], lambda s: s.has(period, "hand_back", kind="lead")
        ),
        "reopening": _share(
            [s for s in kept if any(_in(e.at, period) and "result" in e.facts for e in s.entries)],
            lambda s: _reopened_since(s, period),
        ),
        "extension": _share(
            [s for s in kept if s.has(period, "dispatch")],
            lambda s: any(
                e.at >= period.start and e.move == "approve" and e.facts["kind"] == "extend"
                for e in s.entries
            ),
        ),
        "handling_time": statistics.median(spans) if spans else None,
        "moves_close": sum(_in(e.at, period) and "result" in e.facts for s in told for e in s.entries),
        "moves_dispatch": sum(_in(e.at, period) and e.move == "dispatch" for s in told for e in s.entries),
        "moves_accept": sum(
            _in(e.at, period)
            and e.move in ("accept", "dispatch", "escalate")
            and any(clock["clock"] == "accept" for clock in telling.named(e.facts, e.at).get("clocks", []))
            for s in told
            for e in s.entries
        ),
    }


def open_on(told: list[Story], day: dt.date) -> int:
    """Cases open at the end of a day, by the last change of state up to then."""
    return sum(_was_open(story, day) for story in told)


def _was_open(story: Story, day: dt.date) -> bool:
    is_open, was = False, ""
    for entry in story.entries:
        if (entry.state == "closed") != (was == "closed") or not was:
            if entry.at.astimezone(LOCAL).date() > day:
                break
            is_open = entry.state != "closed"
        was = entry.state
    return is_open


def _in(instant: dt.datetime, period: Period) -> bool:
    return period.start <= instant < period.end


def _is_overdue(story: Story, at: dt.datetime) -> bool:
    stages = ("accept", "dispatch", "handle", "verify", "answer")
    running = [r for name in stages for r in story.rounds[name] if r.outcome is None and not r.paused]
    return story.is_open and any(one.due <= at for one in running)


def _in_time(told: list[Story], name: str, period: Period) -> tuple[int, int]:
    due = [story for story in told if story.came_due(name, period)]
    due = [story for story in due if not any(one.paused for one in story.came_due(name, period))]
    return _share(due, lambda story: all(one.outcome == "met" for one in story.came_due(name, period)))


def _reopened_since(story: Story, period: Period) -> bool:
    return any(
        entry.at >= period.start
        and (entry.move == "reopen" or (entry.move == "answer" and entry.state == "accepted"))
        for entry in story.entries
    )


def _share(told: list[Story], holds: Any) -> tuple[int, int]:
    return sum(bool(holds(story)) for story in told), len(told)
