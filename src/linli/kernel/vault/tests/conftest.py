"""A family of records, a purpose to serve it, and posts that may and may not."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pytest

from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import ROLES, Scope, ability, role
from linli.kernel.records.changes import Changes
from linli.kernel.vault import actions, purposes
from linli.kernel.vault.models import Person
from linli.kernel.vault.permissions import AUDIT, CORRECT, ERASE
from linli.kernel.vault.purposes import LegalBasis

STREET = "510107001"
CONTACT = ability("vault_test.contact", "联系上报人", "查看上报人的联系方式")


def sees(actor: Actor, ability: str, records: Collection[int]) -> set[int]:
    """Odd records belong to the street of the tests; nobody but the system sees the others."""
    return {record for record in records if actor.system or (actor.can(ability) and record % 2)}


@pytest.fixture(autouse=True)
def declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purposes, "PURPOSES", dict(purposes.PURPOSES))
    monkeypatch.setattr(purposes, "GUARDS", dict(purposes.GUARDS))
    for code, title, fields, of in (
        ("handle", "办理上报事项", {"name", "phone", "address"}, ()),
        ("call_back", "回访上报人", {"phone"}, {"handle"}),
        ("rescue", "救助安置", {"name", "phone", "identity", "health", "circumstances"}, ()),
    ):
        purposes.purpose(
            code,
            title,
            fields=fields,
            ability=CONTACT,
            retain_days=365,
            legal_basis=LegalBasis.DUTY,
            source="个人信息保护法第十三条第一款第三项",
            of=of,
        )
    purposes.guard("plea", sees)


def post(role_code: str, *, unit: int = 7, area: str = STREET) -> Actor:
    return Actor(post=1, account=2, unit=unit, area=area, role=role_code)


@pytest.fixture
def clerk(monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setitem(ROLES, "vault_test_clerk", None)
    role("vault_test_clerk", "受理员", {Scope.AREA: [CONTACT, CORRECT, ERASE]})
    return post("vault_test_clerk")


@pytest.fixture
def auditor(monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setitem(ROLES, "vault_test_auditor", None)
    role("vault_test_auditor", "审计管理员", {Scope.AREA: [AUDIT]})
    return post("vault_test_auditor", unit=9)


Keeping = Callable[..., Person]


@pytest.fixture
def kept(db: None, clerk: Actor) -> Keeping:
    """Keep an entry at once: ``kept(name=..., phone=..., record=1, hidden_from=[...])``."""

    def keep(record: int = 1, purpose: str = "handle", **given: object) -> Person:
        options = {k: given.pop(k) for k in ("hidden_from", "retain_days") if k in given}
        fields = given or {"name": "张三丰", "phone": "13812341234", "address": "幸福路8号3栋2单元501"}
        changes = Changes()
        person = actions.keep(
            changes,
            actor=clerk,
            purpose=purpose,
            fields=fields,
            place=STREET + "002",
            record=("plea", record),
            **options,
        )
        changes.write()
        return Person.objects.get(pk=person.pk)

    return keep
