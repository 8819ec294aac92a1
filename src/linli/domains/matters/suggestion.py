"""Text → matters, ranked, each with its reason. A person decides.

The list's own keywords answer at once. A word that many families of matters share says less, so that its
weight is divided by the root of their number (井盖 stands in four matters of one family: it says that much);
a light word that only tells the place is a hint and no more; where words overlap the longest counts (消防通道
hides 通道). Once there are closed cases, what they teach is blended in, by as much as the model has proved on
held-out cases.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from linli.domains.matters import learning, queries
from linli.domains.matters.entries import TIMED, normal
from linli.domains.matters.models import Matter
from linli.kernel.clocks.models import Urgency
from linli.lib.time import today

HALF = 2.0
"""Keyword weight at which a score reaches one half."""
NAMES = 1.0
"""Keyword weight from which a word names the matter. A lighter one (路口, 楼道, 坏了) says where or how it
is, which many things share: beside a word that names it counts in full, alone it is only a hint."""
FAINT = 0.5
"""What is left of a score without any word that names, so that it comes last and stands for nothing."""
AGAINST = 3.0
"""Weight that a word against a matter takes from it."""
LEAST = 0.1
"""Scores below this are not worth a person's look."""
LIKELY = 0.35
"""From this score on a suggestion stands for the matter until a person decides."""
CONVINCING = 500
"""Closed cases after which the model speaks with half of its measured accuracy."""

INDEXES_HELD = 50

NOT_NOW = re.compile(
    r"(没有|没|未|无|不|并非|如果|万一|要是|一旦|假如|容易|可能|担心|害怕|怕|引发|引起|造成|导致|会|防止|避免|发生|出现|谨防|杜绝|隐患)"
)
"""Chinese that turns a danger into a fear, a condition or a denial: 万一着火, 没有人受伤, 容易引起火灾."""
CLAUSE = re.compile(r"[，。！？；,.!?;\n]")
REACH = 6
"""Characters before a word in which such Chinese counts."""


@dataclass(frozen=True)
class Suggestion:
    matter: Matter
    score: float
    """0 to 1; comparable within one answer, not a probability"""
    reason: str
    words: tuple[str, ...]
    """words of the text that the reason names, for highlighting"""


def suggest(text: str, *, area: str | None = None, limit: int = 5, public: bool = False) -> list[Suggestion]:
    """The matters in force that ``text`` speaks of, best first; only those that become cases.

    ``public`` keeps to what residents are offered. An empty answer means that the list says nothing.
    """
    index = _index_of(area, today())
    plain = normal(text)
    by_words = index.scores(plain)
    learned = _learned(plain, index)
    voice = _voice()
    scores: dict[int, float] = {}
    for place in by_words.keys() | learned.keys():
        keyword = by_words[place].score if place in by_words else 0.0
        share = learned[place].share if place in learned else 0.0
        scores[place] = (1 - voice) * keyword + voice * share if learned else keyword
    best = sorted((p for p, s in scores.items() if s >= LEAST), key=lambda p: (-scores[p], p))
    found = []
    for place in best:
        if public and not index.matters[place].public:
            continue
        words, cases = by_words.get(place), learned.get(place)
        found.append(_suggestion(index.matters[place], scores[place], words, cases))
        if len(found) == limit:
            break
    return found


def _suggestion(
    matter: Matter, score: float, words: _ByWords | None, cases: learning.Learned | None
) -> Suggestion:
    reasons, named = [], dict.fromkeys(words.words if words else ())
    if words is not None:
        reasons.append(f"词语：{'、'.join(words.words)}")
    if cases is not None and cases.share >= LEAST:
        said = f"，常用：{'、'.join(cases.words)}" if cases.words else ""
        reasons.append(f"与已办结的 {cases.cases} 件同类事件归类一致{said}")
        named |= dict.fromkeys(cases.words)
    return Suggestion(matter, round(score, 4), "；".join(reasons), tuple(named))


# By the list's keywords ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ByWords:
    score: float
    words: tuple[str, ...]


