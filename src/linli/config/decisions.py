"""``docs/decisions/README.md``: the index of decisions, made from the pages themselves.

``python -m linli.config.decisions`` writes it. A page is ``NNNN-title.md``: a heading ``# NNNN Title``, then
``## Context``, ``## Decision``, ``## Consequence``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from linli.config.documents import DOCS, Document, main

FOLDER = DOCS / "decisions"
PARTS = ("Context", "Decision", "Consequence")
INTRODUCTION = """\
# Decisions

One page each: what was in question, what was decided, what follows from it. A decision that no longer holds
is not rewritten; a new one says that it replaces it."""


@dataclass(frozen=True)
class Decision:
    """One page. ``parts`` are its second-level headings, in order."""

    number: str
    title: str
    file: str
    parts: tuple[str, ...]


def decisions() -> Iterator[Decision]:
    """The pages in order. Raises ValueError, naming the page whose heading is not as agreed."""
    for path in sorted(FOLDER.glob("[0-9]*.md")):
        yield _read(path)


def _read(path: Path) -> Decision:
    text = path.read_text(encoding="utf-8")
    heading = re.match(r"# (\d{4}) (.+)\n", text)
    if heading is None or not path.name.startswith(f"{heading[1]}-"):
        raise ValueError(f"{path.name}: the first line must be '# NNNN Title' with the number of the file")
    return Decision(heading[1], heading[2], path.name, tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)))


def render() -> str:
    """The index."""
    lines = [f"- [{one.number}]({one.file}) {one.title}" for one in decisions()]
    return "\n\n".join([INTRODUCTION, "\n".join(lines)])


DOCUMENT = Document("decisions/README.md", render, "python -m linli.config.decisions")

if __name__ == "__main__":
    sys.exit(main(lambda: [DOCUMENT]))
