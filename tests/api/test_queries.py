"""What a request asks of the database: counted, and the same however much there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from linli.domains.matters import queries as matters
from linli.kernel.records import editions
from tests.city import City, centre_of

GRID = "990101001001001"


QueriesOf = Callable[..., tuple[int, Any]]


@pytest.fixture
def queries_of(secret_of: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> QueriesOf:
    """``queries_of(word, method, path, body)``: how many it takes, and the answer."""
    monkeypatch.setattr(editions, "FRESH_SECONDS", 3600.0)  # what is asked once a second is asked already
    client, secrets = Client(), {word: secret_of(word) for word in ("dispatcher", "fire", "worker")}

    def count(word: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        asking = getattr(client, method)
        headers = {"Authorization": f"Bearer {secrets[word]}"}
        asking_units = client.get("/api/v1/units", headers=headers)  # so that the token is known
        assert asking_units.status_code == 200
        with CaptureQueriesContext(connection) as asked:
            answer = asking(f"/api/v1{path}", body, "application/json", headers=headers)
        assert answer.status_code < 300, answer.content.decode()
        return sum(TREE not in one["sql"] for one in asked), answer.json()

    return count


TREE = 'FROM "areas_treeversion"'
"""Inside a transaction, such as a test's, the tree's number is asked for each time."""


def new_report() -> dict[str, Any]:
    lng, lat = centre_of(GRID)
    text = "柳湾花园北门消防通道被私家车堵塞，救护车进不来"
    return {"text": text, "lng": lng, "lat": lat, "channel": "desk", "client_id": str(uuid4())}


def test_a_report_is_one_query(queries_of: QueriesOf) -> None:
    queries_of("dispatcher", "post", "/reports", new_report())
    assert queries_of("dispatcher", "post", "/reports", new_report())[0] == 1


def test_a_move_is_two_queries_and_a_case_one(city: City, queries_of: QueriesOf) -> None:
    fire = city.unit("东湖区消防救援大队")
    moves: list[tuple[str, str, dict[str, Any]]] = [
        ("dispatcher", "dispatch", {"lead": fire, "matter": matters.current("grid")[0].code}),
        ("fire", "handle", {"opinion": "通道已畅通"}),
        ("worker", "verify", {"opinion": "现场畅通"}),
        ("dispatcher", "close", {"result": "solved", "opinion": "已办结"}),
    ]
    for _ in range(2):
        _, case = queries_of("dispatcher", "post", "/reports", new_report())
        path, version, counted = f"/cases/{case['number']}", 1, []
        for who, move, given in moves:
            body = {"move": move, "version": version, "client_id": str(uuid4()), **given}
            count, made = queries_of(who, "post", f"{path}/moves", body)
            version = made["version"]
            counted.append(count)
        counted.append(queries_of("dispatcher", "get", path)[0])
    assert counted == [2, 2, 2, 2, 1]


def test_a_list_takes_the_same_queries_for_any_number_of_cases(queries_of: QueriesOf) -> None:
    queries_of("dispatcher", "get", "/cases")
    for _ in range(2):
        queries_of("dispatcher", "post", "/reports", new_report())
    few, _ = queries_of("dispatcher", "get", "/cases")
    for _ in range(10):
        queries_of("dispatcher", "post", "/reports", new_report())
    many, page = queries_of("dispatcher", "get", "/cases")
    assert len(page["items"]) == 12
    assert many == few <= 2
