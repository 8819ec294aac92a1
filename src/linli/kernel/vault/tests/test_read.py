from __future__ import annotations

import dataclasses

import pytest
from django.db import transaction

from linli.kernel.access.actor import PUBLIC, SYSTEM
from linli.kernel.vault import actions, queries
from linli.kernel.vault.errors import (
    PersonalDataInvalid,
    PersonErased,
    PersonUnknown,
    PurposeRefused,
    ReporterHidden,
)
from linli.kernel.vault.models import Person, Reading
from linli.lib.errors import NotAllowed

WHY = {"purpose": "handle", "reason": "联系上报人核实地点"}


def last_reading() -> Reading:
    return Reading.objects.latest("id")


def test_reading_returns_plain_values_and_leaves_a_log_entry(kept, clerk):
    person = kept()
    assert actions.read(clerk, person=person.pk, fields=["phone", "name"], **WHY) == {
        "name": "张三丰",
        "phone": "13812341234",
    }
    entry = last_reading()
    assert (entry.person_id, entry.post, entry.unit) == (person.pk, clerk.post, clerk.unit)
    assert (entry.outcome, entry.fields, entry.reason) == ("allowed", ["name", "phone"], WHY["reason"])
    assert (entry.family, entry.record_id, entry.district) == ("plea", 1, "510107")


def test_nothing_is_read_without_a_reason(kept, clerk):
    with pytest.raises(PersonalDataInvalid, match="理由"):
        actions.read(clerk, person=kept().pk, fields=["phone"], purpose="handle", reason=" ")


def test_a_field_outside_the_purpose_is_refused_and_the_refusal_logged(kept, clerk):
    person = kept()
    with pytest.raises(PurposeRefused):
        actions.read(clerk, person=person.pk, fields=["phone", "address"], purpose="call_back", reason="回访")
    assert (last_reading().outcome, last_reading().fields) == ("purpose_refused", ["address", "phone"])


def test_data_collected_for_one_purpose_is_not_read_for_another(kept, clerk):
    person = kept()
    with pytest.raises(PurposeRefused):
        actions.read(clerk, person=person.pk, fields=["phone"], purpose="rescue", reason="想看看")
    assert last_reading().outcome == "purpose_refused"


def test_a_purpose_may_be_declared_to_serve_another(kept, clerk):
    person = kept()
    read = actions.read(clerk, person=person.pk, fields=["phone"], purpose="call_back", reason="回访")
    assert read == {"phone": "13812341234"}


@pytest.mark.parametrize("role", ["public", "vault_test_auditor", "nobody"])
def test_a_post_without_the_ability_is_refused_and_the_refusal_logged(kept, clerk, auditor, role):
    person = kept()
    stranger = dataclasses.replace(PUBLIC, role=role)
    with pytest.raises(NotAllowed):
        actions.read(stranger, person=person.pk, fields=["phone"], **WHY)
    assert (last_reading().outcome, last_reading().person_id) == ("not_allowed", person.pk)


def test_an_entry_of_a_record_that_the_actor_may_not_see_does_not_exist_for_it(kept, clerk):
    person = kept(record=2)
    with pytest.raises(PersonUnknown):
        actions.read(clerk, person=person.pk, fields=["phone"], **WHY)
    assert last_reading().outcome == "person_unknown"


def test_an_entry_of_a_family_without_a_guard_is_closed(kept, clerk):
    person = kept()
    Person.objects.filter(pk=person.pk).update(family="unguarded")
    with pytest.raises(PersonUnknown):
        actions.read(clerk, person=person.pk, fields=["phone"], **WHY)


def test_the_unit_complained_about_never_learns_who_complained(kept, clerk):
    person = kept(hidden_from=[clerk.unit])
    with pytest.raises(ReporterHidden):
        actions.read(clerk, person=person.pk, fields=["name"], **WHY)
    assert last_reading().outcome == "reporter_hidden"
    assert actions.find_by_phone(clerk, phone_number="13812341234", **WHY) == []
    assert queries.masks([person.pk], reader=clerk) == {}
    elsewhere = dataclasses.replace(clerk, unit=8)
    assert actions.read(elsewhere, person=person.pk, fields=["name"], **WHY) == {"name": "张三丰"}
    assert queries.masks([person.pk], reader=elsewhere)[person.pk]["name"] == "张**"


def test_finding_by_phone_gives_masks_and_logs_the_search_without_the_number(kept, clerk):
    person = kept()
    kept(record=2)
    [found] = actions.find_by_phone(clerk, phone_number="+86 138 1234 1234", **WHY)
    assert (found.person, found.record_id, found.masks["name"]) == (person.pk, 1, "张**")
    entry = last_reading()
    assert (entry.deed, entry.outcome) == ("search", "allowed")
    assert "138" not in entry.reason


def test_a_search_without_the_ability_is_refused_and_logged(kept, auditor):
    kept()
    with pytest.raises(NotAllowed):
        actions.find_by_phone(auditor, phone_number="13812341234", **WHY)
    assert (last_reading().deed, last_reading().outcome) == ("search", "not_allowed")


def test_correcting_replaces_removes_and_is_logged(kept, clerk):
    person = kept()
    fields = {"phone": "13900001111", "address": ""}
    actions.correct(clerk, person=person.pk, fields=fields, **WHY)
    assert queries.masks([person.pk], reader=SYSTEM)[person.pk] == {"name": "张**", "phone": "139****1111"}
    assert last_reading().deed == "correct"
    assert actions.find_by_phone(clerk, phone_number="13812341234", **WHY) == []
    assert len(actions.find_by_phone(clerk, phone_number="13900001111", **WHY)) == 1


def test_correcting_needs_an_ability_of_its_own(kept, auditor):
    person = kept()
    with pytest.raises(NotAllowed):
        actions.correct(auditor, person=person.pk, fields={"name": "李四"}, **WHY)
    assert (last_reading().deed, last_reading().outcome) == ("correct", "not_allowed")


def test_erasing_leaves_an_empty_row_and_a_log_entry(kept, clerk):
    person = kept()
    actions.erase(clerk, person=person.pk, reason="本人申请删除")
    row = Person.objects.get(pk=person.pk)
    assert (row.sealed, row.masks, row.phone_index) == ({}, {}, None)
    assert (last_reading().deed, last_reading().fields) == ("erase", ["address", "name", "phone"])
    with pytest.raises(PersonErased):
        actions.read(clerk, person=person.pk, fields=["phone"], **WHY)


@pytest.mark.django_db(transaction=True)
def test_reading_inside_another_transaction_is_refused_since_it_could_be_rolled_back(kept, clerk):
    person = kept()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        actions.read(clerk, person=person.pk, fields=["phone"], **WHY)


@pytest.mark.django_db(transaction=True)
def test_a_refusal_outlives_the_failed_request(kept, clerk):
    person = kept(hidden_from=[clerk.unit])
    with pytest.raises(ReporterHidden):
        actions.read(clerk, person=person.pk, fields=["phone"], **WHY)
    assert last_reading().outcome == "reporter_hidden"


def test_the_log_is_shown_to_auditors_of_the_area_alone(kept, clerk, auditor):
    person = kept()
    actions.read(clerk, person=person.pk, fields=["phone"], **WHY)
    assert queries.readings(auditor, person=person.pk).count() == 1
    assert not queries.readings(dataclasses.replace(auditor, area="510104")).exists()
    with pytest.raises(NotAllowed):
        queries.readings(clerk)
