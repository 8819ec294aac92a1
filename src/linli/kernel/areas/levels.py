"""The levels of the tree, read off the code: a level has one width, and a prefix is a subtree.

The first twelve digits are the statistical division code (GB/T 2260 down to the district, then three for
the township and three for the community); grids and micro-grids add three each.
"""

from __future__ import annotations

import re

from django.db import models


class Level(models.TextChoices):
    CITY = "city", "市"
    DISTRICT = "district", "区（市）县"
    TOWNSHIP = "township", "乡镇（街道）"
    COMMUNITY = "community", "社区（村）"
    GRID = "grid", "网格"
    MICRO_GRID = "micro_grid", "微网格"

    @property
    def width(self) -> int:
        """Number of digits in a code of this level."""
        return WIDTHS[self]


WIDTHS: dict[Level, int] = {
    Level.CITY: 4,
    Level.DISTRICT: 6,
    Level.TOWNSHIP: 9,
    Level.COMMUNITY: 12,
    Level.GRID: 15,
    Level.MICRO_GRID: 18,
}
_LEVELS = {width: level for level, width in WIDTHS.items()}
_CODE = re.compile(r"[1-9][0-9]{3}(?:[0-9]{2}(?:[0-9]{3}){0,4})?")


def is_code(code: str) -> bool:
    """Whether ``code`` has the shape of an area's code (whether there is such an area is another matter)."""
    return _CODE.fullmatch(code) is not None


def level_of(code: str) -> Level:
    """The level that a code belongs to. Raises ``ValueError`` for anything that is no code."""
    if not is_code(code):
        raise ValueError(f"{code!r} is not the code of an area")
    return _LEVELS[len(code)]


def parent_of(code: str) -> str:
    """The code one level up; ``""`` above a city."""
    above = [width for width in _LEVELS if width < WIDTHS[level_of(code)]]
    return code[: max(above)] if above else ""


def ancestors(code: str) -> tuple[str, ...]:
    """The codes above ``code``, the city first. A city has none."""
    width = WIDTHS[level_of(code)]
    return tuple(code[:above] for above in _LEVELS if above < width)