class _Index:
    """The keywords of the matters in force, ready to be found in a text in one pass."""

    def __init__(self, matters: list[Matter]) -> None:
        self.matters = matters
        self.places = {matter.code: place for place, matter in enumerate(matters)}
        shared = Counter(word for family in _families(matters) for word in family)
        gains: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, matter in enumerate(matters):
            for word, weight in matter.keywords.items():
                gains[word].append((place, weight / math.sqrt(shared[word])))
            for word in matter.words_against:
                gains[word].append((place, -AGAINST))
        self._gains = dict(gains)
        self._lengths = _lengths_by_first(gains)

    def scores(self, plain: str) -> dict[int, _ByWords]:
        weights: defaultdict[int, float] = defaultdict(float)
        words: defaultdict[int, list[str]] = defaultdict(list)
        named: set[int] = set()
        for word in _longest(plain, self._lengths, self._gains):
            for place, gain in self._gains[word]:
                weights[place] += gain
                if gain > 0:
                    words[place].append(word)
                    if self.matters[place].keywords[word] >= NAMES:
                        named.add(place)
        return {
            place: _ByWords(weight / (weight + HALF) * (1 if place in named else FAINT), tuple(words[place]))
            for place, weight in weights.items()
            if weight > 0
        }


def _families(matters: Iterable[Matter]) -> Iterator[set[str]]:
    """The keywords of the matters that share all but the last level of their category, as one set each."""
    families: defaultdict[str, set[str]] = defaultdict(set)
    for matter in matters:
        families[matter.category.rpartition("/")[0]].update(matter.keywords)
    yield from families.values()


def _lengths_by_first(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """The lengths of the words that begin with each character, longest first."""
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for word in words:
        lengths[word[0]].add(len(word))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}


def _longest(
    plain: str, lengths: dict[str, tuple[int, ...]], known: dict[str, list[tuple[int, float]]]
) -> dict[str, None]:
    """Known words in the text, in order, without those that lie inside a longer one."""
    found: dict[str, None] = {}
    reach = 0
    for start, first in enumerate(plain):
        for length in lengths.get(first, ()):
            end = start + length
            if end > reach and plain[start:end] in known:
                found[plain[start:end]] = None
                reach = end
                break
    return found


_IndexKey = tuple[tuple[str, ...], bool, dt.date]

_indexes: WeakKeyDictionary[queries.Lists, dict[_IndexKey, _Index]] = WeakKeyDictionary()
"""Indexes go with the lists they were made of."""


def _index_of(area: str | None, on: dt.date) -> _Index:
    lists = queries.lists()
    indexes = _indexes.setdefault(lists, {})
    key = (lists.reaching(area), area is None, on)
    index = indexes.get(key)
    if index is None:
        matters = [m for m in queries.current(on=on, area=area) if m.list.kind in TIMED]
        if len(indexes) >= INDEXES_HELD:
            indexes.clear()
        index = indexes[key] = _Index(matters)
    return index


# By closed cases -------------------------------------------------------------------------------------------


def _learned(plain: str, index: _Index) -> dict[int, learning.Learned]:
    model = learning.model()
    if model is None:
        return {}
    said = model.predict(plain, most=10)
    return {index.places[one.code]: one for one in said if one.code in index.places}


def _voice() -> float:
    """How much the model counts: its accuracy on held-out cases, and more the more cases it has seen."""
    model = learning.model()
    if model is None:
        return 0.0
    seen = model.metadata.samples
    return model.metadata.accuracy * seen / (seen + CONVINCING)


# Urgency ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SuspectedUrgency:
    urgency: Urgency
    words: tuple[str, ...]
    """the words that say so; none for a normal matter"""


def suspect_urgency(text: str) -> SuspectedUrgency:
    """How urgent a text sounds by the register of urgent words: a hint to a person, never a decision."""
    known = queries.lists().urgency_words
    found: dict[str, list[str]] = {Urgency.URGENT: [], Urgency.VERY_URGENT: []}
    for clause in CLAUSE.split(text):
        plain = normal(clause)
        for word, urgency in known.items():
            at = plain.find(word)
            if at >= 0 and not NOT_NOW.search(plain[max(0, at - REACH) : at]):
                found[urgency].append(word)
    for urgency in (Urgency.VERY_URGENT, Urgency.URGENT):
        if found[urgency]:
            return SuspectedUrgency(urgency, tuple(dict.fromkeys(found[urgency])))
    return SuspectedUrgency(Urgency.NORMAL, ())
