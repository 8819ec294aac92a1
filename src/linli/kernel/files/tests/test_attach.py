from __future__ import annotations

import datetime as dt
import os

import pytest
from django.db import IntegrityError, transaction

from linli.kernel.access.actor import PUBLIC
from linli.kernel.files import actions, jobs, queries, store
from linli.kernel.files.errors import FileAttached, FileNotYours
from linli.kernel.files.models import Attachment, File, Stage
from linli.kernel.files.tests.conftest import drawn, encoded, phone_photo
from linli.kernel.records.changes import Changes
from linli.lib.time import at, now, today


@pytest.fixture
def photo(db, clerk):
    return actions.receive(clerk, content=phone_photo(), name="现场.jpg")


def attach(clerk, files, record=1, stage=Stage.BEFORE):
    changes = Changes()
    actions.attach(changes, files, actor=clerk, record=("plea", record), stage=stage)
    changes.write()


def test_a_claimed_file_is_attached_by_the_deed_it_belongs_to(clerk, photo, django_assert_num_queries):
    files = queries.claimed(clerk, [queries.claim_of(photo)] * 2)
    assert files == [photo]
    attach(clerk, files)
    with django_assert_num_queries(1):
        [attachment] = queries.of("plea", [1, 2])[1]
        assert (attachment.file.name, attachment.stage) == ("现场.jpg", "before")


def test_an_attached_file_is_refused_elsewhere(clerk, photo):
    attach(clerk, [photo])
    with pytest.raises(FileAttached):
        attach(clerk, [photo], record=2)
    with pytest.raises(FileAttached):
        queries.claimed(clerk, [queries.claim_of(photo)])


def test_of_two_deeds_that_plan_the_same_file_one_fails_whole(clerk, photo):
    first, second = Changes(), Changes()
    for changes, record in ((first, 1), (second, 2)):
        actions.attach(changes, [photo], actor=clerk, record=("plea", record))
    first.write()
    with pytest.raises(IntegrityError), transaction.atomic():
        second.write()
    assert Attachment.objects.get().record_id == 1


def test_a_stranger_cannot_use_the_file(photo, clerk):
    for stranger in (PUBLIC, type(clerk)(post=12, account=2, unit=7, area="510107001", role="clerk")):
        with pytest.raises(FileNotYours):
            queries.claimed(stranger, [queries.claim_of(photo)])
        with pytest.raises(FileNotYours):
            actions.attach(Changes(), [photo], actor=stranger, record=("plea", 1))


@pytest.mark.parametrize("forged", ["1000", "1000:abc", "", "x"])
def test_a_resident_cannot_claim_by_guessing(db, forged):
    with pytest.raises(FileNotYours):
        queries.claimed(PUBLIC, [forged])


def test_what_nobody_attached_is_gone_after_a_day(clerk, photo, store):
    kept = actions.receive(clerk, content=encoded(drawn(30, 30)), name="b.jpg")
    attach(clerk, [kept])
    with at(now() + dt.timedelta(hours=23)):
        assert actions.sweep() == 0
    with at(now() + dt.timedelta(hours=25)):
        assert actions.sweep() == 1
    assert list(File.objects.all()) == [kept]
    assert {path.name for path in store.rglob("*") if path.is_file()} == {kept.sha256}
    with pytest.raises(FileNotYours):
        queries.claimed(clerk, [queries.claim_of(photo)])


def test_content_that_another_row_needs_stays(clerk, photo):
    twin = actions.receive(clerk, content=phone_photo(), name="同一张.jpg")
    attach(clerk, [twin])
    with at(now() + dt.timedelta(days=2)):
        assert actions.sweep() == 1
    assert store.path_of(twin.sha256, store.THUMB).exists()


def test_content_left_by_a_killed_process_is_removed_shard_by_shard(clerk, photo):
    orphan = "ab" + "0" * 62
    store.put(orphan, store.ORIGINAL, b"left behind")
    draft = store.path_of(orphan, store.ORIGINAL).with_name(store.DRAFT + "1")
    draft.write_bytes(b"half")
    long_ago = (now() - dt.timedelta(days=3)).timestamp()
    os.utime(draft, (long_ago, long_ago))
    assert actions.sweep_shard(0xAB) == 1
    os.utime(store.path_of(orphan, store.ORIGINAL), (long_ago, long_ago))
    assert actions.sweep_shard(0xAB + store.SHARDS) == 1
    os.utime(store.path_of(photo.sha256, store.THUMB), (long_ago, long_ago))
    assert actions.sweep_shard(int(photo.sha256[:2], 16)) == 0


def test_the_nightly_job_sweeps(photo):
    with at(now() + dt.timedelta(days=2)):
        assert today()
        jobs.night(0)
    assert not File.objects.exists()
