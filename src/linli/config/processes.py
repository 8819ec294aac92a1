"""Which process owns a data directory, and keeping its children alive or ending them all.

``DataLock`` lets one process at a time run a data directory. ``Supervisor`` starts children, starts one
again (with a growing pause) when it dies, and stops them in order. Should the supervisor itself be
killed with no chance to clean up, a small *leash* process notices (its pipe closes), ends what was left
running and only then lets go of the lock, so that a second start never meets a half-dead first. Should the
leash be killed, the supervisor ties another; should both be killed at once, Linux tells the children
(``linli.config.tied``).

A child leads a process group of its own, and what it started itself ends with it: supervisor and leash kill
the rest of the group as soon as the leader is gone, however it went. A web worker does not wait to be killed:
it ends by itself when its master is gone (``end_with_parent``), so also where nobody supervises.
"""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from linli.config.folders import using
from linli.lib.errors import Refusal

STOP_SECONDS = 8.0
"""Children are asked to end, and after this long they are made to."""
KILL_SECONDS = 1.0
"""What was killed is gone at once; a container without an init keeps its remains, which nobody waits for."""
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 60.0
"""A child that lived this long starts again at once; its earlier deaths are forgotten."""
LOG_LIMIT = 20 * 2**20


class InUse(Refusal):
    """Another process runs this data directory."""

    code = "data_in_use"
    status = 409
    title = "数据目录正在使用中"


class DataLock:
    """The right to run a data directory: an ``flock`` on ``<data>/lock``, which names its holder.

    The lock belongs to the open file, so the leash inherits it and holds it until all is quiet.
    """

    def __init__(self, data: Path) -> None:
        self.path = data / "lock"
        self._file: int | None = None

    def take(
        self, *, url: str = "", patience: float = 20.0, say: Callable[[str], None] | None = None
    ) -> None:
        """Take the lock or refuse with ``InUse``.

        When the holder named in the file is dead, its leash is still ending what it left; that is
        waited for, up to ``patience`` seconds.
        """
        with using(self.path.parent):
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + patience
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = self.holder()
                if is_alive(holder.pid) or time.monotonic() > deadline:
                    os.close(handle)
                    where = f"，网址 {holder.url}" if holder.url else ""
                    raise InUse(
                        f"数据目录 {self.path.parent} 正由进程 {holder.pid} 使用{where}；请先停止它，"
                        "或用 --data 换一个目录（already running on this data directory）",
                        pid=holder.pid,
                    ) from None
                if say is not None and not told:
                    say("上一次运行没有正常结束，正在等它收尾……")
                    told = True
                time.sleep(0.1)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)
        self._file = handle

    def release(self) -> None:
        if self._file is not None:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def holder(self) -> Holder:
        """Who is named in the file; pid 0 when nobody is."""
        with suppress(FileNotFoundError, ValueError):
            found = json.loads(self.path.read_text())
            return Holder(pid=int(found["pid"]), url=str(found["url"]))
        return Holder()

    def fileno(self) -> int:
        if self._file is None:
            raise ValueError("the lock is not held")
        return self._file


@dataclass(frozen=True)
class Holder:
    pid: int = 0
    url: str = ""


@dataclass
class Child:
    """A process to keep alive. ``title`` is what people are told, ``log`` where its output goes.

    ``process`` is None before it is started, and between its death and its next start.
    """

    title: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    again_at: float | None = None
    in_the_way: Callable[[], None] | None = None
    """Asked when it dies again as soon as it was started again: refuses where trying on is in vain."""


