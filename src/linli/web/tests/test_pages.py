from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from linli.lib.errors import Invalid
from linli.web.pages import keyset

Account = get_user_model()

START = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
ORDER = ("-created_at", "id")


@pytest.fixture
def accounts(db: None) -> list[Any]:
    """Seven accounts, several made in the same instant."""
    return [
        Account.objects.create(username=f"a{n}", created_at=START + dt.timedelta(hours=n // 3))
        for n in range(7)
    ]


def walk(size: int) -> list[int]:
    found: list[int] = []
    cursor = ""
    while True:
        page = keyset(Account.objects.all(), order=ORDER, cursor=cursor, size=size)
        found += [one.pk for one in page.items]
        cursor = page.next
        if not cursor:
            return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pages_show_every_row_once_and_in_order(accounts: list[Any], size: int) -> None:
    assert walk(size) == list(Account.objects.order_by(*ORDER).values_list("pk", flat=True))


def test_rows_that_arrive_meanwhile_do_not_shift_the_next_page(accounts: list[Any]) -> None:
    first = keyset(Account.objects.all(), order=ORDER, size=3)
    Account.objects.create(username="new", created_at=START + dt.timedelta(days=9))
    second = keyset(Account.objects.all(), order=ORDER, cursor=first.next, size=3)
    assert not {one.pk for one in first.items} & {one.pk for one in second.items}


@pytest.mark.parametrize("spoil", [lambda c: c[:-1] + "x", lambda c: "abc", lambda c: "a:b:c"])
def test_a_cursor_that_is_not_ours_is_refused(accounts: list[Any], spoil: object) -> None:
    cursor = keyset(Account.objects.all(), order=ORDER, size=2).next
    with pytest.raises(Invalid) as told:
        keyset(Account.objects.all(), order=ORDER, cursor=spoil(cursor))  # type: ignore[operator]
    assert "cursor" in told.value.fields


def test_a_cursor_belongs_to_one_order(accounts: list[Any]) -> None:
    cursor = keyset(Account.objects.all(), order=ORDER, size=2).next
    with pytest.raises(Invalid):
        keyset(Account.objects.all(), order=("id",), cursor=cursor)


def test_the_api_hands_the_cursor_on(client: Client, accounts: list[Any]) -> None:
    bearer = {"Authorization": "Bearer good"}
    first = client.get("/api/v1/accounts?limit=4", headers=bearer).json()
    second = client.get("/api/v1/accounts", {"limit": 4, "cursor": first["next"]}, headers=bearer).json()
    assert [len(first["items"]), len(second["items"])] == [4, 3]
    assert not second["next"]
    wrong = client.get("/api/v1/accounts?limit=0", headers=bearer).json()
    assert wrong["errors"] == [{"field": "limit", "message": "不能小于 1"}]
