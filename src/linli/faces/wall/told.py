"""What a wall shows, made once for all who look at the same with the same rights, for as long as it holds.

What is shown of an area changes when one of its records moves, when a clock's time comes, when reference
data change and when the day ends; the keeping of standing figures sees all of it (``Ground.state``). So
whoever asks again learns that nothing has changed before anything is read, and a wall that stands in many
rooms is put together once in each process. Where nobody keeps the figures it is put together at each look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from linli.faces.wall.area_map import AreaMap
from linli.faces.wall.board import board
from linli.faces.wall.panels import Panel, digest, panels_of
from linli.faces.wall.sight import Sight
from linli.kernel.areas.tree import tree_number
from linli.kernel.records.editions import Marked, editions
from linli.web.components import Crumb

MOST_WALLS = 64
"""So many are kept in a process; a wall takes some hundred kilobytes."""


@dataclass(frozen=True)
class Told:
    """All of a wall as it is sent."""

    trail: list[Crumb]
    panels: Mapping[str, Panel]
    drawn: AreaMap

    @cached_property
    def areas(self) -> SafeString:
        return _for_a_page(self.drawn.areas())

    @cached_property
    def points(self) -> SafeString:
        return _for_a_page(self._points)

    @cached_property
    def _points(self) -> dict[str, Any]:
        return self.drawn.points()

    @cached_property
    def news(self) -> bytes:
        """What a screen asks for again and again."""
        told = {
            "panels": {name: [one.mark, one.content] for name, one in self.panels.items()},
            "marks": self.drawn.marks,
            "legend": self.drawn.legend,
            "points": self._points,
        }
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS, default=str)


def mark_of(sight: Sight) -> str:
    """What tells the wall of now from any that shows something else; empty where only its content can."""
    state = sight.cases.state
    if state is None:
        return ""
    told = f"{_eyes(sight)} {state} {tree_number()} {sorted(editions().items())}"
    return digest(told.encode())


def told(sight: Sight, mark: str) -> Told:
    """The wall, as of ``mark`` or later."""
    return _kept(_eyes(sight), mark, lambda: _made(sight)) if mark else _made(sight)


def _eyes(sight: Sight) -> tuple[str, ...]:
    """All that the wall of an area of which somebody sees every record takes from who looks: what the role
    may do, over which area, and in which language it is read."""
    return sight.actor.role, sight.actor.area, sight.area, get_language() or ""


_kept: Marked[tuple[str, ...], Told] = Marked(MOST_WALLS)


def _made(sight: Sight) -> Told:
    read = board(sight)
    return Told(read.trail, {one.name: one for one in panels_of(read, sight)}, AreaMap(sight))


def _for_a_page(content: Any) -> SafeString:
    """JSON that cannot end the element of the page in which it stands."""
    text = orjson.dumps(content).decode()
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04X}")
    return mark_safe(text)
