"""People who each ask now and then: a load that is offered, whether or not the server keeps up with it.

``client.drive`` asks again as soon as it is answered, so that a slow server is asked less. Here each person
asks once in a while, and it is the number of people that grows: in an overload answers come late, and
everybody waits for theirs. A connection that fails is an answer of status 0; its person connects anew.
"""

from __future__ import annotations

import heapq
import random
import selectors
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.client import Answer, Line, Sample, Script

PATIENCE = 60.0
"""Seconds after which whoever has no answer gives up: an error."""
LOOK = 0.05
"""Seconds between two looks at who comes, goes or gives up."""
FAILED = 0


@dataclass(frozen=True)
class Phase:
    """So many people for so long."""

    name: str
    people: int
    seconds: float


@dataclass
class Person:
    """One of the crowd, on a connection of their own."""

    line: Line
    answer: Answer | None = None
    """What their script is told next; None before the first request."""
    is_leaving: bool = False

    def ask(self) -> None:
        request = next(self.line.script) if self.answer is None else self.line.script.send(self.answer)
        self.line.send(request)


@dataclass
class Crowd:
    """Everybody there is, and what has been noted of their answers.

    Each asks once in ``every`` seconds, or once the answer is there where that takes longer. Scripts do not
    end. Who came last leaves first, after their answer.
    """

    port: int
    script: Callable[[], Script]
    every: float
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    samples: list[Sample] = field(default_factory=list)
    _waiting: list[tuple[float, int, Person]] = field(default_factory=list)
    """When each asks next."""
    _asking: dict[int, Person] = field(default_factory=dict)
    _present: list[Person] = field(default_factory=list)
    """In the order in which they came."""
    _count: int = 0

    def attend(self, phases: Sequence[Phase]) -> list[Sample]:
        """Live through the phases; the samples, their ``at`` since the first phase began."""
        begun = time.perf_counter()
        with selectors.DefaultSelector() as selector:
            ends = begun
            for phase in phases:
                ends += phase.seconds
                self._become(phase.people)
                while (left := ends - time.perf_counter()) > 0:
                    self._look(selector, begun, min(LOOK, left))
            self._become(0)
            while self._asking:
                self._look(selector, begun, LOOK)
        for _, _, person in self._waiting:
            person.line.close()
        return self.samples

    def _become(self, people: int) -> None:
        """Let people come, spread over the time in which each asks once, or leave."""
        while len(self._present) > people:
            self._present.pop().is_leaving = True
        while len(self._present) < people:
            person = Person(Line(self.port, self.script()))
            self._present.append(person)
            self._wait(person, time.perf_counter() + self.chance.random() * self.every)

    def _wait(self, person: Person, until: float) -> None:
        self._count += 1
        heapq.heappush(self._waiting, (until, self._count, person))

    def _look(self, selector: selectors.BaseSelector, begun: float, longest: float) -> None:
        """Let those ask whose time has come, and take what is answered before the next one's has."""
        present = time.perf_counter()
        while self._waiting and self._waiting[0][0] <= present:
            person = heapq.heappop(self._waiting)[2]
            if person.is_leaving:
                person.line.close()
                continue
            try:
                person.ask()
            except OSError:
                self._fail(person, begun)
            else:
                self._asking[person.line.socket.fileno()] = person
                selector.register(person.line.socket, selectors.EVENT_READ, person)
        if self._waiting:
            longest = max(0.0, min(longest, self._waiting[0][0] - time.perf_counter()))
        for key, _ in selector.select(longest):
            self._take(selector, key.data, begun)
        for person in [one for one in self._asking.values() if present - one.line.sent_at > PATIENCE]:
            self._let_go(selector, person)
            self._fail(person, begun)

    def _take(self, selector: selectors.BaseSelector, person: Person, begun: float) -> None:
        try:
            answer = person.line.receive()
        except OSError:
            self._let_go(selector, person)
            self._fail(person, begun)
            return
        if answer is None:
            return
        self._let_go(selector, person)
        self._go_on(person, answer, begun)

    def _let_go(self, selector: selectors.BaseSelector, person: Person) -> None:
        selector.unregister(person.line.socket)
        del self._asking[person.line.socket.fileno()]

    def _fail(self, person: Person, begun: float) -> None:
        """Note that there was no answer, and connect anew."""
        old = person.line
        old.close()
        person.line = Line(self.port, old.script)
        person.line.request, person.line.sent_at, person.line.received = old.request, old.sent_at, b""
        self._go_on(person, Answer(FAILED, b""), begun)

    def _go_on(self, person: Person, answer: Answer, begun: float) -> None:
        ended = time.perf_counter()
        self.samples.append(person.line.sample(answer, begun, ended))
        if person.is_leaving or not person.line.is_kept:
            person.line.close()
        if not person.is_leaving:
            person.answer = answer
            self._wait(person, max(ended, person.line.sent_at + self.every))
