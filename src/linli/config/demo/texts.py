"""Texts as people write them: reports, and what staff write in the moves of a case.

Templates are in ``data/texts.yaml``, ``data/wordings.yaml`` and ``data/replies.yaml``. ``[a|b]`` stands for
one of several wordings, so that a handful of templates gives thousands of sentences; the writer remembers
what it wrote and does not say the same thing twice while it has other words.
"""

from __future__ import annotations

import dataclasses
import random
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from linli.config.demo.data import read
from linli.config.demo.places import Place

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_TRIES = 8
_FULL_STOP = "。！？"
_RESIDENTS = frozenset({"portal", "hotline", "desk"})


@dataclass(frozen=True)
class Theme:
    """What goes wrong in one subject: its words, where and when it happens, how often."""

    code: str
    lines: tuple[str, ...]
    effects: tuple[str, ...]
    done: tuple[str, ...]
    where: dict[str, float]
    """Kinds of place with their weights."""
    weight: float
    season: str
    hours: str
    names: tuple[str, ...]
    is_plain: bool
    """Whether a place is named no closer than its name: about people, a building would say too much."""
    called: str = "上述问题"
    """What the matter is called in a text."""


@cache
def themes() -> dict[str, Theme]:
    """All themes by code; ``general`` fits any matter."""
    return {
        code: Theme(
            code=code,
            lines=tuple(raw["lines"]),
            effects=tuple(raw["effects"]),
            done=tuple(raw["done"]),
            where={kind: float(weight) for kind, weight in raw["where"].items()},
            weight=float(raw["weight"]),
            season=raw.get("season", "even"),
            hours=raw.get("hours", "day"),
            names=tuple(raw["names"]),
            is_plain=raw.get("plain", False),
        )
        for code, raw in read("texts")["themes"].items()
    }


@cache
def theme_of(name: str, category: str = "", code: str = "") -> Theme:
    """The theme of a matter, with the matter's own words (``data/wordings.yaml``) where it has some."""
    theme = _theme_by_words(name, category)
    own = read("wordings").get(code, {})
    return dataclasses.replace(
        theme,
        called=own.get("called", name),
        lines=tuple(own.get("lines", theme.lines)),
        # a theme's effects are told of its own subject; a narrower matter has only what is true of any
        effects=tuple(own.get("effects", read("texts")["effects"])) if own else theme.effects,
        where={kind: float(weight) for kind, weight in own.get("where", theme.where).items()},
        done=tuple(own.get("done", theme.done)),
    )


def _theme_by_words(name: str, category: str) -> Theme:
    """By the longest known word in the name, else in the category from its end."""
    for text in (name, *reversed(category.split("/"))):
        found = [
            (len(word), theme.code) for theme in themes().values() for word in theme.names if word in text
        ]
        if found:
            return themes()[max(found)[1]]
    return themes()["general"]


class Writer:
    """Writes texts from one seed. The same calls in the same order give the same texts."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._written: set[str] = set()
        self._texts: dict[str, Any] = read("texts")
        self._replies: dict[str, Any] = read("replies")

    def report(self, theme: Theme, place: str, *, channel: str = "portal") -> str:
        """What somebody reports through ``channel`` about ``place``: 10 to 150 characters."""
        return self._new(lambda: self._report(theme, place, channel))

    def paraphrase(self, theme: Theme, place: str, first: str, *, channel: str = "portal") -> str:
        """Another person's words for the same problem at the same place, unlike ``first``."""
        text = first
        while text == first:
            text = self.report(theme, place, channel=channel)
        return text

    def handled(self, theme: Theme, place: str, *, explained: bool = False) -> str:
        """The handling unit's account of what it did, or why it can only explain."""
        words = self._replies["handle"]

        def make() -> str:
            if explained:
                return self._fill(self._pick(words["explained"]), p=place)
            done = self._fill(self._pick(theme.done), p=place, m=theme.called)
            opening, closing = (
                self._fill(self._pick(words["opening"])),
                self._fill(self._pick(words["closing"])),
            )
            return _sentence(opening + done) + closing

        return self._new(make)

    def say(self, what: str, *, unit: str = "", other: str = "", day: int = 0) -> str:
        """A remark of one kind: a key of ``replies.yaml`` such as ``hand_back`` or ``verify_pass``."""
        days = day or self._random.randint(2, 7)
        return self._fill(
            self._pick(self._replies[what]), unit=unit or "主办单位", other=other or "相关单位", day=str(days)
        )

    def spot(self, place: Place, *, theme: Theme | None = None) -> str:
        """How people speak of a place: a building, a gate, a house number; never a home's door."""
        if theme is not None and theme.is_plain:
            return place.name
        roll = self._random.randint
        building = roll(1, 18)
        return self._fill(
            self._pick(self._texts["spots"][place.kind]),
            n=place.name,
            r=place.road,
            b=str(building),
            c=str(building + 1),
            u=str(roll(1, 4)),
            h=str(roll(1, 388)),
            x=self._pick(self._texts["sides"]),
        )

    def _report(self, theme: Theme, place: str, channel: str) -> str:
        texts, chance = self._texts, self._random.random
        first, second = self._random.sample(theme.lines, 2)
        text = self._line(first, theme, place, channel)
        if chance() < 0.45:
            text += "，" + self._fill(self._pick(theme.effects))
        if chance() < 0.3 and channel in _RESIDENTS:
            text += "，" + self._pick(texts["feelings"]).rstrip("，")
        text = _sentence(text.rstrip("，"))
        text = self._fill(self._pick(texts["openings"][channel])) + text
        if chance() < 0.1 and channel in _RESIDENTS:
            text += "另外，" + _sentence(self._line(second, theme, "这里", channel))
        return (text + self._fill(self._pick(texts["wishes"][channel])))[:150]

    def _line(self, line: str, theme: Theme, place: str, channel: str) -> str:
        return self._fill(
            line,
            p=place,
            s=self._pick(self._texts["since"]),
            w=self._pick(self._texts["when" if channel in _RESIDENTS else "when_staff"]),
            m=theme.called,
        )

    def _new(self, make: Any) -> str:
        """A text not written before, unless the words run out."""
        text = str(make())
        for _ in range(_TRIES):
            if text not in self._written:
                break
            text = str(make())
        self._written.add(text)
        return text

    def _pick(self, options: Any) -> str:
        return str(options[int(self._random.random() * len(options))])

    def _fill(self, template: str, **slots: str) -> str:
        text = _CHOICE.sub(lambda found: self._pick(found[1].split("|")), template)
        for slot, value in slots.items():
            text = text.replace("{" + slot + "}", value)
        return text


def _sentence(text: str) -> str:
    return text if not text or text[-1] in _FULL_STOP else text + "。"
