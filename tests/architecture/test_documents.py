"""Documents that are made from code say what the code says."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from procrastinate.contrib.django import app

from linli.config.decisions import PARTS, decisions
from linli.config.documents import DOCS
from tests.architecture.rooms import ROOT

READ = re.compile(r"""\b(?:env\.)?(?:text|flag|number|words|secret)\(\s*"([A-Z_]+)\"""")
"""How ``linli.config.environment`` is asked for a variable."""
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|#|mailto:)([^)#\s]+)")


def test_the_generated_documents_are_fresh() -> None:
    # a process of its own: other tests declare abilities and flows that are no part of the product
    command = [sys.executable, "-m", "linli.config.documents", "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, f"run: python -m linli.config.documents\n{checked.stdout}{checked.stderr}"


def test_every_decision_says_context_decision_and_consequence() -> None:
    found = list(decisions())
    assert [one.number for one in found] == [f"{n:04d}" for n in range(1, len(found) + 1)]
    assert [one.file for one in found if one.parts != PARTS] == []


@pytest.mark.parametrize(
    "page",
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_lead_to_files_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


def test_operations_name_every_variable_that_is_read_and_no_other() -> None:
    told = set(re.findall(r"^\| `(LINLI_[A-Z_]+)` \|", (DOCS / "operations.md").read_text(), re.MULTILINE))
    assert told == _variables()


def test_operations_name_every_job_that_runs_by_itself() -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| [^|]+ \| `([a-z_]+\.[a-z_]+)` \|", page, re.MULTILINE))
    assert told == {one.task.name for one in app.periodic_registry.periodic_tasks.values()}


def _variables() -> set[str]:
    """Every ``LINLI_…`` that code, tests and deployment name, or read through ``environment``."""
    found: set[str] = set()
    for path in _sources():
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"\bLINLI_[A-Z]+(?:_[A-Z]+)*\b", text))
        found |= {f"LINLI_{name}" for name in READ.findall(text)}
    return found


def _sources() -> Iterator[Path]:
    yield from (ROOT / "src").rglob("*.py")
    yield from (path for path in (ROOT / "deploy").iterdir() if path.is_file())
    yield from [ROOT / "conftest.py", ROOT / "Makefile"]


def test_words_live_in_code_where_they_are_said_to() -> None:
    for name in re.findall(r"`(linli\.[\w.]+)`", (DOCS / "words.md").read_text(encoding="utf-8")):
        pkgutil.resolve_name(name)
