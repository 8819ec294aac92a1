"""What this process holds of the tree in memory, and how it notices that the tree has changed.

Everything derived from the tree is held under the tree's number. The number is read again at most once
a second (inside a transaction every time, so that an edit is seen by whoever made it, and by nobody else
before it is committed).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db import connection
from django.db.models import Max, Q

from linli.kernel.areas.levels import Level, is_code
from linli.kernel.areas.models import Area, TreeVersion

T = TypeVar("T")

RECHECK_SECONDS = 1.0

_seen: tuple[float, int] = (float("-inf"), 0)  # checked at, number; replaced whole, so threads may share it


def tree_number() -> int:
    """The number that the tree stands at (0: nothing has been loaded yet)."""
    global _seen
    if connection.in_atomic_block:
        return _read_number()
    checked_at, number = _seen
    if time.monotonic() - checked_at >= RECHECK_SECONDS:
        # the time first: a change during the query is noticed at the next look
        clock = time.monotonic()
        number = _read_number()
        _seen = (clock, number)
    return number


def look_again() -> None:
    """Read the tree's number at the next use, whenever it was read last."""
    global _seen
    _seen = (float("-inf"), 0)


def _read_number() -> int:
    return TreeVersion.objects.aggregate(number=Max("number"))["number"] or 0


class Held(Generic[T]):
    """A value built from the tree, shared by all threads and built once for each number.

    Whoever needs a number that is being built waits for it: for a moment after an edit of the tree, but
    nothing is ever placed by a tree that is known to be past.
    """

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._building = threading.Lock()
        self._values: dict[int, T] = {}  # replaced whole, never changed, so that reading needs no lock
        self._committed: int | None = None

    def get(self) -> T:
        # the number first: rows read later may be newer than their label, never older, and the next
        # look at the number then builds again
        number = tree_number()
        values = self._values
        if number in values:
            return values[number]
        with self._building:
            if number not in self._values:
                self._keep(number, self._build(), alone=connection.in_atomic_block)
            return self._values[number]

    def _keep(self, number: int, value: T, *, alone: bool) -> None:
        """Put the value in place of the others; inside a transaction beside the last committed one."""
        if alone:
            last = {n: v for n, v in self._values.items() if n == self._committed}
            self._values = {**last, number: value}
        else:
            self._values = {number: value}
            self._committed = number


@dataclass(frozen=True, slots=True)
class Node:
    """An area as lists and paths need it: its version in force, else the last one it had."""

    code: str
    name: str
    level: Level
    kind: str
    is_current: bool
    successors: tuple[str, ...]


class Tree:
    """Nodes by code, fetched by the block: a city with its districts, or all that is below a district."""

    def __init__(self) -> None:
        self._blocks: dict[str, dict[str, Node]] = {}

    def nodes(self, codes: Iterable[str]) -> dict[str, Node]:
        """The nodes of some codes; unknown ones are left out. One query at most, none once fetched."""
        wanted = {code: block_of(code) for code in codes if is_code(code)}
        blocks = self._fetch(set(wanted.values()))
        return {code: blocks[block][code] for code, block in wanted.items() if code in blocks.get(block, {})}

    def under(self, prefix: str) -> list[Node]:
        """The nodes whose code begins with ``prefix`` (a valid code), by code, the node itself first."""
        blocks = self._fetch({block_of(prefix), *([prefix] if len(prefix) == 6 else [])})
        if len(prefix) == 4:
            districts = [code for code in blocks.get(prefix, {}) if len(code) == 6]
            blocks |= self._fetch(set(districts))
        found = (node for block in blocks.values() for node in block.values() if node.code.startswith(prefix))
        return sorted(found, key=lambda node: node.code)

    def _fetch(self, keys: set[str]) -> dict[str, dict[str, Node]]:
        missing = keys - self._blocks.keys()
        if missing:
            # an unknown block stays missing: else any made-up code would take memory for good
            self._blocks |= _blocks(missing)
        return {key: self._blocks[key] for key in keys if key in self._blocks}


def block_of(code: str) -> str:
    """The key of the block that ``code`` is fetched with."""
    return code[:4] if len(code) <= 6 else code[:6]


def _blocks(keys: set[str]) -> dict[str, dict[str, Node]]:
    wanted = Q()
    for key in keys:
        upper = Q(level__in=(Level.CITY, Level.DISTRICT))
        wanted |= Q(code__startswith=key) & (upper if len(key) == 4 else ~upper)
    blocks: dict[str, dict[str, Node]] = {}
    # of the versions of a code the last one remains
    rows = Area.objects.filter(wanted).order_by("code", "valid_from", "id")
    for code, name, level, kind, valid_to, successors in rows.values_list(
        "code", "name", "level", "kind", "valid_to", "successors"
    ).iterator(chunk_size=20_000):
        node = Node(code, name, Level(level), kind, valid_to is None, tuple(successors))
        blocks.setdefault(block_of(code), {})[code] = node
    return blocks


held_tree = Held(Tree)
