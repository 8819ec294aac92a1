"""Figures that stand are kept while others work."""

from __future__ import annotations

import pytest

from linli.domains.cases.models import Case
from linli.domains.cases.tests.standing import STANDS, differences
from linli.domains.cases.tests.steps import filed, go
from linli.kernel.insight import keeping
from linli.kernel.insight.keeping import Looked
from tests.city import City
from tests.races.test_cases import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("moment", ["at_records", "at_moves", "at_turns", "at_times"])
def test_what_moves_between_two_looks_is_looked_at_again(
    city: City, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """One round of keeping asks several questions, and a case may move between any two of them."""
    case, dispatcher = filed(), city.actor("dispatcher")
    keeping.keep(STANDS)
    case = go(dispatcher, case, "accept")
    look, moved = getattr(Looked, moment), list[object]()

    def moved_meanwhile(self: Looked, *days: int) -> None:
        look(self, *days)
        if not moved:
            given = {"go_to": "物业服务企业", "reason": "属于业主自行约定的事项"}
            moved.extend(at_once([lambda: go(dispatcher, case, "return", **given)]))

    monkeypatch.setattr(Looked, moment, moved_meanwhile)
    keeping.keep(STANDS)
    assert [one.state for one in moved if isinstance(one, Case)] == ["closed"]
    keeping.keep(STANDS)
    assert differences(city) == []
