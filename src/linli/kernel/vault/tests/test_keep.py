from __future__ import annotations

import pytest
from django.db import connection

from linli.kernel.access.actor import PUBLIC, SYSTEM
from linli.kernel.records.changes import Changes
from linli.kernel.vault import actions, queries
from linli.kernel.vault.errors import PersonalDataInvalid, PurposeRefused
from linli.kernel.vault.models import Person
from linli.kernel.vault.purposes import LegalBasis

PLACE = "510107001002"
VALUES = {
    "name": "欧阳若兰",
    "phone": "13987654321",
    "identity": "11010519491231002X",
    "health": "尘肺病三期，需要吸氧",
}


def keep(changes: Changes, **changed: object) -> Person:
    options = {"purpose": "rescue", "fields": VALUES, "place": PLACE, "record": ("plea", 1)} | changed
    return actions.keep(changes, actor=PUBLIC, **options)


def everything_stored() -> str:
    """All cells of all tables of the vault, as the database itself would print them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(row::text, '') FROM"
            " (SELECT p::text AS row FROM vault_person p UNION ALL SELECT r::text FROM vault_reading r) AS t"
        )
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("cipher", ["sm4", "aes"])
def test_the_database_holds_no_plain_value(db, settings, clerk, cipher):
    settings.VAULT_CIPHER = cipher
    changes = Changes()
    person = keep(changes)
    changes.write()
    read = actions.read(clerk, person=person.pk, fields=list(VALUES), purpose="rescue", reason="安排救助")
    assert read == VALUES
    actions.find_by_phone(clerk, phone_number=VALUES["phone"], purpose="rescue", reason="来电核对")
    stored = everything_stored()
    for value in VALUES.values():
        assert value not in stored
        assert value.encode().hex() not in stored


def test_two_entries_with_the_same_value_look_different(db):
    changes = Changes()
    one, other = keep(changes), keep(changes)
    assert one.sealed["name"] != other.sealed["name"]
    assert one.phone_index == other.phone_index


def test_keeping_writes_nothing_until_the_deed_is_done(db, django_assert_num_queries):
    changes = Changes()
    person = keep(changes)
    assert not Person.objects.filter(pk=person.pk).exists()
    with django_assert_num_queries(1):
        changes.write()
    assert Person.objects.get(pk=person.pk).district == "510107"


def test_lists_get_masks_in_one_query(db, django_assert_num_queries):
    changes = Changes()
    people = [keep(changes), keep(changes, fields={"phone": "028-87654321"})]
    changes.write()
    with django_assert_num_queries(1):
        masks = queries.masks([p.pk for p in people], reader=SYSTEM)
    assert masks[people[0].pk] == {
        "name": "欧**",
        "phone": "139****4321",
        "identity": "110***********002X",
        "health": "***",
    }
    assert masks[people[1].pk] == {"phone": "028-****21"}


def test_a_field_beyond_the_purpose_is_not_collected(db):
    with pytest.raises(PersonalDataInvalid) as refused:
        keep(Changes(), purpose="handle")
    assert set(refused.value.fields) == {"identity", "health"}
    assert "办理上报事项" in refused.value.message


def test_an_undeclared_purpose_is_refused(db):
    with pytest.raises(PurposeRefused):
        keep(Changes(), purpose="curiosity")


def test_consent_is_recorded_with_the_version_of_the_notice(db):
    with pytest.raises(PersonalDataInvalid) as refused:
        keep(Changes(), legal_basis=LegalBasis.CONSENT)
    assert set(refused.value.fields) == {"notice_version"}
    person = keep(Changes(), legal_basis=LegalBasis.CONSENT, notice_version="2026-1")
    assert (person.legal_basis, person.notice_version) == ("consent", "2026-1")


@pytest.mark.parametrize("masked", ["张*", "张＊", "138****1234", "张●"])
def test_a_mask_is_never_written_back(kept, clerk, masked):
    field = "phone" if masked[0] == "1" else "name"
    with pytest.raises(PersonalDataInvalid) as refused:
        keep(Changes(), fields={field: masked})
    assert "脱敏" in refused.value.fields[field]
    person = kept()
    with pytest.raises(PersonalDataInvalid):
        actions.correct(clerk, person=person.pk, fields={field: masked}, purpose="handle", reason="更正")
    assert Person.objects.get(pk=person.pk).sealed == person.sealed
