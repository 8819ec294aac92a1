"""Names of places and people, drawn without repetition. All invented (``data/names.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from linli.config.demo.data import read


class Namer:
    """Hands out names from shuffled pools; a pool that runs dry goes round with a number added."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self.words = read("names")
        self._stems = self._cycle(
            [first + second for first, second in product(self.words["first"], self.words["second"])]
        )
        self._taken: set[str] = set()

    def stem(self) -> str:
        """A two-character place word such as 青溪, unique in the city."""
        return self._fresh(self._stems)

    def road(self) -> str:
        """A street's name, unique in the city."""
        kind = str(self._rng.choice(self.words["road_kinds"][1:]))
        side = str(self._rng.choice(self.words["road_sides"])) if kind != "巷" else ""
        return self._unique(f"{self.stem_again()}{side}{kind}")

    def avenue(self, number: int) -> str:
        """The name of the main road ``number``."""
        words: Sequence[str] = self.words["road_words"]
        if number < len(words):
            return self._unique(words[number] + ("大道" if number % 3 == 0 else "路"))
        return self._unique(f"{self.stem_again()}大道")

    def stem_again(self) -> str:
        """A two-character place word that may be in use for another kind of place."""
        return self.pick("first") + self.pick("second")

    def compound(self, urban: float) -> str:
        """A residential compound in town, or a hamlet in the country (``urban`` from 0 to 1)."""
        if urban < 0.3:
            return self._draw("surnames", "hamlet_kinds")
        if self._rng.random() < 0.14:
            return self._draw("stem", "old_works", "old_kinds")
        return self._draw("compound_first", "compound_second", "compound_kinds")

    def named(self, kind: str, stem: str) -> str:
        """A place such as a school or a market near ``stem``; ``kind`` is a pool without ``_kinds``."""
        return self._unique(stem + self.pick(f"{kind}_kinds"))

    def works(self) -> str:
        return self._draw("works_first", "works_second", "works_kinds")

    def shop(self) -> str:
        owner = self.pick("surnames") if self._rng.random() < 0.5 else self.pick("given_first")
        return f"{'老' if self._rng.random() < 0.5 else '小'}{owner}{self.pick('shop_kinds')}"

    def person(self) -> str:
        """The name of an invented member of staff."""
        given = self.pick("given_first")
        if self._rng.random() < 0.72:
            given += self.pick("given_second")
        return self.pick("surnames") + given

    def pick(self, pool: str) -> str:
        words: Sequence[str] = self.words[pool]
        return words[int(self._rng.integers(len(words)))]

    def _cycle(self, pool: list[str]) -> Iterator[str]:
        order = self._rng.permutation(len(pool))
        round_number = 1
        while True:
            for index in order:
                yield pool[index] if round_number == 1 else f"{pool[index]}{_numeral(round_number)}"
            round_number += 1

    def _draw(self, *pools: str) -> str:
        """A name put together from ``pools``, new if a few tries find one (``stem``: a place word)."""
        name = ""
        for _ in range(8):
            name = "".join(self.stem_again() if pool == "stem" else self.pick(pool) for pool in pools)
            if name not in self._taken:
                break
        return self._unique(name)

    def _fresh(self, names: Iterator[str]) -> str:
        return next(name for name in names if self._claim(name))

    def _unique(self, name: str) -> str:
        tried, number = name, 2
        while not self._claim(tried):
            tried, number = f"{name}（{_numeral(number)}）", number + 1
        return tried

    def _claim(self, name: str) -> bool:
        if name in self._taken:
            return False
        self._taken.add(name)
        return True


def _numeral(number: int) -> str:
    digits = "〇一二三四五六七八九"
    if number < 10:
        return digits[number]
    tens, ones = divmod(number, 10)
    if tens < 10:
        return (digits[tens] if tens > 1 else "") + "十" + (digits[ones] if ones else "")
    return "".join(digits[int(digit)] for digit in str(number))
