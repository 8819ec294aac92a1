"""The negative list at work: what it forbids may not be published in a list of the grid or a committee."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from linli.domains.matters.entries import MatterEntry, normal


@dataclass(frozen=True)
class NegativeRule:
    """One entry of the negative list: words that give it away, and words beside which they do not count."""

    code: str
    name: str
    words: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True)
class NegativeHit:
    word: str
    rule: NegativeRule

    def __str__(self) -> str:
        return f"“{self.word}”属于负面清单“{self.rule.name}”（{self.rule.code}）"


def rule_of(entry: MatterEntry) -> NegativeRule:
    return NegativeRule(entry.code, entry.name, tuple(w for w, _ in entry.keywords), entry.words_against)


def hits(text: str, rules: Iterable[NegativeRule]) -> list[NegativeHit]:
    """The words of ``text`` that the negative list names, each with its rule."""
    plain = normal(text)
    return [
        NegativeHit(word, rule)
        for rule in rules
        if not any(word in plain for word in rule.against)
        for word in rule.words
        if word in plain
    ]
