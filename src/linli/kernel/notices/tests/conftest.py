from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from linli.kernel.access.actor import Actor
from linli.kernel.notices import actions, kinds, quiet
from linli.kernel.records.changes import Changes
from linli.lib.time import LOCAL, at


@pytest.fixture(autouse=True)
def declared_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(kinds.KINDS, "late", kinds.Kind("late", "即将超时"))
    monkeypatch.setitem(kinds.KINDS, "new", kinds.Kind("new", "新事项"))
    monkeypatch.setitem(kinds.KINDS, "alarm", kinds.Kind("alarm", "紧急通知", is_emergency=True))
    quiet.forget()
    yield
    quiet.forget()


@pytest.fixture
def noon() -> Iterator[dt.datetime]:
    """Noon of a working day in the city, at which the test stands."""
    instant = dt.datetime(2026, 6, 1, 12, tzinfo=LOCAL)
    with at(instant):
        yield instant


@pytest.fixture
def clerk() -> Actor:
    return Actor(post=11, account=1, unit=7, area="510107001", role="clerk")


Telling = Callable[..., None]


@pytest.fixture
def tell(db: None) -> Telling:
    def tell_now(kind: str = "new", record: int = 1, **given: object) -> None:
        changes = Changes()
        options = {"title": "有新事项", "district": "510107", "units": [7], **given}
        actions.tell(changes, kind=kind, record=("plea", record), **options)
        changes.write()

    return tell_now
