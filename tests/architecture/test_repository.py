"""What is committed: locks without addresses, no large files, nobody else's code."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.architecture.rooms import ROOT

LARGEST = 2**20
FOREIGN = ("node_modules/", "site-packages/", ".venv/")


def _tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [name for name in listing.decode().split("\0") if name and (ROOT / name).exists()]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_python_lock_holds_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "--hash=sha256:" in text
    assert not re.search(
        r"\w+://|^\s*(--index-url|--extra-index-url|--find-links|-i |-f )", text, re.MULTILINE
    )


def test_the_javascript_lock_holds_hashes_and_no_addresses() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name


def test_javascript_packages_are_named_by_exact_version() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values()), wanted


def test_no_large_file_is_committed() -> None:
    assert [name for name in _tracked() if (ROOT / name).stat().st_size > LARGEST] == []


def test_no_code_of_others_is_committed() -> None:
    assert [name for name in _tracked() if any(part in f"/{name}" for part in FOREIGN)][:5] == []


UTC_DAY = re.compile(r"\bnow\(\)\.(date\(|year|month|day\b|weekday|hour|replace\((year|month|day|hour))")


def test_days_are_the_citys() -> None:
    """``now()`` is UTC, where eight hours of each day are still yesterday; ``today()`` is the city's."""
    wrong = [
        name for name in _tracked() if name.endswith(".py") and UTC_DAY.search((ROOT / name).read_text())
    ]
    assert wrong == []
