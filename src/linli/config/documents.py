"""The documents that are made from what the code declares, so that they cannot say anything else.

    python -m linli.config.documents            write all of them
    python -m linli.config.documents --check    name those that are stale; exit code 1 if there is one

A document is a path below ``docs`` and a function that renders it. Rendering asks no database.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import django

from linli.config import environment as env

DOCS = env.CHECKOUT / "docs"


@dataclass(frozen=True)
class Document:
    """A generated page: where it lies below ``docs``, how it is made, and by which command."""

    name: str
    render: Callable[[], str]
    command: str

    @property
    def path(self) -> Path:
        return DOCS / self.name

    @property
    def text(self) -> str:
        """The page as it ought to be, with a first line that says where it comes from."""
        return f"<!-- 由代码生成，请勿手改 · generated: {self.command} -->\n\n{self.render().strip()}\n"

    def is_stale(self) -> bool:
        return not self.path.exists() or self.path.read_text(encoding="utf-8") != self.text

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.text, encoding="utf-8")


def all_documents() -> Iterator[Document]:
    """Every generated document. Needs Django to be set up."""
    from linli.config import abilities, articles, decisions, flows

    for module in (articles, flows, abilities, decisions):
        yield module.DOCUMENT


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. Line breaks and bars in cells are made harmless."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


def main(documents: Callable[[], Iterable[Document]] = all_documents) -> int:
    """Write ``documents``, or with ``--check`` only look."""
    parser = argparse.ArgumentParser(description="由代码生成文档 · documents made from code")
    parser.add_argument("--check", action="store_true", help="只检查是否过期 · only look")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    django.setup()
    stale = [document for document in documents() if document.is_stale()]
    for document in stale:
        if options.check:
            print(f"文档过期 · stale: docs/{document.name}；请执行 {document.command}", file=sys.stderr)
        else:
            document.write()
            print(f"docs/{document.name}")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
