"""Each benchmark runs and gives its figures. How fast is nobody's business here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MEASURED = (
    *("intake", "lifecycle", "worklist", "worn", "case", "dashboard", "fanout", "spike", "soak", "peers"),
    *("import", "sync", "due"),
)
WITHOUT_WEB = {"import"}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One installation for all: the city is made once."""
    return tmp_path_factory.mktemp("bench")


def measure(what: str, data: Path, *options: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    told = subprocess.run(
        [sys.executable, "-m", "linli.config.cli", "bench", what, "--quick", *options],
        cwd=ROOT,
        env=inherited | {"LINLI_DATA_DIR": str(data), "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def figures_of(what: str, data: Path) -> dict[str, Any]:
    """What the benchmark has found; measured once for all tests."""
    folder = data / "results"
    if not list(folder.glob(f"{what}-2*.json")):
        assert f"{what}:" in measure(what, data)
    (file,) = folder.glob(f"{what}-2*.json")
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("what", MEASURED)
def test_a_benchmark_without_errors_gives_its_figures(what: str, data: Path) -> None:
    found = figures_of(what, data)
    assert found["machine"]["cores"]
    assert found["runs"]
    assert all(run["done"] > 0 and run["errors"] == 0 for run in found["runs"])
    assert all(run["spread"]["p50"] <= run["spread"]["p99"] for run in found["runs"] if run["spread"])
    served = [run for run in found["runs"] if run["workers"]]
    assert served or what in WITHOUT_WEB
    assert all(one["rss"] > 0 for run in served for one in run["workers"])
    assert all(run["received"] > 0 for run in served)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["intake", "worklist", "case", "dashboard"])
def test_queries_and_rows_are_counted(what: str, data: Path) -> None:
    counted = [run["cost"] for run in figures_of(what, data)["runs"] if run["cost"]]
    assert counted
    assert all(cost["queries"] >= 1 and cost["pages"] >= 1 for cost in counted)


@pytest.mark.slow
def test_figures_on_the_wall_are_exact(data: Path) -> None:
    found = figures_of("dashboard", data)
    assert found["age"]["answers"] > 0
    assert found["exact"]["compared_with_live"] > 100
    assert found["exact"]["recounted"]["figures"] > 10
    assert found["exact"]["differ"] == found["exact"]["differ_from_recount"] == []


@pytest.mark.slow
def test_what_was_measured_is_drawn(data: Path) -> None:
    figures_of("spike", data)
    told = measure("plot", data)
    files = [Path(line.strip()) for line in told.splitlines() if line.strip().endswith(".svg")]
    assert {"spike-times.svg", "spike-by-load.svg"} <= {file.name for file in files}
    assert all(file.read_text().startswith("<svg") for file in files)


def test_points_are_located(data: Path) -> None:
    assert "scalar per second" in measure("locate", data)
