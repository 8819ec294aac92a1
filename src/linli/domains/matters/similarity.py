"""How alike two texts are: only ever to rank candidates that place, matter and time have already let through.

Text alone scores the same complaint about another building higher than a true paraphrase.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from linli.domains.matters.entries import normal

K = TypeVar("K")


def text_similarity(a: str, b: str) -> float:
    """Cosine of the two texts' character-pair counts, 0 to 1."""
    return _cosine(_pairs(a), _pairs(b))


def rank(text: str, candidates: Iterable[tuple[K, str]]) -> list[tuple[K, float]]:
    """Candidates (key, text) with their likeness to ``text``, most alike first."""
    pairs = _pairs(text)
    scored = [(key, _cosine(pairs, _pairs(other))) for key, other in candidates]
    return sorted(scored, key=lambda one: one[1], reverse=True)


def _pairs(text: str) -> Counter[str]:
    plain = normal(text)
    if len(plain) == 1:
        return Counter([plain])
    return Counter(plain[i : i + 2] for i in range(len(plain) - 1))


def _cosine(a: Counter[str], b: Counter[str]) -> float:
    if not a or not b:
        return 0.0
    shared = sum(count * b[pair] for pair, count in a.items() if pair in b)
    norms = math.hypot(*a.values()) * math.hypot(*b.values())
    return min(1.0, shared / norms)
