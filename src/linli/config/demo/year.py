"""A year of the city's work, lived through the real flow at past instants.

Every case is opened and moved by the same declaration that people use; only the rows are gathered and
written by COPY instead of one statement a move. So the journal is whole, the clocks are true, and
``linli verify`` holds. The same seed tells the same stories.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from linli.config.demo.cast import Cast
from linli.config.demo.places import Place
from linli.config.demo.rhythm import CHANNELS, RESULTS, URGENCIES, YearPlan
from linli.config.demo.texts import Theme, Writer
from linli.domains.cases.contacts import Contact, keep_contact
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseState, Channel
from linli.domains.cases.opening import Opening, open_case, open_solved
from linli.domains.cases.stages import limit_of, running
from linli.domains.matters import queries as matters
from linli.domains.matters.kinds import Performer
from linli.domains.matters.models import Matter
from linli.domains.matters.suggestion import LIKELY, suggest
from linli.kernel.access.actor import PUBLIC, SYSTEM, Actor, holder_of
from linli.kernel.clocks.calendar import WorkCalendar
from linli.kernel.clocks.models import Clock
from linli.kernel.clocks.queries import calendars
from linli.kernel.flow.perform import plan_move
from linli.kernel.journal import partitions
from linli.kernel.journal.actions import seal
from linli.kernel.notices.models import Notice
from linli.kernel.records.changes import Changes
from linli.kernel.units.models import Unit, UnitKind
from linli.kernel.units.queries import book
from linli.lib.errors import Refusal
from linli.lib.time import LOCAL
from linli.lib.time import at as clock_at

BATCH = 1000
"""Cases whose rows are written together."""
NOTICES_KEPT = dt.timedelta(days=2)
"""Older notices have long been read."""
CONTACTS_KEPT = dt.timedelta(days=60)

BEYOND_THE_STREET = 0.12
"""Share of cases that go past the street's own stations to the district's department (示范)."""

CHANNEL_OF = {
    "patrol": Channel.PATROL,
    "portal": Channel.PORTAL,
    "hotline": Channel.HOTLINE,
    "desk": Channel.DESK,
    "push": Channel.DEPARTMENT,
}

HOUR = 3600


@dataclass(frozen=True)
class Deed:
    """A move that is going to be made."""

    at: dt.datetime
    actor: Actor | None
    move: str
    given: dict[str, Any]


def build_year(
    plan: YearPlan,
    grids: Sequence[str],
    places: Sequence[Place],
    cast: Cast,
    *,
    until: dt.datetime,
    seed: int,
    tell: Callable[[float], None],
) -> int:
    """Live through ``plan`` up to ``until`` and write it; returns the number of rows."""
    first = plan.instant(0) if len(plan) else until
    partitions.ensure(first.date(), partitions.month_after(partitions.month_after(until.date())))
    narrator = Narrator(plan, grids, places, cast, until, seed)
    written = 0
    for start in range(0, len(plan), BATCH):
        changes = Changes()
        for index in range(start, min(start + BATCH, len(plan))):
            narrator.tell(index, changes)
        settle(changes, until)
        written += changes.copy()
        tell(min(0.98, (start + BATCH) / len(plan)))
    seal_days(first, until)
    return written


def seal_days(first: dt.datetime, until: dt.datetime) -> None:
    """Every past day of the journal gets its seal, as the nightly job would have given it."""
    day, last = first.astimezone(LOCAL).date(), until.astimezone(LOCAL).date()
    with clock_at(until):
        while day < last:
            seal(day)
            day += dt.timedelta(days=1)


def settle(changes: Changes, until: dt.datetime) -> None:
    """What was due in the past has been announced in the past; old notices have been read."""
    for clock in changes.inserted(Clock):
        end = clock.stopped_at or until
        if clock.soon_at <= end and clock.paused_at is None:
            clock.soon_fired_at = clock.soon_at
        if clock.due_at <= end and clock.paused_at is None:
            clock.overdue_fired_at = clock.due_at
    changes.keep(Notice, lambda notice: notice.at >= until - NOTICES_KEPT)


class Narrator:
    """Tells the stories of cases, one after the other."""

    def __init__(
        self,
        plan: YearPlan,
        grids: Sequence[str],
        places: Sequence[Place],
        cast: Cast,
        until: dt.datetime,
        seed: int,
    ) -> None:
        self.plan, self.grids, self.places, self.cast, self.until = plan, grids, places, cast, until
        self.rng = random.Random(seed)
        self.writer = Writer(seed)
        self.office: WorkCalendar = calendars().of("office")

    def tell(self, index: int, changes: Changes) -> None:
        """Plan all rows of case ``index``, as far as it has got by now."""
        opened = self.plan.instant(index)
        with clock_at(opened):
            story = Story(self, index, changes, opened)
            story.live()

    def soon(self, at: dt.datetime, minutes: float) -> dt.datetime:
        """After about so many working minutes: nobody decides at night what can wait."""
        return self.office.advance(at, int(minutes * 60 * self.rng.lognormvariate(0, 0.6)) + 60)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share


class Story:
    """One case from its report to wherever it stands now."""

    def __init__(self, narrator: Narrator, index: int, changes: Changes, opened: dt.datetime) -> None:
        plan = narrator.plan
        self.n, self.index, self.changes, self.now = narrator, index, changes, opened
        subject = plan.subjects[plan.subject[index]]
        self.theme: Theme = plan.themes[plan.subject[index]]
        self.place = narrator.places[plan.place[index]]
        self.channel = CHANNELS[plan.channel[index]]
        self.result = RESULTS[plan.result[index]]
        self.matter: Matter = matters.by_code(subject.code, area=self._grid())
        self.spot = narrator.writer.spot(self.place, theme=self.theme)
        self.is_hard = narrator.chance(BEYOND_THE_STREET)
        self.case: Case
        self.side: list[Deed] = []

    def _grid(self) -> str:
        return str(self.n.grids[self.n.plan.grid[self.index]])

    def live(self) -> None:
        """Open the case, then make move after move until the story or the year ends."""
        if self.n.plan.is_on_spot[self.index]:
            self._solve_on_the_spot()
            return
        self._open()
        self._plan_side_deeds()
        for deed in self._course():
            for aside in self._asides(deed.at):
                self._do(aside)
            if deed.at > self.n.until or not self._do(deed):
                return
        for aside in self._asides(self.n.until):
            self._do(aside)

    # Beginning

    def _opening(self) -> Opening:
        plan, i = self.n.plan, self.index
        text = self.n.writer.report(self.theme, self.spot, channel=self.channel)
        found = suggest(text, area=self._grid(), limit=1)
        likely = found[0].matter if found and found[0].score >= LIKELY else None
        return Opening(
            text=text,
            area=self._grid(),
            lng=float(plan.lng[i]),
            lat=float(plan.lat[i]),
            channel=CHANNEL_OF[self.channel],
            address=f"{self.place.road}{self.place.name}"[:120],
            matter=likely,
            matter_why=found[0].reason if likely else "",
            urgency=URGENCIES[plan.urgency[i]],
            source_number=f"RX{self.now:%Y%m%d}{i:06d}" if self.channel == "hotline" else "",
        )

    def _open(self) -> None:
        given = self._opening()
        actor = self._reporter()
        if actor is PUBLIC and self.now >= self.n.until - CONTACTS_KEPT and self.n.chance(0.6):
            given.contact = keep_contact(
                self.changes,
                actor=actor,
                contact=Contact(
                    name=self.n.rng.choice("赵钱孙李周吴郑王冯陈") + self.n.rng.choice(["女士", "先生"]),
                    phone=f"1990000{self.n.rng.randrange(10_000):04d}",
                ),
                texts=[],
                area=given.area,
                report_id=given.report_id,
            )
        self.case, _ = open_case(self.changes, actor, flow=flow, given=given, at=self.now)

    def _solve_on_the_spot(self) -> None:
        given = self._opening()
        given.matter, given.matter_why = self.matter, "网格员认定"
        worker = self.n.cast.worker(self._grid()) or SYSTEM
        open_solved(
            self.changes,
            worker,
            flow=flow,
            given=given,
            statement=self.n.writer.say("on_spot"),
            at=self.now,
        )

    def _reporter(self) -> Actor:
        cast, area = self.n.cast, self._grid()
        found: Actor | None = PUBLIC
        if self.channel == "patrol":
            found = cast.worker(area)
        elif self.channel in ("desk", "hotline"):
            width = 9 if self.channel == "desk" else 4
            centre = book().nearest(area[:width], kind=UnitKind.CENTRE)
            found = cast.dispatcher(centre.pk if centre else None)
        elif self.channel == "push":
            unit = book().responsible(self.matter.lead_function, area)
            found = cast.handler(unit.pk if unit else None)
        return found or SYSTEM

    # Asides: things that happen while the case goes its way

    def _plan_side_deeds(self) -> None:
        n = self.n
        reporter = Channel.PORTAL
        for _ in range(int(n.plan.more_reports[self.index])):
            later = self.now + dt.timedelta(hours=n.rng.expovariate(1 / 18))
            text = n.writer.report(self.theme, self.spot, channel="portal")
            given = {
                "text": text,
                "channel": reporter,
                "lng": self.case.lng + n.rng.uniform(-1e-4, 1e-4),
                "lat": self.case.lat + n.rng.uniform(-1e-4, 1e-4),
            }
            self.side.append(Deed(later, PUBLIC, "join", given))
        if n.chance(0.12):
            later = n.soon(self.now, 300)
            centre = n.cast.dispatcher(self.case.holder_id)
            self.side.append(
                Deed(later, centre, "note", {"opinion": n.writer.say("to_reporter", unit="责任单位")})
            )
        if n.chance(0.06):
            worker = n.cast.worker(self._grid())
            self.side.append(
                Deed(n.soon(self.now, 200), worker, "comment", {"opinion": n.writer.say("comment")})
            )
        self.side.sort(key=lambda deed: deed.at)

    def _asides(self, before: dt.datetime) -> Iterator[Deed]:
        """Side deeds due by now; those that come too late for the case fall away."""
        while self.side and self.side[0].at < before:
            deed = self.side.pop(0)
            if deed.at <= self.n.until and self.case.state in flow.moves[deed.move].start:
                yield deed

    # The course of things

    def _course(self) -> Iterator[Deed]:
        n = self.n
        alone = not n.plan.more_reports[self.index]
        if self.result == "withdrawn" and self.channel == "portal" and alone:
            yield Deed(self._later(20), holder_of(self.case.pk, "reporter"), "withdraw", {})
            return
        if n.chance(0.4):
            yield self._centre(25, "accept", opinion=n.writer.say("accept"))
        if self.result == "not_in_competence":
            yield self._centre(
                40, "return", reason=n.writer.say("not_ours"), go_to="12345 热线或有管辖权的单位"
            )
            return
        if n.plan.is_escalated[self.index]:
            yield self._centre(90, "escalate", reason=n.writer.say("escalate"))
        if self.result == "explained" and n.chance(0.5):
            yield self._explain()
            return
        yield from self._dispatch_and_handle()
        yield from self._check_and_answer()

    def _explain(self) -> Deed:
        words = self.n.writer.handled(self.theme, self.spot, explained=True)
        if self.case.state == CaseState.REPORTED:
            self._do(self._centre(30, "accept", opinion=self.n.writer.say("accept")))
        return self._centre(200, "close", result="explained", opinion=words)

    def _dispatch_and_handle(self) -> Iterator[Deed]:
        n = self.n
        for _ in range(int(n.plan.hand_backs[self.index])):
            wrong = self._wrong_unit()
            yield self._dispatch(wrong)
            yield self._unit_deed(
                self._later(150),
                "hand_back",
                reason=n.writer.say("hand_back", unit=str(wrong), other=str(self._lead())),
            )
        yield self._dispatch(self._lead(), assists=bool(n.plan.is_assisted[self.index]))
        begun = self.now
        if n.plan.is_suspended[self.index]:
            yield self._unit_deed(self._later(240), "ask_suspension", reason=n.writer.say("suspend"))
            yield self._decide("approve")
            resumed = self._later(60 * 8 * n.rng.randint(2, 10))
            yield Deed(resumed, n.cast.decider(self._centre_id()), "resume", {"opinion": "可以继续办理"})
        if n.plan.is_extended[self.index]:
            days = n.rng.randint(2, 7)
            yield self._unit_deed(
                self._later(300),
                "ask_extension",
                amount=days,
                measure="work_days" if limit_of(self.case, "handle").limit.measure.is_working else "days",
                reason=n.writer.say("extend", day=days),
            )
            yield self._decide("approve" if n.chance(0.85) else "refuse")
        yield from self._handle(begun, float(n.plan.pace[self.index]))

    def _handle(self, begun: dt.datetime, pace: float) -> Iterator[Deed]:
        """The lead unit's work takes its pace's share of the limit; when late, somebody may supervise."""
        n = self.n
        done = max(self._after_share(begun, pace), self._later(15))
        due = self.case.stage_due_at
        if due is not None and done > due and n.chance(0.35):
            late = n.soon(due, 240)
            supervisor = n.cast.supervisor(self.case.district)
            if late < done and supervisor is not None:
                days = max(1, (late - due).days)
                words = n.writer.say("supervise", unit=book().name(self.case.lead_id), day=days)
                yield Deed(late, supervisor, "supervise", {"unit": self.case.lead_id or 0, "opinion": words})
                replied = n.soon(late, 200)
                if replied < done:
                    yield self._unit_deed(replied, "reply", opinion=n.writer.say("supervise_reply"))
        for task in [t for t in self.case.tasks if t.state == "open" and t.kind == "assist"]:
            when = self.now + (done - self.now) * n.rng.uniform(0.3, 0.95)
            yield Deed(when, n.cast.handler(task.unit_id), "finish", {"opinion": n.writer.say("assist_done")})
        yield self._unit_deed(
            done, "handle", opinion=n.writer.handled(self.theme, self.spot), without_assists=True
        )

    def _check_and_answer(self) -> Iterator[Deed]:
        n = self.n
        if n.plan.is_sent_back[self.index]:
            yield self._worker(240, "send_back", reason=n.writer.say("verify_fail"))
            yield from self._handle(self.now, 0.3)
        yield self._worker(200, "verify", opinion=n.writer.say("verify_pass"))
        answer = int(n.plan.answer[self.index])
        reporter = holder_of(self.case.pk, "reporter")
        if answer == -1 and n.chance(0.6):
            yield Deed(
                self._awake(), reporter, "answer", {"solved": False, "reason": n.writer.say("unsolved")}
            )
            yield from self._handle(self.now, 0.4)
            yield self._worker(150, "verify", opinion=n.writer.say("verify_pass"))
        if answer == 1 or (answer == -1 and n.chance(0.7)):
            yield Deed(self._awake(), reporter, "answer", {"solved": True, "reason": n.writer.say("solved")})
        else:
            yield from self._time_out()
            if answer == -1:
                yield from self._reopen(reporter)

    def _time_out(self) -> Iterator[Deed]:
        """Nobody answers: the case closes when the time for it is over."""
        clock = next(iter(running(self.case, "answer")), None)
        if clock is not None:
            words = "经核查已解决；上报人未在期限内反馈，按核查结果结案"
            yield Deed(clock.due_at, SYSTEM, "close", {"result": "solved", "opinion": words})

    def _reopen(self, reporter: Actor) -> Iterator[Deed]:
        n = self.n
        after = self.now + dt.timedelta(days=n.rng.uniform(0.5, 8))
        yield Deed(after, reporter, "answer", {"solved": False, "reason": n.writer.say("unsolved")})
        yield self._dispatch(self._lead())
        yield from self._handle(self.now, 0.5)
        yield self._worker(200, "verify", opinion=n.writer.say("verify_pass"))
        yield from self._time_out()

    # Who and when

    def _lead(self) -> Unit:
        function = self.matter.lead_function
        above = self._able(function, self.case.area[:6]) if self.is_hard else None
        return above or self._able(function) or self._government()

    def _government(self) -> Unit:
        unit = book().nearest(self.case.area[:9], kind=UnitKind.GOVERNMENT)
        if unit is None:
            raise LookupError(f"no government above {self.case.area}")
        return unit

    def _able(self, function: str, area: str = "") -> Unit | None:
        """The unit responsible for a function here that has people and may be asked."""
        unit = book().responsible(function, area or self.case.area)
        if unit is None or self.n.cast.handler(unit.pk) is None:
            return None
        if unit.kind == UnitKind.COMMITTEE and not matters.is_admitted(
            self.matter, performer=Performer.COMMITTEE, area=self.case.area
        ):
            return None
        return unit

    def _wrong_unit(self) -> Unit:
        right = self._lead().pk
        for function in self.n.rng.sample(["urban_management", "housing", "traffic", "water", "market"], 5):
            unit = self._able(function)
            if unit is not None and unit.pk != right:
                return unit
        return self._government()

    def _dispatch(self, lead: Unit, *, assists: bool = False) -> Deed:
        n = self.n
        helpers = [self._able(f) for f in self.matter.assist_functions] if assists else []
        ids = [unit.pk for unit in helpers if unit is not None and unit.pk != lead.pk][:2]
        return self._centre(
            45,
            "dispatch",
            lead=lead.pk,
            assist=ids,
            matter=None if self.case.matter_id == self.matter.pk else self.matter.code,
            opinion=n.writer.say("dispatch", unit=str(lead)),
        )

    def _centre_id(self) -> int | None:
        centre = book().centre_of(self.case.area)
        return centre.pk if centre else None

    def _centre(self, minutes: float, move: str, **given: Any) -> Deed:
        return Deed(self._later(minutes), self.n.cast.dispatcher(self.case.holder_id), move, given)

    def _unit_deed(self, when: dt.datetime, move: str, **given: Any) -> Deed:
        return Deed(when, self.n.cast.handler(self.case.lead_id), move, given)

    def _worker(self, minutes: float, move: str, **given: Any) -> Deed:
        worker = self.n.cast.worker(self._grid())
        if worker is None or worker.unit == self.case.lead_id:
            worker = self.n.cast.dispatcher(self._centre_id())
        return Deed(self._later(minutes), worker, move, given)

    def _decide(self, move: str) -> Deed:
        words = self.n.writer.say("extend_reply" if move == "approve" else "extend_refuse")
        return Deed(self._later(90), self.n.cast.decider(self._centre_id()), move, {"opinion": words})

    def _later(self, minutes: float) -> dt.datetime:
        return self.n.soon(self.now, minutes)

    def _awake(self) -> dt.datetime:
        """When a reporter answers: within hours or days, by day."""
        when = self.now + dt.timedelta(hours=self.n.rng.expovariate(1 / 14) + 0.2)
        local = when.hour + 8
        return when + dt.timedelta(hours=8) if local % 24 < 7 else when

    def _after_share(self, begun: dt.datetime, share: float) -> dt.datetime:
        """When ``share`` of the handling limit has passed since ``begun``."""
        limit = limit_of(self.case, "handle").limit
        if limit.measure.is_working:
            hours = 7 if limit.measure.is_daily else 1
            return self.n.office.advance(begun, int(limit.amount * hours * HOUR * share) + 60)
        days = 24 if limit.measure.is_daily else 1
        return begun + dt.timedelta(hours=limit.amount * days * share)

    # Doing

    def _do(self, deed: Deed) -> bool:
        """Make the move; False where the story cannot go on."""
        if deed.actor is None or deed.at > self.n.until:
            return False
        self.now = max(self.now, deed.at)
        with clock_at(self.now):
            try:
                plan_move(
                    deed.actor,
                    flow=flow,
                    move=deed.move,
                    record=self.case,
                    given=deed.given,
                    at=self.now,
                    changes=self.changes,
                )
            except Refusal:
                return False
        return True
