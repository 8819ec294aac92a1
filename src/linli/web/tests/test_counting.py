"""Counts hold for all processes, end with their window and say nothing about whom they count."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from psycopg.conninfo import make_conninfo

from linli.lib.time import at, now
from linli.web import counting
from linli.web.counting import Count
from linli.web.models import Tally

HOUR = dt.timedelta(hours=1)
COUNT_MANY = """
import datetime as dt, sys
import django
django.setup()
from linli.web.counting import Count
count = Count.of("test", "10.0.0.1", dt.timedelta(hours=1))
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
for _ in range(200):
    count.add()
"""


def count(subject: str = "10.0.0.1", *, renew: bool = False) -> Count:
    return Count.of("test", subject, HOUR, renew=renew)


def number(one: Count) -> int:
    counted = one.so_far()
    return counted.number if counted is not None else 0


@pytest.mark.django_db
def test_each_subject_is_counted_apart_until_its_window_ends() -> None:
    begun = now()
    with at(begun):
        assert [count().add(), count().add(3), count("10.0.0.2").add()] == [1, 4, 1]
    with at(begun + HOUR - dt.timedelta(seconds=1)):
        assert count().add() == 5
    with at(begun + HOUR):
        assert number(count()) == 0
        assert count().add() == 1


@pytest.mark.django_db
def test_a_renewed_count_ends_only_after_a_rest() -> None:
    begun = now()
    for minutes in (0, 50, 100):
        with at(begun + dt.timedelta(minutes=minutes)):
            last = count(renew=True).add()
    assert last == 3
    with at(begun + dt.timedelta(minutes=160)):
        assert number(count(renew=True)) == 0


@pytest.mark.django_db
def test_what_has_ended_or_is_forgotten_leaves_no_row() -> None:
    begun = now()
    with at(begun):
        count("10.0.0.1").add()
        count("10.0.0.2").add()
        count("10.0.0.2").forget()
        assert counting.sweep() == 0
    with at(begun + HOUR):
        assert counting.sweep() == 1
    assert not Tally.objects.exists()


def test_the_key_tells_nothing_without_the_sites_key(settings: Any) -> None:
    ours = count().key
    assert len(ours) == 16
    settings.SECRET_KEY = "another"  # noqa: S105 - a key that is none
    assert count().key != ours


def _process(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own on the test database."""
    known = connection.settings_dict
    url = make_conninfo(
        dbname=known["NAME"],
        user=known["USER"],
        password=known["PASSWORD"] or None,
        host=known["HOST"],
        port=known["PORT"] or None,
    )
    environment = os.environ | {
        "LINLI_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "linli.config.settings",
        "LINLI_SECRET_KEY": site.SECRET_KEY,
    }
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_two_processes_count_together_and_lose_nothing() -> None:
    counters = [_process(COUNT_MANY) for _ in range(2)]
    for one in counters:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in counters:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in counters:
        one.communicate(timeout=60)
        assert one.returncode == 0
    assert number(count()) == 400


SIGNED_IN = """
import sys
import django
django.setup()
from importlib import import_module
from django.conf import settings
Store = import_module(settings.SESSION_ENGINE).SessionStore
for key in sys.stdin:
    print(Store(key.strip()).get("_auth_user_id", ""), flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_who_signs_out_is_signed_out_in_every_process() -> None:
    """A session that a process kept in memory would outlive its end."""
    account = get_user_model().objects.create_user("zhang", "a long enough word")
    session = SessionStore()
    session["_auth_user_id"] = str(account.pk)
    session.create()
    other = _process(SIGNED_IN)
    assert other.stdin is not None
    assert other.stdout is not None

    def seen() -> str:
        other.stdin.write(f"{session.session_key}\n")
        other.stdin.flush()
        return str(other.stdout.readline().strip())

    try:
        before = seen()
        session.delete()
        after = seen()
    finally:
        other.communicate(timeout=60)
    assert (before, after) == (str(account.pk), "")
