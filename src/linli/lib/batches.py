"""Much of something, a part at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batched(some: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """``size`` at a time, the last ones fewer."""
    for start in range(0, len(some), size):
        yield some[start : start + size]
