"""What a reader of a page meets: its texts, and whether they are said to be Chinese."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from linli.web.locale.sources import CHINESE

SAID = ("title", "aria-label", "placeholder", "alt", "label", "data-title", "data-caption", "data-confirm")
"""Attributes that are shown or read out. Those of scripts' words are ``data-*`` of a template element."""
UNSEEN = {"script", "style", "title"}
"""Data of scripts, and the document's title: it names records and cannot carry a language of its own."""
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class _Element:
    tag: str
    is_chinese: bool
    is_unseen: bool


@dataclass
class Screen(HTMLParser):
    """Reads a page; ``foreign`` is what is Chinese and does not say so, ``links`` where one can go."""

    foreign: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _open: list[_Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def __hash__(self) -> int:
        return id(self)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        above = self._open[-1] if self._open else _Element("", False, False)
        is_chinese = given["lang"].startswith("zh") if "lang" in given else above.is_chinese
        is_unseen = above.is_unseen or tag in UNSEEN
        self.links += [given[name] for name in ("href", "hx-get") if given.get(name)]
        if not is_chinese and not is_unseen:
            read = [
                name for name in given if name in SAID or (tag == "template" and name.startswith("data-"))
            ]
            self.foreign += [f"{name}: {given[name]}" for name in read if CHINESE.search(given[name])]
        if tag not in VOID:
            self._open.append(_Element(tag, is_chinese, is_unseen))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        above = self._open[-1] if self._open else _Element("", False, False)
        if not above.is_chinese and not above.is_unseen and CHINESE.search(data):
            self.foreign.append(data.strip())


def read(page: str) -> Screen:
    """The page as read from top to bottom."""
    screen = Screen()
    screen.feed(page)
    screen.close()
    return screen
