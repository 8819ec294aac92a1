"""What stands in the navigation of a face. Faces and domains register items when they load."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.urls import NoReverseMatch, get_script_prefix
from django.utils.functional import Promise

from linli.web.addresses import address


class Able(Protocol):
    """Whoever opens the page; ``linli.kernel.access.Actor`` is one."""

    def can(self, ability: str) -> bool: ...


@dataclass(frozen=True)
class Item:
    """One entry. ``ability`` empty: for everybody; ``key``: the letter after ``g`` that goes there."""

    title: str | Promise
    url_name: str
    icon: str
    ability: str = ""
    order: int = 100
    key: str = ""
    group: str | Promise = ""

    @property
    def url(self) -> str:
        return address(self.url_name)


@dataclass(frozen=True)
class Place:
    """An item as one reader sees it on one page."""

    item: Item
    url: str
    is_current: bool


_items: dict[str, dict[str, Item]] = {}


def register(face: str, item: Item) -> Item:
    """Put ``item`` into the navigation of ``face``. The same address twice is a mistake of the caller."""
    face_items = _items.setdefault(face, {})
    known = face_items.get(item.url_name)
    if known is not None and known != item:
        raise ValueError(f"{face} already has an item for {item.url_name}")
    face_items[item.url_name] = item
    return item


def items(face: str, actor: Able | None) -> list[Item]:
    """The items of ``face`` that ``actor`` may open, in order."""
    allowed = (i for i in _items.get(face, {}).values() if not i.ability or (actor and actor.can(i.ability)))
    return sorted(allowed, key=lambda i: (i.order, i.url_name))


def places(face: str, actor: Able | None, path: str) -> list[Place]:
    """The items with their addresses; the one with the longest address that ``path`` starts with is current.

    The root of the site is only where it is: every path starts with it. An item whose
    address does not exist (its domain is switched off) is left out.
    """
    found = [(item, url) for item, url in _addressed(items(face, actor))]
    current = max((url for _, url in found if _is_at(path, url)), key=len, default=None)
    return [Place(item, url, url == current) for item, url in found]


def _is_at(path: str, url: str) -> bool:
    return path == url or (path.startswith(url) and url != get_script_prefix())


def _addressed(found: Iterable[Item]) -> Iterable[tuple[Item, str]]:
    for item in found:
        try:
            yield item, item.url
        except NoReverseMatch:
            continue
