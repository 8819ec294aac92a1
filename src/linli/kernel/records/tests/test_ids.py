"""Ids are never given out twice, whoever asks."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from linli.kernel.records.ids import BLOCK, forget_blocks, next_id, reserve

PROCESSES, EACH = 4, 750


def take(database: str, number: int) -> list[int]:
    """Ids taken by a process of its own."""
    import django

    django.setup()
    settings.DATABASES["default"]["NAME"] = database
    connection.settings_dict["NAME"] = database
    taken = [next_id() for _ in range(number)]
    connection.close()
    return taken


@pytest.mark.django_db
def test_processes_never_share_an_id() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    database = connection.settings_dict["NAME"]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        taken = pool.starmap(take, [(database, EACH)] * PROCESSES)
    ids = [value for part in taken for value in part]
    assert len(set(ids)) == PROCESSES * EACH


@pytest.mark.django_db(transaction=True)
def test_threads_never_share_an_id() -> None:
    forget_blocks()

    def some(_: int) -> list[int]:
        taken = [next_id() for _ in range(500)]
        connection.close()
        return taken

    with ThreadPoolExecutor(8) as threads:
        ids = [value for part in threads.map(some, range(8)) for value in part]
    assert len(set(ids)) == 4000


@pytest.mark.django_db
def test_a_block_is_asked_for_once(django_assert_num_queries: object) -> None:
    forget_blocks()
    with django_assert_num_queries(1):  # type: ignore[operator]
        first = [next_id() for _ in range(BLOCK)]
    assert first == list(range(first[0], first[0] + BLOCK))
    assert next_id() not in first


@pytest.mark.django_db
def test_what_was_taken_and_forgotten_is_never_given_out() -> None:
    forget_blocks()
    before = next_id()
    forget_blocks()
    assert next_id() >= before + 1


@pytest.mark.django_db
def test_a_large_plan_asks_once_for_all_its_ids(django_assert_num_queries: Any) -> None:
    forget_blocks()
    first = next_id()
    with django_assert_num_queries(1):
        reserve(10 * BLOCK)
    with django_assert_num_queries(0):
        reserve(10 * BLOCK)
        taken = [next_id() for _ in range(10 * BLOCK)]
    assert len({first, *taken}) == 10 * BLOCK + 1
    assert taken[: BLOCK - 1] == list(range(first + 1, first + BLOCK)), "what is at hand is used first"
