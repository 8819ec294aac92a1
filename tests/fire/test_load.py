"""A file of reports whose import is killed again and again comes in whole, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from linli.config.embedded import EmbeddedDatabase
from tests.city import centre_of, grids
from tests.fire.test_intake import BUILD, ROOT, VERIFY, Place

pytestmark = pytest.mark.slow

ROWS = 4_000
KILLS = 3


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path, EmbeddedDatabase(tmp_path, durable=True), port=0)
    made.database.start()
    try:
        made.python("-c", BUILD, str(tmp_path))
        yield made
    finally:
        made.database.stop()


def hotline(folder: Path) -> Path:
    """Every other row has a number of the hotline's own."""
    codes = grids()
    lines = ["工单编号,诉求内容,经度,纬度,来电人,来电号码"]
    for n in range(ROWS):
        lng, lat = centre_of(codes[n % len(codes)])
        lines.append(f"{f'RX{n:05d}' if n % 2 else ''},第{n}号路灯不亮了,{lng},{lat},张女士,13912345678")
    file = folder / "hotline.csv"
    file.write_text("\n".join(lines))
    return file


def count(place: Place) -> int:
    with psycopg.connect(place.database.url()) as connection:
        row = connection.execute("SELECT count(*) FROM cases_report").fetchone()
    assert row is not None
    return int(row[0])


def test_nothing_is_lost_doubled_or_half_written(place: Place, tmp_path: Path) -> None:
    file = hotline(tmp_path)
    load = [sys.executable, "-m", "linli.config.cli", "load", "reports", str(file)]
    for turn in range(KILLS):
        before = count(place)
        process = subprocess.Popen(
            load, env=place.environment(), cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
        )
        while count(place) == before and process.poll() is None:
            time.sleep(0.01)
        # with its second process, or alone: then that one finds out, or is still at it when the next begins
        (os.killpg if turn % 2 else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
    place.python("-m", "linli.config.cli", "load", "reports", str(file))
    assert count(place) == ROWS
    with psycopg.connect(place.database.url()) as connection:
        twice = connection.execute(
            "SELECT text FROM cases_report GROUP BY text HAVING count(*) > 1"
        ).fetchall()
        partial = connection.execute(
            "SELECT count(*) FROM cases_case c"
            " WHERE NOT EXISTS (SELECT FROM cases_report r WHERE r.case_id = c.id)"
            " OR NOT EXISTS (SELECT FROM journal_entry e WHERE e.record_id = c.id)"
            " OR NOT EXISTS (SELECT FROM cases_casetext t WHERE t.case_id = c.id)"
            " OR (SELECT count(*) FROM clocks_clock k WHERE k.record_id = c.id) <> 2"
        ).fetchone()
        people = connection.execute("SELECT count(*) FROM vault_person").fetchone()
    assert (twice, partial, people) == ([], (0,), (ROWS,))
    assert place.python("-c", VERIFY) == ""
