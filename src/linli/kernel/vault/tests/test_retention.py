from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from linli.kernel.access.actor import SYSTEM
from linli.kernel.records.changes import Changes
from linli.kernel.vault import actions, jobs, queries
from linli.kernel.vault.models import Person, Reading
from linli.lib.time import at, now, today


def test_the_night_after_the_last_day_deletes_the_entry(kept):
    person = kept(retain_days=30)
    with at(now() + dt.timedelta(days=30)):
        assert actions.expire() == 0
    with at(now() + dt.timedelta(days=31)):
        assert actions.expire() == 1
        assert actions.expire() == 0
    row = Person.objects.get(pk=person.pk)
    assert (row.sealed, row.masks, row.phone_index) == ({}, {}, None)
    assert queries.masks([person.pk], reader=SYSTEM) == {person.pk: {}}


def test_the_purpose_says_how_long_where_the_deed_does_not(kept):
    assert kept().retain_until == today() + dt.timedelta(days=365)


def test_the_closing_of_a_record_sets_a_new_last_day(kept):
    person = kept(retain_days=30)
    changes = Changes()
    actions.retain(changes, person, until=today() + dt.timedelta(days=90))
    changes.write()
    with at(now() + dt.timedelta(days=60)):
        assert actions.expire() == 0


def test_many_entries_expire_in_batches(kept):
    for record in range(1, 8):
        kept(record=record, retain_days=1)
    with at(now() + dt.timedelta(days=3)):
        assert actions.expire(batch=3) == 7


def test_the_database_refuses_an_erased_entry_that_still_holds_something(kept):
    person = kept()
    with pytest.raises(DatabaseError), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(erased_at=now())


def log_entry(age: int) -> Reading:
    return Reading.objects.create(
        deed="read", outcome="allowed", fields=[], at=now() - dt.timedelta(days=age)
    )


@pytest.mark.parametrize("change", ["UPDATE vault_reading SET reason = ''", "DELETE FROM vault_reading"])
def test_the_log_is_append_only(db, change):
    log_entry(age=183)
    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)
    assert Reading.objects.count() == 1


def test_the_log_is_shortened_by_age_but_never_below_184_days(db, settings):
    settings.VAULT_LOG_DAYS = 10
    assert jobs.log_days() == 184
    log_entry(age=100)
    log_entry(age=200)
    assert actions.prune_log(days=jobs.log_days()) == 1
    with pytest.raises(DatabaseError, match="184 days"), transaction.atomic():
        actions.prune_log(days=10)


def test_the_nightly_job_does_all_three(kept, settings):
    kept(retain_days=1)
    with at(now() + dt.timedelta(days=2)):
        jobs.night(0)
    assert Person.objects.get().erased_at
