"""A crowd asks on whatever happens, and what is told of it is what happened."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from bench.client import Sample, Script, get
from bench.crowd import FAILED, Crowd, Phase
from bench.figures import Memory
from bench.soak import HOUR, Slice, drift
from bench.spike import recovery

PHASES = [Phase("calm", 1, 10.0), Phase("spike", 10, 20.0), Phase("calm again", 1, 10.0)]


@contextmanager
def served(fails: bool) -> Iterator[int]:
    """A server that closes each third connection's door without a word, where it ``fails``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        asked = 0

        def do_GET(self) -> None:
            Handler.asked += 1
            if fails and Handler.asked % 3 == 0:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def script() -> Script:
    while True:
        yield get("/", "")


def test_everybody_is_answered_and_has_gone_in_the_end() -> None:
    with served(fails=False) as port:
        crowd = Crowd(port, script, every=0.02)
        samples = crowd.attend([Phase("few", 2, 0.1), Phase("many", 8, 0.1), Phase("few", 1, 0.1)])
    assert {one.status for one in samples} == {200}
    assert all(one.received > 2 for one in samples)
    assert crowd._present == []


def test_a_connection_that_fails_is_an_error_and_its_person_goes_on() -> None:
    with served(fails=True) as port:
        samples = Crowd(port, script, every=0.01).attend([Phase("all", 1, 0.3)])
    statuses = [one.status for one in samples]
    assert statuses[:6] == [200, 200, FAILED, 200, 200, FAILED]


def answered(at: float, seconds: float) -> Sample:
    return Sample("a", seconds, 200, at=at)


def test_recovery_is_when_answers_are_as_quick_as_before() -> None:
    calm = [answered(n / 10, 0.02) for n in range(100)]
    spike = [answered(10 + n / 10, 1.0) for n in range(200)]
    after = [answered(30 + n / 10, 0.5 if n < 20 else 0.02) for n in range(100)]
    assert recovery([*calm, *spike, *after], PHASES) == pytest.approx(2.0)
    assert recovery([*calm, *spike, *(answered(30 + n / 10, 0.5) for n in range(100))], PHASES) is None


def test_drift_is_told_by_the_hour_and_without_the_beginning() -> None:
    warming = [Slice(n * 60.0, 1, 0, 5.0, 99.0, [Memory(50, 20)], {}) for n in range(1, 3)]
    steady = [Slice(n * 60.0, 1, 0, 5.0, 10.0, [Memory(100 + n, 80 + n)], {}) for n in range(3, 11)]
    found = drift([*warming, *steady])
    assert found["memory_mb_an_hour"] == pytest.approx(HOUR / 60)
    assert found["p95_ms_an_hour"] == pytest.approx(0.0)
    assert found["memory_first_mb"] == 83
