from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from linli.kernel.clocks import sources
from linli.kernel.clocks.calendar import Limit, Measure
from linli.kernel.clocks.models import Clock, Source
from linli.kernel.clocks.tests.factories import hours, started

TEXT = "测试规定第一条"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """Another test's rows are gone, and so are these in the end."""
    sources.forget()
    yield
    sources.forget()


def kept_and_undone() -> None:
    with transaction.atomic():
        sources.keep(TEXT)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_clocks_of_one_source_share_its_text() -> None:
    for pk in (1, 2):
        started("2026-03-02 10:30", hours(4), write=True, pk=pk)
    assert [source.text for source in Source.objects.all()] == [TEXT]
    assert {clock.limit for clock in Clock.objects.all()} == {hours(4)}


@pytest.mark.django_db
def test_a_clock_without_a_source_needs_no_row() -> None:
    clock = started("2026-03-02 10:30", Limit(4, Measure.HOURS), write=True)
    assert (Clock.objects.get(pk=clock.pk).source, Source.objects.count()) == ("", 0)


@pytest.mark.django_db
def test_a_process_that_never_saw_a_text_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = started("2026-03-02 10:30", hours(4), write=True)
    monkeypatch.setattr(sources, "_texts", {sources.NONE: ""})
    assert Clock.objects.get(pk=clock.pk).source == TEXT


@pytest.mark.django_db(transaction=True)
def test_a_text_is_written_once_by_a_process() -> None:
    sources.keep(TEXT)
    with CaptureQueriesContext(connection) as asked:
        sources.keep(TEXT)
    assert not asked.captured_queries


@pytest.mark.django_db(transaction=True)
def test_a_text_whose_transaction_was_undone_is_written_again() -> None:
    kept_and_undone()
    assert not Source.objects.exists()
    sources.keep(TEXT)
    assert Source.objects.get().text == TEXT


@pytest.mark.django_db(transaction=True)
def test_a_text_is_written_once_in_a_transaction_and_again_where_that_was_taken_back() -> None:
    with transaction.atomic():
        kept_and_undone()
        sources.keep(TEXT)
        with CaptureQueriesContext(connection) as asked:
            sources.keep(TEXT)
    assert (len(asked), Source.objects.get().text) == (0, TEXT)


def test_a_key_is_exact_for_every_reader_of_json() -> None:
    assert 0 < sources.key_of(TEXT) < 2**48
