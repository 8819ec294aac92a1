"""Owning a data directory, and what becomes of children, on real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from linli.config.processes import Child, DataLock, InUse, Supervisor, is_alive

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to pass")


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


def test_children_of_a_killed_supervisor_are_ended_before_the_lock_is_free(tmp_path: Path) -> None:
    program = f"""
        import sys, time
        from pathlib import Path
        from linli.config.processes import Child, DataLock, Supervisor
        data = Path({str(tmp_path)!r})
        lock = DataLock(data)
        lock.take()
        supervisor = Supervisor(lock, print)
        supervisor.tie_leash()
        child = Child("网站", {SLEEPER!r}, data / "web.log")
        supervisor.start(child)
        print(child.process.pid, flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        child = int(supervisor.stdout.readline())
        assert is_alive(child)
        supervisor.kill()
        supervisor.wait()
        lock = DataLock(tmp_path)
        lock.take()  # waits for the leash
        assert not is_alive(child)
        lock.release()


def test_a_process_that_ended_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        assert not is_alive(process.pid)
    assert is_alive(os.getpid())
    assert not is_alive(0)
