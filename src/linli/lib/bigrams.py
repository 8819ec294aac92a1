"""Chinese text for PostgreSQL's full-text search: overlapping pairs of characters.

No dictionary and no segmenter: 「消防通道」 is found as the run 消防·防通·通道. Latin words and digits stay
whole and in lower case. A query is a phrase of its pairs, so what is found contains it letter by letter.
"""

from __future__ import annotations

import re
from operator import add

LAST = 16_000
"""The last position of a word; PostgreSQL knows none above 16,383."""

_AT = tuple(f":{at}" for at in range(LAST + 1))
"""How positions are written."""

_RUN = re.compile(r"[㐀-鿿豈-﫿]+|[A-Za-z0-9]+")


def words_of(text: str) -> list[str]:
    """The search words of a text in order; a run of one Chinese character is that character."""
    words: list[str] = []
    for run in _RUN.findall(text):
        if run.isascii():
            words.append(run.lower())
        elif len(run) == 1:
            words.append(run)
        else:
            words.extend(map(add, run, run[1:]))
            words.append(run[-1])  # so that a search for the last character alone finds it
    return words


def vector(*texts: str) -> str:
    """A ``tsvector`` literal with positions; texts are kept apart so that no phrase spans two of them."""
    parts: list[str] = []
    position = 1
    for text in texts:
        words = words_of(text)
        parts += map(add, words, _AT[position : position + len(words)])  # letters and digits need no quotes
        position += len(words) + 2
    return " ".join(parts)


SHORTEST_NUMBER = 6
"""Digits by which the beginning of a number is looked for; fewer are a number of their own, as in an address:
every case's number begins with its year, so that they would find all cases of it."""
_BEGINNING = ":*"


def query(text: str) -> str | None:
    """A ``tsquery`` literal for what somebody typed: all its runs, each as a phrase. None without a word."""
    phrases = []
    for run in _RUN.findall(text):
        if run.isdigit() and len(run) < SHORTEST_NUMBER:
            phrases.append(f"'{run}'")
        elif run.isascii():
            phrases.append(f"'{run.lower()}'{_BEGINNING}")
        elif len(run) == 1:
            phrases.append(f"'{run}'{_BEGINNING}")
        else:
            phrases.append("(" + " <-> ".join(f"'{run[i : i + 2]}'" for i in range(len(run) - 1)) + ")")
    return " & ".join(phrases) or None


def has_beginnings(query: str | None) -> bool:
    """Whether a query has words of which only the beginning is known."""
    return query is not None and _BEGINNING in query
