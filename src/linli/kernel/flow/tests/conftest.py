"""The flow over pleas with its table, and posts that may hear, say or only see."""

from __future__ import annotations

import pytest
from django.db import connection

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import ABILITIES, ROLES, Ability, Scope, role
from linli.kernel.flow.declaration import Flow
from linli.kernel.flow.tests.pleas import STREET, Plea, declare
from linli.kernel.journal.verify import HEADS


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch, db: None) -> Flow[Plea]:
    for code in ("pleas.view", "pleas.hear", "pleas.say"):
        monkeypatch.setitem(ABILITIES, code, Ability(code, code, code))
    for code in ("plea_hearer", "plea_part", "plea_viewer"):
        monkeypatch.setitem(ROLES, code, None)  # the fixture's end takes the roles away again
    monkeypatch.setitem(HEADS, Plea.family, None)
    role("plea_hearer", "听取人", {Scope.AREA: ["pleas.view", "pleas.hear", "pleas.say"]})
    role("plea_part", "参与单位", {Scope.UNIT: ["pleas.view", "pleas.say"]})
    role("plea_viewer", "旁观", {Scope.AREA: ["pleas.view"]})
    with connection.schema_editor() as editor:
        editor.create_model(Plea)
    return declare()


def actor(role_code: str, *, unit: int = 7, area: str = STREET) -> Actor:
    return Actor(post=1, account=1, unit=unit, area=area, role=role_code)


@pytest.fixture
def hearer() -> Actor:
    return actor("plea_hearer")


@pytest.fixture
def viewer() -> Actor:
    return actor("plea_viewer")


@pytest.fixture
def part() -> Actor:
    return actor("plea_part", unit=8, area="990101")
