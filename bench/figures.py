"""What was measured, as numbers, as lines for a terminal, and as a file."""

from __future__ import annotations

import math
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson
import psutil  # type: ignore[import-untyped] # its types are a package of their own
from django.conf import settings

from linli.lib.time import now

RESULTS = "results"
"""The folder for files, in the bench's data directory."""


@dataclass(frozen=True)
class Spread:
    """Milliseconds of many like things."""

    count: int
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        ordered = sorted(seconds)
        return cls(len(ordered), *(percentile(ordered, share) * 1e3 for share in (0.50, 0.95, 0.99)))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of ``ordered`` do not exceed; 0 of nothing."""
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)] if ordered else 0.0


@dataclass(frozen=True)
class Cost:
    """What one request asks of the database (``costs``)."""

    queries: float
    rows: float
    """Rows that scans returned, and entries that were read in indexes (``tup_returned``)."""
    pages: float
    """Pages of 8 kB that were looked at, in the database's memory or not."""


@dataclass(frozen=True)
class Memory:
    """Megabytes of one process."""

    rss: float
    """All that is mapped and present, what is shared with others among it."""
    pss: float
    """The same, with what is shared divided among those who share it; 0 where the system does not tell."""


@dataclass
class Run:
    """One thing measured for a while."""

    name: str
    seconds: float = 0.0
    done: int = 0
    errors: int = 0
    spread: Spread | None = None
    cpu_ms: dict[str, float] = field(default_factory=dict)
    """CPU per thing done, by who used it (web, database, client)."""
    received: float = 0.0
    """Bytes of an answer, on average."""
    cost: Cost | None = None
    workers: list[Memory] = field(default_factory=list)
    """The web's processes at the end."""
    cases: int = 0
    """Cases in the city."""
    connections: int = 0
    """Connections that asked at once."""

    @property
    def rate(self) -> float:
        return self.done / self.seconds if self.seconds else 0.0


class CpuMeter:
    """CPU seconds used by groups of processes and all their descendants since the meter was made."""

    def __init__(self, groups: dict[str, list[int]]) -> None:
        self.groups = groups
        self._before = self._now()

    def used(self) -> dict[str, float]:
        after = self._now()
        return {name: after[name] - self._before[name] for name in self.groups}

    def _now(self) -> dict[str, float]:
        return {name: sum(map(_cpu_of_tree, pids)) for name, pids in self.groups.items()}


def _cpu_of_tree(pid: int) -> float:
    """A process that has ended counts with its parent once that has waited for it."""
    if pid == os.getpid():  # the client: its running children (web, database) are groups of their own
        own = psutil.Process(pid).cpu_times()
        return float(own.user + own.system + own.children_user + own.children_system)
    total = 0.0
    try:
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
    except psutil.NoSuchProcess:
        return total
    return total


def memory(web: int) -> list[Memory]:
    """The processes that answer, of the web whose first process is ``web``; the largest first."""
    found = []
    for process in psutil.Process(web).children(recursive=True):
        try:
            told = process.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        found.append(Memory(told.rss / 2**20, getattr(told, "pss", 0) / 2**20))
    return sorted(found, key=lambda one: -one.rss)


def machine() -> dict[str, object]:
    """Where and when it was measured, and what else the machine was doing."""
    return {
        "at": now().isoformat(timespec="seconds"),
        "commit": _commit(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "load_at_end": [round(value, 2) for value in os.getloadavg()],
    }


def _commit() -> str:
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def show(title: str, runs: Sequence[Run]) -> None:
    """A table of runs on the terminal, and the web's memory in the end."""
    print(f"\n{title}")
    print(
        f"  {'':<34}{'per second':>11}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}"
        f"{'queries':>9}{'rows':>8}{'kB':>8}  CPU ms each"
    )
    for run in runs:
        spread = run.spread or Spread(0, 0, 0, 0)
        used = " ".join(f"{name} {value:.3g}" for name, value in run.cpu_ms.items())
        asked = f"{run.cost.queries:>9.0f}{run.cost.rows:>8,.0f}" if run.cost else " " * 17
        size = f"{run.received / 1e3:>8.1f}" if run.received else " " * 8
        print(
            f"  {run.name:<34}{run.rate:>11,.1f}{spread.p50:>9.2f}{spread.p95:>9.2f}{spread.p99:>9.2f}"
            f"{run.errors:>8}{asked}{size}  {used}"
        )
    last = next((run.workers for run in reversed(runs) if run.workers), [])
    if last:
        told = ", ".join(f"{one.rss:.0f} ({one.pss:.0f})" for one in last)
        print(f"  web's processes, MB (without what they share): {told}")


def keep(what: str, found: dict[str, object], runs: Sequence[Run]) -> Path:
    """Write the figures to a file in the data directory; returns it."""
    folder = Path(settings.DATA_DIR) / RESULTS
    folder.mkdir(exist_ok=True)
    where = machine()
    file = folder / f"{what}-{now():%Y%m%d-%H%M%S}.json"
    told = {"what": what, "machine": where, **found, "runs": [asdict(r) | {"rate": r.rate} for r in runs]}
    file.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    return file
