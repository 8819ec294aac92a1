"""Each benchmark runs and gives its figures. How fast is nobody's business here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.slow
@pytest.mark.parametrize("what", ["intake", "lifecycle", "worklist", "peers"])
def test_a_benchmark_without_errors_gives_its_figures(what: str, data: Path) -> None:
    told = measure(what, data)
    assert f"{what}:" in told
    (file,) = (data / "results").glob(f"{what}-*.json")
    found = json.loads(file.read_bytes())
    assert found["machine"]["cores"]
    assert found["runs"]
    assert all(run["done"] > 0 and run["errors"] == 0 for run in found["runs"])
    assert all(run["spread"]["p50"] <= run["spread"]["p99"] for run in found["runs"] if run["spread"])


def test_points_are_located(data: Path) -> None:
    assert "scalar per second" in measure("locate", data)
