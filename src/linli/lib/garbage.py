"""What becomes of memory that is not needed any more."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """In the block nobody looks for circles; what stands in none goes as soon as it is not needed, as ever.

    For work that makes very many objects without circles, and holds many meanwhile: they would be looked
    through again and again, which is a sixth of what it costs to plan a file of reports.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


M_ARENA_MAX = -8
"""Number of the option in glibc's ``malloc.h``."""


def share_heaps(most: int) -> None:
    """Let all threads of this process take large pieces of memory out of so many heaps.

    glibc gives each thread a heap of its own, and keeps in each what its largest answer once took. Python
    computes in one thread at a time, so that few heaps are in nobody's way. Elsewhere nothing is done.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(M_ARENA_MAX, most)
