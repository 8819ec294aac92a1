"""Owning a data directory, and what becomes of children, on real processes."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from linli.config.commands.serve import web_command
from linli.config.processes import Child, DataLock, InUse, Supervisor, is_alive, kill_group

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
MASTER = [
    sys.executable,
    "-c",
    f"import subprocess as s; worker = s.Popen({SLEEPER!r}); print(worker.pid, flush=True); worker.wait()",
]
"""A child with a worker of its own, which takes no notice of what becomes of it; it logs the worker's pid."""


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to pass")


def _workers(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture
def lock(tmp_path: Path) -> DataLock:
    return DataLock(tmp_path)


def test_a_second_owner_is_refused_and_told_of_the_first(lock: DataLock) -> None:
    lock.take(url="http://127.0.0.1:8000/")
    with pytest.raises(InUse, match=f"{os.getpid()}.*8000"):
        DataLock(lock.path.parent).take()
    lock.release()


def test_a_released_lock_can_be_taken(lock: DataLock) -> None:
    lock.take()
    lock.release()
    other = DataLock(lock.path.parent)
    other.take()
    other.release()


def test_a_lock_file_left_by_a_dead_process_does_not_matter(lock: DataLock) -> None:
    lock.path.write_text('{"pid": 999999999, "url": ""}')
    lock.take()
    assert lock.holder().pid == os.getpid()
    lock.release()


def test_a_child_that_dies_is_started_again_and_said_so(lock: DataLock, tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(lock, said.append)
    child = Child("网站", SLEEPER, tmp_path / "web.log")
    supervisor.start(child)
    assert child.process is not None
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    supervisor.watch(until=lambda: child.process is not None and child.process.pid != first)
    assert "网站意外退出（信号 SIGKILL），立即重新启动" in said[0]
    supervisor.stop()
    assert child.process.poll() is not None


def test_what_a_killed_child_had_started_ends_before_it_is_started_again(
    lock: DataLock, tmp_path: Path
) -> None:
    supervisor = Supervisor(lock, lambda _: None)
    child = Child("网站", MASTER, tmp_path / "web.log")
    supervisor.start(child)
    _until(lambda: len(_workers(child.log)) == 1)
    assert child.process is not None
    child.process.kill()
    supervisor.watch(until=lambda: len(_workers(child.log)) == 2)
    first, second = _workers(child.log)
    assert not is_alive(first)
    assert is_alive(second)
    supervisor.stop()
    assert not is_alive(second)


def test_what_a_child_had_started_ends_also_when_the_child_died_while_all_was_stopping(
    lock: DataLock, tmp_path: Path
) -> None:
    supervisor = Supervisor(lock, lambda _: None)
    child = Child("网站", MASTER, tmp_path / "web.log")
    supervisor.start(child)
    _until(lambda: len(_workers(child.log)) == 1)
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    supervisor.stop()
    assert not is_alive(_workers(child.log)[0])


def test_a_child_that_keeps_dying_is_given_longer_and_longer_pauses(lock: DataLock, tmp_path: Path) -> None:
    said: list[str] = []
    supervisor = Supervisor(lock, said.append)
    supervisor.start(Child("后台任务", [sys.executable, "-c", "exit(3)"], tmp_path / "work.log"))
    supervisor.watch(until=lambda: len(said) == 3)
    assert [line.split("）")[1].split("；")[0] for line in said] == [
        "，立即重新启动",
        "，1 秒后重新启动",
        "，2 秒后重新启动",
    ]
    supervisor.stop()


def test_a_child_that_something_is_in_the_way_of_is_given_up_with_the_reason(
    lock: DataLock, tmp_path: Path
) -> None:
    def refuse() -> None:
        raise InUse("端口 8000 已被另一个程序占用")

    said: list[str] = []
    supervisor = Supervisor(lock, said.append)
    command = [sys.executable, "-c", "exit(1)"]
    supervisor.start(Child("网站", command, tmp_path / "web.log", in_the_way=refuse))
    with pytest.raises(InUse, match="端口 8000"):
        supervisor.watch()
    assert len(said) == 1
    supervisor.stop()


def test_a_child_that_does_not_listen_is_killed(
    lock: DataLock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linli.config.processes.STOP_SECONDS", 0.3)
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    child = Child("网站", [sys.executable, "-c", deaf], tmp_path / "web.log")
    supervisor = Supervisor(lock, lambda _: None)
    supervisor.start(child)
    _until(lambda: "deaf" in child.log.read_text())
    supervisor.stop()
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """A supervisor that owns ``tmp_path``, with its leash and its child (which has a worker): their pids."""
    program = f"""
        from pathlib import Path
        from linli.config.processes import Child, DataLock, Supervisor
        data = Path({str(tmp_path)!r})
        lock = DataLock(data)
        lock.take()
        supervisor = Supervisor(lock, print)
        supervisor.tie_leash()
        child = Child("网站", {MASTER!r}, data / "web.log")
        supervisor.start(child)
        print(supervisor._leash.pid, child.process.pid, flush=True)
        supervisor.watch(until=lambda: print(supervisor._leash.pid, flush=True))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        leash, child = map(int, supervisor.stdout.readline().split())
        _until(lambda: len(_workers(tmp_path / "web.log")) == 1)
        yield supervisor, leash, child
        supervisor.kill()


def _left(child: int, data: Path) -> list[int]:
    """What lives on of a child and its workers once the leash has let go of the data directory."""
    lock = DataLock(data)
    lock.take()
    lock.release()
    return [pid for pid in (child, *_workers(data / "web.log")) if is_alive(pid)]


def test_children_of_a_killed_supervisor_are_ended_before_the_lock_is_free(
    supervised: tuple[subprocess.Popen[str], int, int], tmp_path: Path
) -> None:
    supervisor, _, child = supervised
    assert is_alive(child)
    supervisor.kill()
    supervisor.wait()
    assert _left(child, tmp_path) == []


def test_nothing_is_left_when_supervisor_and_child_are_killed_at_once(
    supervised: tuple[subprocess.Popen[str], int, int], tmp_path: Path
) -> None:
    supervisor, _, child = supervised
    os.kill(supervisor.pid, signal.SIGSTOP)  # so that it cannot start the child again
    os.kill(child, signal.SIGKILL)
    supervisor.kill()
    supervisor.wait()
    assert _left(child, tmp_path) == []


def test_a_killed_leash_is_tied_again(
    supervised: tuple[subprocess.Popen[str], int, int], tmp_path: Path
) -> None:
    supervisor, leash, child = supervised
    os.kill(leash, signal.SIGKILL)
    assert supervisor.stdout is not None
    next(line for line in islice(supervisor.stdout, 100) if int(line) != leash)
    supervisor.kill()
    supervisor.wait()
    assert _left(child, tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_a_child_ends_when_supervisor_and_leash_are_killed_at_once(
    supervised: tuple[subprocess.Popen[str], int, int],
) -> None:
    supervisor, leash, child = supervised
    os.kill(supervisor.pid, signal.SIGSTOP)  # so that it cannot tie another
    os.kill(leash, signal.SIGKILL)
    supervisor.kill()
    supervisor.wait()
    try:
        _until(lambda: not is_alive(child))
    finally:
        kill_group(child)


def _listens(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def test_web_workers_end_with_their_master_where_nobody_supervises() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with subprocess.Popen(web_command("127.0.0.1", port), start_new_session=True) as master:
        try:
            _until(lambda: _listens(port))
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                connection.request("HEAD", "/login", headers={"Host": "localhost"})
                connection.getresponse().close()  # a worker has loaded the application
            master.kill()
            master.wait()
            _until(lambda: not _listens(port))
        finally:
            kill_group(master.pid)


def test_a_process_that_ended_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        assert not is_alive(process.pid)
    assert is_alive(os.getpid())
    assert not is_alive(0)
