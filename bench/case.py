"""One case, as people see it who may see a part: the page at the desk, and the case over REST.

Half of the cases are among the newest that a person sees, half were opened in the first half of the city's
time, so that pages are read which nobody has looked at for long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max, Min

from bench.client import Request, get, view
from bench.figures import Run, keep, show
from bench.ground import Ground, Person, person, web
from bench.pages import Page, measure, tell_ratios
from bench.people import busiest, cases_listed
from linli.domains.cases.models import Case

if TYPE_CHECKING:
    from bench.main import Settings

LOOKED_AT = 40
"""Cases of each person."""
AMONG = 400
"""Newest cases among which half of them are picked, evenly."""


def run(base: Ground, chosen: Settings) -> list[Run]:
    base.city(chosen.cases)
    pages = _pages()
    with web(base) as site:
        runs = [
            one
            for page in pages
            for one in measure(base, site, page, cases=chosen.cases, repeats=chosen.repeats)
        ]
    show(f"case: {chosen.cases:,} cases", runs)
    keep("case", {"cases": chosen.cases, "ratios": tell_ratios(runs)}, runs)
    return runs


def _pages() -> list[Page]:
    pages = []
    for who, candidates in busiest().items():
        one = person(candidates[0])
        numbers = _numbers(one)
        pages.append(Page(f"{who}, case", [get(f"/api/v1/cases/{n}", one.token) for n in numbers]))
        pages.append(Page(f"{who}, desk, case", [_at_the_desk(one, n) for n in numbers]))
    return pages


def _at_the_desk(one: Person, number: str) -> Request:
    return view(f"/desk/cases/{number}/", one.session)


def _numbers(one: Person) -> list[str]:
    """Of cases new and old that somebody sees."""
    told = Case.objects.aggregate(first=Min("opened_at"), last=Max("opened_at"))
    middle = told["first"] + (told["last"] - told["first"]) / 2
    old = {"list": "all", "opened_to": f"{middle:%Y-%m-%d}"}
    found: dict[str, None] = {}
    for asked in ({"list": "all"}, old):
        seen = cases_listed(one.post, asked, AMONG)
        found |= dict.fromkeys(case.number for case in seen[:: 2 * len(seen) // LOOKED_AT + 1])
    return list(found)
