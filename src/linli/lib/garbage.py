"""Python's search for circles of dead objects, and when it is not worth its while."""

from __future__ import annotations

import gc
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
