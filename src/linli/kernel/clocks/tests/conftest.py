from __future__ import annotations

from collections.abc import Iterator

import pytest

from linli.kernel.clocks import firing, revising
from linli.kernel.records.editions import drop_all
from linli.kernel.records.ids import forget_blocks


@pytest.fixture(autouse=True)
def fresh_memory() -> Iterator[None]:
    """Nothing that a test's rolled-back database held stays in process memory."""
    drop_all()
    forget_blocks()
    yield
    drop_all()
    forget_blocks()


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """A test's handlers end with it; those of the families are set aside meanwhile."""
    tables = (firing._due_soon, firing._overdue, revising._handlers)
    kept = [dict(table) for table in tables]
    for table in tables:
        table.clear()
    yield
    for table, handlers in zip(tables, kept, strict=True):
        table.clear()
        table.update(handlers)