@dataclass
class Supervisor:
    """Runs children until told to stop. ``say`` gets one line per event, for people."""

    lock: DataLock
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _leash: subprocess.Popen[bytes] | None = None
    _wards: dict[int, signal.Signals] = field(default_factory=dict)
    _is_looking: bool = False

    def catch_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and a closed terminal set ``stopping`` instead of ending us at once.

        Outside ``watch`` and ``stop`` (while something long is being prepared) they also interrupt.
        """
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, self._be_told)

    def _be_told(self, *_: object) -> None:
        first = not self.stopping.is_set()
        self.stopping.set()
        if first and not self._is_looking:
            raise KeyboardInterrupt

    def tie_leash(self) -> None:
        """Start the leash; from here on every child dies with us, however we die."""
        self._leash = subprocess.Popen(
            [sys.executable, "-m", "linli.config.processes"],
            stdin=subprocess.PIPE,
            pass_fds=(self.lock.fileno(),),
            start_new_session=True,
            cwd="/",
        )
        for pid, how in self._wards.items():
            self._tell(f"+{pid} {int(how)}")

    def _look_after_leash(self) -> None:
        if self._leash is not None and self._leash.poll() is not None:
            self.tie_leash()

    def entrust(self, pid: int, how: signal.Signals = signal.SIGTERM) -> None:
        """Have the leash end ``pid``, the leader of a process group, by signal ``how`` should we die."""
        self._wards[pid] = how
        self._tell(f"+{pid} {int(how)}")

    def disown(self, pid: int) -> None:
        self._wards.pop(pid, None)
        self._tell(f"-{pid}")

    def _tell(self, line: str) -> None:
        if self._leash is not None and self._leash.stdin is not None:
            with suppress(BrokenPipeError):
                self._leash.stdin.write(line.encode() + b"\n")
                self._leash.stdin.flush()

    def start(self, child: Child) -> None:
        if child not in self.children:
            self.children.append(child)
        child.log.parent.mkdir(parents=True, exist_ok=True)
        if child.log.exists() and child.log.stat().st_size > LOG_LIMIT:
            child.log.replace(child.log.with_suffix(".log.1"))
        with child.log.open("ab") as log:
            # its own session, so that a Ctrl-C in the terminal reaches us alone and we stop in order
            child.process = subprocess.Popen(
                [sys.executable, "-m", "linli.config.tied", str(os.getpid()), *child.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        child.started = time.monotonic()
        child.again_at = None
        self.entrust(child.process.pid)

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep the children alive until ``stopping`` is set or ``until()`` holds. Passes on the refusal of a
        child that cannot live (``Child.in_the_way``)."""
        self._is_looking = True
        try:
            while not self.stopping.is_set() and not until():
                self._look_after_leash()
                for child in self.children:
                    self._look_after(child)
                self.stopping.wait(0.1)
        finally:
            self._is_looking = False

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.again_at is not None:
            if now >= child.again_at:
                self.start(child)
            return
        if child.process is None or (code := child.process.poll()) is None:
            return
        kill_group(child.process.pid)
        self.disown(child.process.pid)
        child.process = None  # the number may soon be another's
        child.deaths = 1 if now - child.started > HEALTHY_SECONDS else child.deaths + 1
        if child.deaths > 1 and child.in_the_way is not None:
            child.in_the_way()
        pause = 0.0 if child.deaths == 1 else min(2.0 ** (child.deaths - 2), LONGEST_PAUSE)
        child.again_at = now + pause
        self.say(
            f"{child.title}意外退出（{_how_it_ended(code)}），"
            f"{f'{pause:.0f} 秒后' if pause else '立即'}重新启动；日志：{child.log}"
        )

    def stop(self) -> None:
        """End all children; whoever does not listen, or outlives the child that started it, is killed."""
        self.stopping.set()
        left = [child.process for child in reversed(self.children) if child.process is not None]
        for process in left:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in left:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            kill_group(process.pid)
            self.disown(process.pid)

    def untie_leash(self) -> None:
        if self._leash is not None and self._leash.stdin is not None:
            self._leash.stdin.close()
            self._leash.wait()
            self._leash = None


def _how_it_ended(code: int) -> str:
    return f"信号 {signal.Signals(-code).name}" if code < 0 else f"退出码 {code}"


def is_alive(pid: int) -> bool:
    """Whether a process runs. One that ended but was never reaped (no init in a container) does not."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError):  # only Linux has /proc; elsewhere init reaps orphans
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def kill_group(leader: int) -> None:
    """Kill whatever is left of the process group that ``leader`` leads or led, and wait until it is gone.

    While a member lives, the system gives the group's number to nobody else.
    """
    deadline = time.monotonic() + KILL_SECONDS
    # macOS forbids to signal a group of which only unreaped processes are left
    with suppress(ProcessLookupError, PermissionError):
        while True:
            os.killpg(leader, signal.SIGKILL)
            if time.monotonic() > deadline:
                return
            time.sleep(0.01)


def end_groups(wards: Mapping[int, int]) -> None:
    """Signal the leader of each process group its way and wait until all are gone; what then, or after
    ``STOP_SECONDS``, is left of their groups is killed."""
    for pid, how in wards.items():
        with suppress(ProcessLookupError):
            os.kill(pid, how)
    deadline = time.monotonic() + STOP_SECONDS
    while any(is_alive(pid) for pid in wards) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in wards:
        kill_group(pid)


def end_with_parent() -> None:
    """Have this process end as soon as the one that made it (by ``multiprocessing``) is gone.

    Does nothing in a process that was started otherwise.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), name="end-with-parent", daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)  # what is being answered is finished
    os._exit(1)


def leash() -> None:
    """Read who to care for from standard input; when it closes, end whoever is left: children first."""
    wards: dict[int, int] = {}
    for line in sys.stdin:
        pid, _, how = line[1:].strip().partition(" ")
        if line.startswith("+"):
            wards[int(pid)] = int(how)
        else:
            wards.pop(int(pid), None)
    end_groups({pid: how for pid, how in wards.items() if how == signal.SIGTERM})
    end_groups({pid: how for pid, how in wards.items() if how != signal.SIGTERM})


if __name__ == "__main__":
    leash()
