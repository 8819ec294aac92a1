"""What is typed becomes a query that finds letter by letter."""

from __future__ import annotations

import pytest

from linli.lib.bigrams import has_beginnings, query, vector, words_of


def test_words_are_pairs_and_the_last_character() -> None:
    assert words_of("消防通道, wifi6 3号") == ["消防", "防通", "通道", "道", "wifi6", "3", "号"]


def test_texts_are_kept_apart() -> None:
    assert vector("井盖", "路") == "井盖:1 盖:2 路:5"


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("消防通道", "('消防' <-> '防通' <-> '通道')"),
        ("消防 占道", "('消防') & ('占道')"),
        ("井", "'井':*"),
        ("WiFi", "'wifi':*"),
        ("3号楼", "'3' & ('号楼')"),
        ("26000", "'26000'"),
        ("260004", "'260004':*"),
        ("！？ ", None),
    ],
)
def test_every_run_is_asked_for(typed: str, asked: str | None) -> None:
    assert query(typed) == asked


def test_a_beginning_is_told_from_a_word() -> None:
    assert [has_beginnings(query(typed)) for typed in ("井", "井盖", "？")] == [True, False, False]
