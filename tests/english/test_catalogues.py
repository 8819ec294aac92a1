"""The English catalogues: whole, unambiguous, and naming the same values as the Chinese."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from linli.domains.cases.indicators import INDICATORS
from linli.kernel.insight.declaration import Indicator
from linli.web.locale import compile as catalogues
from linli.web.locale import sources

CATALOGUES = sorted(sources.ROOMS.rglob("en/LC_MESSAGES/*.po"))
NAMED = re.compile(r"%\((\w+)\)|\{(\w+)\}")


def test_every_text_has_an_english_one() -> None:
    assert sources.missing() == {}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parents[3].name)
def test_nothing_is_empty_or_in_doubt(catalogue: Path) -> None:
    entries = catalogue.read_text(encoding="utf-8").count("\nmsgid ")
    assert len(catalogues.read(catalogue)) == entries, "an entry is empty, fuzzy or there twice"


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parents[3].name)
def test_english_texts_name_the_same_values(catalogue: Path) -> None:
    for source, english in catalogues.read(catalogue).items():
        assert set(NAMED.findall(source)) == set(NAMED.findall(english)), source


def test_no_text_has_two_english_ones() -> None:
    """Catalogues are one when they are read: the last would win everywhere."""
    found: dict[str, set[str]] = defaultdict(set)
    for catalogue in CATALOGUES:
        for source, english in catalogues.read(catalogue).items():
            if source:
                found[source].add(english)
    assert {source: texts for source, texts in found.items() if len(texts) > 1} == {}


@pytest.mark.parametrize("one", INDICATORS.values(), ids=lambda one: one.code)
def test_every_figure_is_explained_in_english(one: Indicator) -> None:
    """Some of its words are put together when it is declared."""
    parts = [one.counted.title, *([one.among.title] if one.among else [])]
    words = [one.title, one.unit, one.source, one.note, *parts, *(ex.reason for ex in one.exclusions)]
    assert {word for word in words if sources.CHINESE.search(word)} - sources.known() == set()


def test_finds_what_is_marked_and_what_is_said_in_modules() -> None:
    assert sources.of_template('{% load i18n %}{% translate "甲" %}{{ _("乙") }}丙') == {"甲", "乙"}
    column = 'models.CharField("丙", choices=[("x", "丁")])'
    lines = ['"""文档"""', 'title = "甲"', 'kept = "乙"  # not shown', column, '_("（%(n)s）")']
    assert sources.of_module("\n".join(lines)) == {"甲", "丁", "（%(n)s）"}
