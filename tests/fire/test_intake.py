"""Killing any process at any moment loses no acknowledged report and leaves nothing half-written.

A real server (Granian) on a real PostgreSQL that waits for the disk; reports come in over HTTP while one
or the other is killed with SIGKILL. Whoever gets no answer asks again with the same ``client_id``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid5

import psycopg
import pytest

from linli.config.embedded import EmbeddedDatabase
from linli.config.processes import is_alive
from tests.city import centre_of, grids

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SENDERS, REPORTS = 4, 20
BUILD = """
import sys, django
django.setup()
from pathlib import Path
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests import city
city.build(Path(sys.argv[1]))
from linli.kernel.units.models import Token
print(Token.issue(city.read().posts["dispatcher"], "fire")[1])
"""
VERIFY = """
import django
django.setup()
from linli.kernel.journal.verify import verify
print("\\n".join(verify().problems))
"""
NAMES = UUID("5d0c3f2e-6a55-4a4b-9a0c-1f7f3f0f5a11")


@dataclass
class Place:
    """An installation of its own: database, server, what was sent and what was acknowledged."""

    data: Path
    database: EmbeddedDatabase
    port: int
    token: str = ""
    server: subprocess.Popen[bytes] | None = None
    acknowledged: dict[UUID, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
        ours = {
            "LINLI_DATA_DIR": str(self.data),
            "LINLI_WEB_PROCESSES": "1",
            "DJANGO_SETTINGS_MODULE": "linli.config.settings",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }
        return kept | ours

    def python(self, *arguments: str) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, env=self.environment(), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def serve(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port)]
        command += ["--workers", "1", "--blocking-threads", "4", "--no-ws", "linli.config.wsgi:application"]
        with (self.data / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                command, env=self.environment(), cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(self.url("/openapi.json"), timeout=5):
                return
            time.sleep(0.1)
        pytest.fail((self.data / "server.log").read_text()[-2000:])

    def kill_server(self) -> None:
        """The server and its worker at once, as when the machine's memory runs out."""
        if self.server is not None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
            self.server = None

    def kill_database(self) -> None:
        """The whole of PostgreSQL; it recovers from its log when it is started again."""
        pid = self.database.pid()
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # no child is born between the look and the kill
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True
        )
        family = [pid, *(int(word) for word in listed.stdout.split())]
        for one in family:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while any(is_alive(one) for one in family):
            self.database.has_died()  # reaps our child
            time.sleep(0.02)
        assert self.database.has_died()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1{path}"

    def send(self, number: int) -> None:
        """Report until it is acknowledged, always as the same submission."""
        client_id = uuid5(NAMES, str(number))
        lng, lat = centre_of(grids()[number % 12])
        body = {"text": f"第{number}号路灯不亮了", "lng": lng, "lat": lat, "client_id": str(client_id)}
        request = urllib.request.Request(
            self.url("/reports"),
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            # whatever goes wrong below an answer (refused, reset, half an answer, 500) is: not acknowledged
            with suppress(OSError, ValueError, urllib.error.HTTPError):
                with urllib.request.urlopen(request, timeout=10) as answer:
                    self.acknowledged[client_id] = json.load(answer)["number"]
                return
            time.sleep(0.05)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Place(tmp_path, EmbeddedDatabase(tmp_path, durable=True), port)
    made.database.start()
    try:
        made.token = made.python("-c", BUILD, str(tmp_path)).splitlines()[-1]
        made.serve()
        yield made
    finally:
        made.kill_server()
        made.database.stop()


def test_no_acknowledged_report_is_lost_or_doubled_whoever_is_killed(place: Place) -> None:
    def sender(first: int) -> None:
        for number in range(first, SENDERS * REPORTS, SENDERS):
            place.send(number)

    def wait_for(count: int) -> None:
        deadline = time.monotonic() + 60
        while len(place.acknowledged) < count and time.monotonic() < deadline:
            time.sleep(0.01)

    threads = [threading.Thread(target=sender, args=(first,)) for first in range(SENDERS)]
    for thread in threads:
        thread.start()
    wait_for(15)
    place.kill_server()
    place.serve()
    wait_for(35)
    place.kill_database()
    place.database.start()
    wait_for(55)
    place.kill_server()
    place.kill_database()
    place.database.start()
    place.serve()
    for thread in threads:
        thread.join()
    assert len(place.acknowledged) == SENDERS * REPORTS
    with psycopg.connect(place.database.url()) as connection:
        rows = connection.execute(
            "SELECT r.client_id, c.number FROM cases_report r JOIN cases_case c ON c.id = r.case_id"
        ).fetchall()
        orphans = connection.execute(
            "SELECT count(*) FROM cases_case c"
            " WHERE NOT EXISTS (SELECT FROM cases_report r WHERE r.case_id = c.id)"
            " OR NOT EXISTS (SELECT FROM journal_entry e WHERE e.record_id = c.id)"
            " OR (SELECT count(*) FROM clocks_clock k WHERE k.record_id = c.id) <> 2"
        ).fetchone()
    assert dict(rows) == place.acknowledged
    assert len(rows) == SENDERS * REPORTS
    assert orphans == (0,)
    assert place.python("-c", VERIFY) == ""
