"""One real PostgreSQL for the whole suite: ``LINLI_TEST_DATABASE_URL``, else an embedded server for tests.

The embedded one lives in ``.data/test``, apart from any demo, and does not wait for the disk. Runs that
go on at the same time (and the workers of pytest-xdist) share it; the last to end stops it. Runs keep
apart by the name of their test database (``LINLI_TEST_NAME``).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from linli.config.embedded import EmbeddedDatabase

pytest_plugins = ["tests.city"]

ROOT = Path(__file__).parent
DATA = ROOT / ".data" / "test"
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ

_server: EmbeddedDatabase | None = None
_users: int | None = None
"""The open ``.data/test/users``: a shared lock on it means "I am using the server"."""


def _use_embedded_server() -> str:
    from linli.config.embedded import EmbeddedDatabase

    global _server, _users
    DATA.mkdir(parents=True, exist_ok=True)
    server = _server = EmbeddedDatabase(DATA, durable=False)
    with (DATA / "starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)  # one starts it, the others wait and find it running
        server.start()
        _users = os.open(DATA / "users", os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(_users, fcntl.LOCK_SH)
    return server.url()


def _leave_embedded_server() -> None:
    """Stop the server unless another run still uses it."""
    if _users is None or _server is None:
        return
    with (DATA / "starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        try:
            fcntl.flock(_users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _server.leave()
            return
        _server.stop()


def _let_tests_empty_the_journal() -> None:
    """A test with transactions of its own ends by emptying every table, which the journal's trigger forbids.

    That emptying alone goes past triggers, as a superuser may; tests of the trigger still meet it.
    """
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.execute_sql_flush

    def past_triggers(self: DatabaseOperations, sql_list: list[str]) -> None:
        flush(self, ["SET LOCAL session_replication_role = replica", *sql_list])

    DatabaseOperations.execute_sql_flush = past_triggers  # type: ignore[method-assign]


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    from linli.config import environment

    if "LINLI_TEST_DATABASE_URL" in os.environ:
        os.environ["LINLI_DATABASE_URL"] = os.environ["LINLI_TEST_DATABASE_URL"]
    elif "LINLI_DATABASE_URL" not in os.environ:  # workers inherit what the first process has set
        os.environ["LINLI_DATABASE_URL"] = _use_embedded_server()
    # settings were read before this file; the dictionary is the one that connections are made from
    found = environment.database()
    del found["TEST"]
    settings.DATABASES["default"].update(found)
    # tests make many accounts, and a slow hash protects nobody here
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # whitenoise warns of a missing folder
    _let_tests_empty_the_journal()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not IS_WORKER:
        _leave_embedded_server()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what needs a cluster: a skip is easily passed over."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(one.nodeid.startswith("tests/scale/") for one in skipped):
        terminalreporter.section("分布 · distribution")
        terminalreporter.line(
            "按区（市）县分布的测试没有运行：LINLI_TEST_CITUS_URL 未指明 Citus 协调节点"
            " · not run: tests of the distributed database"
        )


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    """What a test has put into memory (lists, parameters, units, pages) goes with its rolled-back data."""
    from django.core.cache import cache

    from linli.kernel.records.editions import drop_all

    drop_all()
    cache.clear()
    yield
    drop_all()


@pytest.fixture(autouse=True)
def _language_is_left() -> Iterator[None]:
    """A request leaves its reader's language to its thread, which all tests share."""
    from django.utils import translation

    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _figures_are_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that changes something and looks does not wait two seconds in between."""
    from linli.kernel.insight import keeping

    monkeypatch.setattr(keeping, "FRESH", dt.timedelta())


os.environ.setdefault("LINLI_DATA_DIR", str(DATA))
