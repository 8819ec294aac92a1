"""Every page in English: what is still Chinese is content and says so."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from linli.domains.cases import actions
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, Report
from linli.domains.cases.tests import steps
from linli.domains.cases.tests.journeys import live
from linli.kernel.access.actor import PUBLIC
from linli.lib.errors import NotFound
from linli.web.locale import compile as catalogues
from tests.city import City
from tests.english.screen import Screen, read

ENGLISH = {"Accept-Language": "en"}
ROLES = ["dispatcher", "urban", "mayor", "system_admin", "security_admin"]
DATA = {"export", "photo", "live", "style", "ui"}
"""Parts of names of addresses that answer with files and data."""
MOST_ALIKE = 2
"""So many pages of one kind are read; they differ in content only."""


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    catalogues.compile_catalogues()


@pytest.fixture
def lived_in(city: City, settings: Any) -> City:
    """The city with cases in every state, one with everything that can stand on a case's page."""
    settings.CITY_NAME = "云汀市"
    live(city, 8, seed=3)
    busy = steps.dispatched(city, assist=(steps.URBAN,))
    steps.go(city.actor("fire"), busy, "ask_extension", amount=2, measure="hours", reason="等待配件")
    steps.go(city.actor("supervisor"), busy, "supervise", unit=city.unit(steps.FIRE), opinion="请尽快")
    contact = {"name": "王小明", "phone": "13800138000"}
    actions.report(PUBLIC, given=steps.new_report(contact=contact), channel="portal")
    steps.verified(city)
    back = steps.dispatched(city)
    steps.go(city.actor("fire"), back, "hand_back", reason="属于小区内部道路")
    return city


def _kind(path: str) -> tuple[object, ...] | None:
    """Pages of one kind: one view, and what it is asked for apart from a record."""
    try:
        found = resolve(path)
    except Resolver404:
        return None
    if any(part in found.view_name for part in DATA):
        return None
    asked = {k: v for k, v in found.kwargs.items() if k in ("name", "code", "kind")}
    return (found.view_name, *asked.values()) if found.view_name != "desk:matter" else (found.view_name,)


def _walk(client: Client, starts: list[str], within: str = "/") -> Iterator[tuple[str, Screen]]:
    """Pages that can be reached from ``starts`` and lie ``within``, a few of each kind."""
    seen: Counter[tuple[object, ...]] = Counter()
    known, waiting = set(starts), deque(starts)
    while waiting:
        url = waiting.popleft()
        kind = _kind(url.partition("?")[0])
        if kind is None or seen[kind] >= MOST_ALIKE:
            continue
        seen[kind] += 1
        response = client.get(url)
        if "html" not in response.headers.get("Content-Type", ""):
            continue
        screen = read(response.content.decode())
        yield url, screen
        for link in screen.links:
            here = url.partition("?")[0] + link if link.startswith("?") else link
            if here.startswith(("/wall/", within)) and here not in known:
                known.add(here)
                waiting.append(here)


def _foreign(pages: Iterator[tuple[str, Screen]]) -> dict[str, str]:
    """Each text that is Chinese without saying so, with a page on which it stands."""
    return {text: url for url, screen in pages for text in screen.foreign}


def _client(city: City, word: str) -> Client:
    client = Client(headers=ENGLISH)
    client.force_login(city.posts[word].account)
    return client


@pytest.mark.parametrize("word", ROLES)
def test_staff_read_english(word: str, lived_in: City) -> None:
    client = _client(lived_in, word)
    assert _foreign(_walk(client, ["/desk/", "/desk/?list=all", "/wall/"], "/desk/")) == {}


def test_visitors_read_english(lived_in: City) -> None:
    secrets = [report.secret for report in Report.objects.order_by("-pk")[:6]]
    starts = ["/", "/login", *(f"/r/{secret}/" for secret in secrets)]
    assert _foreign(_walk(Client(headers=ENGLISH), starts)) == {}


def test_refused_moves_are_refused_in_english(lived_in: City) -> None:
    """Every form of every move, sent empty: what is wrong stands at its fields."""
    wrong: dict[str, str] = {}
    cases = {case.state: case for case in Case.objects.order_by("pk")}
    for word in ("dispatcher", "fire", "worker"):
        client = _client(lived_in, word)
        for state, case in cases.items():
            for name in flow.moves:
                response = client.post(f"/desk/cases/{case.number}/moves/{name}/", {"version": "999"})
                if response.status_code not in (HTTPStatus.FOUND, HTTPStatus.NOT_FOUND):
                    told = read(response.content.decode()).foreign
                    wrong |= dict.fromkeys(told, f"{word} {state} {name}")
    assert wrong == {}


def test_the_api_speaks_english_where_it_is_asked_to(lived_in: City) -> None:
    client = _client(lived_in, "dispatcher")
    case = Case.objects.latest("pk")
    address = f"/api/v1/cases/{case.number}/moves/no_such_move"
    told = client.post(address, {}, content_type="application/json").json()
    assert told["title"] == "Nothing was found here"
    again = client.post(address, {}, content_type="application/json", headers={"Accept-Language": "zh-CN"})
    assert again.json()["title"] == NotFound.title
