"""The embedded server on real processes: what is acknowledged stays, whatever is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from linli.config import environment as env
from linli.config.embedded import DatabaseFailed, EmbeddedDatabase


@pytest.fixture
def database(tmp_path: Path) -> Iterator[EmbeddedDatabase]:
    one = EmbeddedDatabase(tmp_path / "data")
    one.start()
    yield one
    one.stop()


def _kill(database: EmbeddedDatabase) -> None:
    pid = database.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while not database.has_died():
        time.sleep(0.01)


def _start_again(data: Path) -> EmbeddedDatabase:
    """The killed server's last processes hold its memory for a moment."""
    for _ in range(50):
        try:
            again = EmbeddedDatabase(data)
            again.start()
        except DatabaseFailed:
            time.sleep(0.1)
        else:
            return again
    raise AssertionError("the server did not come back")


def test_a_new_cluster_is_utf8_checked_durable_and_off_the_network(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.url()) as connection:
        told = {
            name: connection.execute("select current_setting(%s)", [name]).fetchone()
            for name in (
                "server_encoding",
                "data_checksums",
                "fsync",
                "synchronous_commit",
                "listen_addresses",
                "jit",
            )
        }
    assert told == {
        "server_encoding": ("UTF8",),
        "data_checksums": ("on",),
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "listen_addresses": ("",),
        "jit": ("off",),
    }


def test_only_the_owner_reaches_the_socket(database: EmbeddedDatabase) -> None:
    assert database.sockets.stat().st_mode & 0o777 == 0o700


def test_what_was_committed_survives_a_kill(database: EmbeddedDatabase) -> None:
    with psycopg.connect(database.url()) as connection:
        connection.execute("create table kept (what text)")
        connection.execute("insert into kept values ('一案一码')")
    _kill(database)
    again = _start_again(database.data)
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("select what from kept").fetchall() == [("一案一码",)]
    again.stop()


def test_a_stopped_server_does_not_run_and_stops_but_once(database: EmbeddedDatabase) -> None:
    database.stop()
    assert not database.is_running()
    assert database.pid() is None
    database.stop()


def test_a_server_that_was_left_running_is_taken_over(database: EmbeddedDatabase) -> None:
    assert EmbeddedDatabase(database.data).start() == database.pid()


def test_a_cluster_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "database").mkdir()
    (tmp_path / "database" / "PG_VERSION").write_text("16\n")
    with pytest.raises(DatabaseFailed, match="PostgreSQL 16"):
        EmbeddedDatabase(tmp_path).start()


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "database.new").mkdir()
    (tmp_path / "database.new" / "PG_VERSION").write_text("18\n")
    database = EmbeddedDatabase(tmp_path)
    database.start()
    assert database.is_running()
    database.stop()


def test_the_socket_of_a_long_path_lies_elsewhere_under_a_name_of_its_own() -> None:
    long = Path("/" + "很长的目录" * 20)
    assert len(os.fsencode(env.socket_dir(long) / ".s.PGSQL.5432")) <= env.SOCKET_PATH_LIMIT
    assert env.socket_dir(long) != env.socket_dir(long / "another")
    assert env.socket_dir(Path("/data")) == Path("/data/run")
