"""Linli itself, asked as the peers are: over REST by dispatchers, and at the desk.

Reports come in at dispatchers of many townships; the step that follows (``move``) names the matter and
dispatches the case to the department that leads it there. Lists and details are seen by the dispatcher whose
area is the largest, the whole city as a rule, as the clerks of the peers see every ticket.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import cycle
from uuid import uuid4

import orjson

from bench.client import Answer, Request, get, post, view
from bench.ground import Person, person, posts
from bench.intake import PATH, PEOPLE
from bench.peers.protocol import Said, Ticket, Unexpected
from linli.domains.matters import queries as matters
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import book
from linli.lib.time import today

NAME = "Linli"
ROWS = 50
WORDS = "现场已处理完毕，复查正常"
CASES = "/api/v1/cases"
_CASE = re.compile(rb'"/desk/cases/([^/"]+)/"')


@dataclass
class Dispatchers:
    """The dispatchers of a city, over REST."""

    name: str = NAME
    is_pages: bool = False
    status: Mapping[str, int] = field(
        default_factory=lambda: {"create": 201, "move": 200, "list": 200, "detail": 200}
    )

    def __post_init__(self) -> None:
        everybody = posts("dispatcher")
        self._by_area = {one.area: one for one in everybody}
        self._takers = cycle([person(one) for one in everybody[:PEOPLE]])
        self._people: dict[str, Person] = {}
        self.viewer = person(min(everybody, key=lambda one: len(one.area)))

    def create(self, said: Said) -> Request:
        content = {
            "text": said.text,
            "lng": said.lng,
            "lat": said.lat,
            "address": said.address,
            "channel": "api",
            "client_id": uuid4(),
        }
        return post(PATH, next(self._takers).token, content, name="create")

    def created(self, said: Said, answer: Answer) -> Ticket:
        found = orjson.loads(answer.body)
        if "number" not in found:
            raise Unexpected.of(f"{NAME}: no case", answer)
        return Ticket(found["number"], said.heading, found["version"], found["area"])

    def move(self, ticket: Ticket) -> Request:
        township = ticket.area[:9]
        matter, lead = competence(township)
        content = {
            "move": "dispatch",
            "version": ticket.version,
            "client_id": uuid4(),
            "matter": matter,
            "lead": lead,
            "opinion": WORDS,
        }
        whose = self._dispatcher(township)
        return post(f"{CASES}/{ticket.number}/moves", whose.token, content, name="move")

    def _dispatcher(self, township: str) -> Person:
        if township not in self._people:
            self._people[township] = person(self._by_area[township])
        return self._people[township]

    def list(self) -> Sequence[Request]:
        """The newest cases."""
        asked = get(f"{CASES}?list=all&limit={ROWS}", self.viewer.token)
        return (Request("list", asked.wire),)

    def listed(self, answers: Sequence[Answer]) -> int:
        return len(orjson.loads(answers[-1].body)["items"])

    def detail(self, ticket: Ticket) -> Sequence[Request]:
        asked = get(f"{CASES}/{ticket.number}", self.viewer.token)
        return (Request("detail", asked.wire),)

    def dashboard(self) -> Sequence[Request]:
        return ()


class Desk(Dispatchers):
    """The same list and case as pages of the desk."""

    def list(self) -> Sequence[Request]:
        """All cases: the desk opens with what is to be done at a post, which is little for a whole city."""
        return (Request("list", view("/desk/?list=all", self.viewer.session).wire),)

    def listed(self, answers: Sequence[Answer]) -> int:
        return len(set(_CASE.findall(answers[-1].body)))

    def detail(self, ticket: Ticket) -> Sequence[Request]:
        return (Request("detail", view(f"/desk/cases/{ticket.number}/", self.viewer.session).wire),)


@cache
def competence(township: str) -> tuple[str, int]:
    """A matter and the department that leads it in a township; raises ``LookupError`` where none does."""
    for matter in matters.current("grid", today(), area=township):
        unit = book().responsible(matter.lead_function, township)
        if unit is not None and unit.kind == UnitKind.DEPARTMENT:
            return matter.code, unit.pk
    raise LookupError(f"no department leads a matter in {township}")
