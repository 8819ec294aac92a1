"""A process learns what another has changed."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from linli.kernel.records import editions
from linli.kernel.records.editions import Cached, edition, raise_edition

NAME = "test.editions"


@pytest.fixture
def cached() -> Cached[int]:
    """Counts how often it was built."""
    built: list[int] = []

    def build() -> int:
        built.append(1)
        return len(built)

    made = Cached(NAME, build)
    editions._caches.remove(made)
    editions.forget()  # a test before this one may have looked within the last second
    return made


def elsewhere(deed: object) -> None:
    """Do something on another connection, and have it end there."""

    def run() -> None:
        deed()  # type: ignore[operator]
        connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run).result()


@pytest.mark.django_db(transaction=True)
def test_a_change_on_another_connection_is_seen_within_the_second(
    cached: Cached[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(editions.time, "monotonic", lambda: clock[0])
    editions.forget()
    assert cached() == 1

    def change() -> None:
        with connection.cursor() as cursor:  # as another process would: this one's memory is not told
            cursor.execute(
                "INSERT INTO records_edition (name, number) VALUES (%s, nextval('edition_numbers'))"
                " ON CONFLICT (name) DO UPDATE SET number = excluded.number",
                [NAME],
            )

    elsewhere(change)
    clock[0] += editions.FRESH_SECONDS / 2
    assert cached() == 1, "asked at most once a second"
    clock[0] += editions.FRESH_SECONDS
    assert cached() == 2


@pytest.mark.django_db(transaction=True)
def test_the_process_that_changes_sees_it_at_once(cached: Cached[int]) -> None:
    assert cached() == 1
    raise_edition(NAME)
    assert cached() == 2
    assert cached() == 2


@pytest.mark.django_db(transaction=True)
def test_what_was_built_on_a_change_that_was_undone_is_not_kept(cached: Cached[int]) -> None:
    raise_edition(NAME)
    assert cached() == 1
    with transaction.atomic():
        raise_edition(NAME)
        assert cached() == 2
        transaction.set_rollback(True)
    # nobody looks before the next change, which must not be taken for the one undone
    raise_edition(NAME)
    assert cached() == 3


@pytest.mark.django_db
def test_all_names_are_asked_for_in_one_query(django_assert_num_queries: object) -> None:
    editions.forget()
    with django_assert_num_queries(1):  # type: ignore[operator]
        edition("one")
        edition("two")
        edition("three")


def test_an_answer_is_trusted_for_a_second_and_a_no_never(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(editions.time, "monotonic", lambda: clock[0])
    known = {"a": 1}
    asked: list[list[str]] = []

    def ask(keys: Collection[str]) -> dict[str, int]:
        asked.append(sorted(keys))
        return {key: known[key] for key in keys if key in known}

    lately = editions.Lately(ask)
    editions._caches.remove(lately)
    assert lately("b") is None
    known["b"] = 2
    assert lately("b") == 2, "what has begun holds at once"
    assert lately("a") == 1
    del known["a"]
    clock[0] += editions.FRESH_SECONDS / 2
    assert lately("a") == 1
    clock[0] += editions.FRESH_SECONDS / 2
    assert lately("a") is None, "what has ended is known within the second"
    assert lately("b") == 2
    assert asked == [["b"], ["b"], ["a"], ["a", "b"]], "after a second all are asked for together"


def test_answers_do_not_fill_the_memory() -> None:
    lately: editions.Lately[int, int] = editions.Lately(lambda keys: {key: key for key in keys})
    editions._caches.remove(lately)
    for key in range(2 * lately.KEPT + 1):
        lately(key + 1)
    assert len(lately._answers) <= lately.KEPT
