"""Reference data kept in process memory, and how a process learns that it has changed.

Areas, calendars, matters and parameters are small, read at every request and changed rarely. Each lives in
memory under a name; whoever changes it raises the name's edition in the same transaction; every process
asks for the editions at most once a second, in one query for all names.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Generic, Protocol, TypeVar

from django.db import connection, transaction

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Droppable(Protocol):
    """Something held in memory that can be forgotten."""

    def drop(self) -> None: ...


FRESH_SECONDS = 1.0
"""How long a process may trust what it holds before it asks again."""

_lock = threading.Lock()
_editions: dict[str, int] = {}
_asked_at = float("-inf")
_caches: list[Droppable] = []


def raise_edition(name: str) -> None:
    """Say that the data under ``name`` changes with the current transaction.

    The number is never used again, even when the transaction is undone: a process that had built something
    on the change that never was would otherwise take the next change for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_edition (name, number) VALUES (%s, nextval('edition_numbers'))"
            " ON CONFLICT (name) DO UPDATE SET number = excluded.number",
            [name],
        )
    forget()  # this process sees its own change at once
    transaction.on_commit(forget)


def forget() -> None:
    """Ask the database again at the next look."""
    global _asked_at
    with _lock:
        _asked_at = float("-inf")


def edition(name: str) -> int:
    """The present edition of ``name``, at most a second old."""
    return editions().get(name, 0)


def editions() -> Mapping[str, int]:
    """The present editions of all names, at most a second old: the same ones, the same reference data."""
    global _asked_at, _editions
    if time.monotonic() - _asked_at > FRESH_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, number FROM records_edition")
            found = dict(cursor.fetchall())
        with _lock:
            _editions, _asked_at = found, time.monotonic()
    return _editions


class Cached(Generic[T]):
    """A value built from the database, rebuilt when the edition of its name has risen.

    rules = Cached("flow.parameters", load_rules)
    rules()  # the present rules
    """

    def __init__(self, name: str, build: Callable[[], T]) -> None:
        self.name, self._build = name, build
        self._held: tuple[int, T] | None = None
        self._held_at = float("-inf")
        """As of which asking for editions what is held was known to hold."""
        self._building = threading.Lock()
        _caches.append(self)

    def __call__(self) -> T:
        held, asked_at = self._held, _asked_at
        # asked a dozen times a deed: nearly always nobody has asked for editions since the last time
        if held is not None and self._held_at == asked_at and time.monotonic() - asked_at <= FRESH_SECONDS:
            return held[1]
        wanted = edition(self.name)  # may have asked anew: ``asked_at`` is older then, and no harm
        with self._building:
            held = self._held
            if held is None or held[0] != wanted:
                held = self._held = (wanted, self._build())
            self._held_at = asked_at
        return held[1]

    def drop(self) -> None:
        self._held = None


class Lately(Generic[K, T]):
    """What the database answered to a question within the last second; asked anew after that.

    For what is asked at every request and may end at any moment by anybody's hand, such as a token: no
    edition has to be raised, and an end is known to every process within ``FRESH_SECONDS``. All questions
    of the last second are asked again together, in one query. "No" is never kept: what has just begun
    holds at once, and strangers' guesses take up no memory.

        posts = Lately(posts_of_digests)  # takes keys, returns what there is by key
        posts(digest)
    """

    KEPT = 10_000

    def __init__(self, ask: Callable[[Collection[K]], Mapping[K, T]]) -> None:
        self._ask = ask
        self._answers: dict[K, T] = {}
        self._used: set[K] = set()
        self._asked_at = float("-inf")
        self._asking = threading.Lock()
        _caches.append(self)

    def __call__(self, key: K) -> T | None:
        if time.monotonic() - self._asked_at < FRESH_SECONDS:
            answer = self._answers.get(key)
            if answer is not None:
                self._used.add(key)
                return answer
        return self._ask_again(key)

    def _ask_again(self, key: K) -> T | None:
        with self._asking:
            asked_at = time.monotonic()
            if asked_at - self._asked_at < FRESH_SECONDS and len(self._answers) < self.KEPT:
                if key not in self._answers:  # else another thread has just asked for it
                    self._answers.update(self._ask([key]))
            else:
                used, self._used = self._used, set()
                self._answers = dict(self._ask({key, *used} if len(used) < self.KEPT else [key]))
                self._asked_at = asked_at
            answer = self._answers.get(key)
            if answer is not None:
                self._used.add(key)
            return answer

    def drop(self) -> None:
        self._asked_at = float("-inf")
        self._answers, self._used = {}, set()


class Marked(Generic[K, T]):
    """Answers by question, each good for as long as its mark is the same; a number of them, the latest kept.

    For what is dear to make and asked for by many, where a mark that tells whether it still holds is cheap.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[K, tuple[str, T]] = {}
        _caches.append(self)

    def __call__(self, key: K, mark: str, make: Callable[[], T]) -> T:
        held = self._held.get(key)
        if held is not None and held[0] == mark:
            return held[1]
        made = make()
        with _lock:
            self._held.pop(key, None)
            while len(self._held) >= self._most:
                del self._held[next(iter(self._held))]
            self._held[key] = (mark, made)
        return made

    def drop(self) -> None:
        self._held = {}


def drop_all() -> None:
    """Forget everything held (tests roll their data back without anybody raising an edition)."""
    forget()
    for cache in _caches:
        cache.drop()
