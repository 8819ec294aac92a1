"""Documents that are made from code say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linli.config.decisions import PARTS, decisions
from linli.config.documents import DOCS, Document, all_documents
from tests.architecture.rooms import ROOT

LINK = re.compile(r"\[[^\]]*\]\((?!https?://|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("document", list(all_documents()), ids=lambda document: document.name)
def test_the_generated_document_is_fresh(document: Document) -> None:
    assert not document.is_stale(), f"run: .venv/bin/{document.command}"


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
