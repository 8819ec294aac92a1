"""The seven cases of the matrix, made once for all its tests, and the ways in for every post."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from linli.domains.cases.models import Case
from linli.kernel.areas.models import Area
from linli.kernel.records.editions import drop_all
from linli.kernel.records.ids import forget_blocks
from linli.kernel.units.models import Token
from tests import city as small_city
from tests.access.sees import stand
from tests.city import City

Ask = Callable[..., Any]
SignIn = Callable[[str], Client]


@dataclass
class Town:
    """The city, the ids of the cases by place, and a token's secret for every post."""

    city: City
    ids: dict[str, int]
    secrets: dict[str, str]


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """Lists, calendars and units stay in memory from test to test: no test of this folder changes them. One
    that ends a token or a post calls ``drop_all`` itself."""


@pytest.fixture(scope="package")
def _town(
    _city_loaded: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Cases in a transaction that ends with the last test of this folder; each test rolls back to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        drop_all()
        forget_blocks()
        if not Area.objects.exists():
            small_city.build(tmp_path_factory.mktemp("town"))
        city = small_city.read()
        ids = stand(city)
        yield Town(city, ids, {who: Token.issue(post, "测试")[1] for who, post in city.posts.items()})
        transaction.set_rollback(True)
    drop_all()
    forget_blocks()


@pytest.fixture
def town(_town: Town, db: None) -> Town:
    cache.clear()
    return _town


@pytest.fixture
def city(town: Town) -> City:
    return town.city


@pytest.fixture
def ids(town: Town) -> dict[str, int]:
    return town.ids


@pytest.fixture
def cases(town: Town) -> dict[str, Case]:
    """The seven cases by place, read anew."""
    found = Case.objects.in_bulk(town.ids.values())
    return {place: found[pk] for place, pk in town.ids.items()}


@pytest.fixture
def numbers(cases: dict[str, Case]) -> dict[str, str]:
    return {place: case.number for place, case in cases.items()}


@pytest.fixture
def ask(town: Town) -> Ask:
    """``ask("fire", "get", "/cases")``: the answer of the REST API to that post; ``public`` has no token."""
    client = Client(raise_request_exception=False)

    def send(who: str, method: str, path: str, body: Any = None, **query: str) -> Any:
        headers = {"Authorization": f"Bearer {town.secrets[who]}"} if who != "public" else {}
        sent: dict[str, Any] = {"headers": headers, "query_params": query or None}
        if body is not None:
            sent |= {"data": body, "content_type": "application/json"}
        answer = getattr(client, method)(f"/api/v1{path}", **sent)
        assert answer.status_code < 500, (who, method, path, answer.content.decode())
        return answer

    return send


@pytest.fixture
def sign_in(town: Town) -> SignIn:
    """A browser of that post; ``public`` is not signed in."""

    def entered(who: str) -> Client:
        client = Client()
        if who != "public":
            client.force_login(town.city.posts[who].account)
        return client

    return entered
