"""Rooms' own tests, on a database that is spread over the nodes of a cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = os.environ.get("LINLI_TEST_CITUS_URL", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLUSTER, reason="LINLI_TEST_CITUS_URL names no coordinator"),
]

ROOMS = (
    "tests/scale/spread.py",
    "src/linli/domains/cases/tests/test_chain.py",
    "src/linli/domains/cases/tests/test_moves.py",
    "src/linli/domains/cases/tests/test_finding.py",
)
"""A report's way to its result, every move, every list, and what holds there alone."""


def test_the_platform_runs_on_a_distributed_database() -> None:
    """In a process of its own, since a run has one database."""
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.scale.on_citus",
        "-q",
        "-p",
        "no:cacheprovider",
        *ROOMS,
    ]
    given = {"LINLI_TEST_DATABASE_URL": CLUSTER, "LINLI_TEST_NAME": "test_linli_spread"}
    left_out = {"LINLI_DATABASE_URL", "LINLI_TEST_CITUS_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run(run, cwd=ROOT, env=kept | given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
