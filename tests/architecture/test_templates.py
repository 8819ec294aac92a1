"""Templates: they compile, take only from rooms below, find their files, and show nothing forbidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

from tests.architecture.rooms import ROOT, SOURCE, may_use, room_of
from tests.architecture.test_models import WATCHING_PEOPLE

REFERENCE = re.compile(r"""\{%\s*(?:include|extends)\s+["']([^"']+)["']""")
STATIC = re.compile(r"""\{%\s*static\s+["']([^"']+)["']""")
OUR_STYLES = re.compile(r"https?://(?!www\.w3\.org/)[^\s\"'<>]+\.(?:js|mjs|css|woff2?|svg|png)")


def _templates() -> dict[str, Path]:
    """Template names (as ``include`` knows them) to files, for every room of ours."""
    return {
        str(path.relative_to(folder)): path
        for folder in SOURCE.rglob("templates")
        for path in folder.rglob("*")
        if path.is_file()
    }


def _room(path: Path) -> tuple[str, ...]:
    return room_of(".".join(("linli", *path.relative_to(SOURCE).parts)))


@pytest.mark.parametrize("name", sorted(_templates()))
def test_the_template_compiles(name: str) -> None:
    get_template(name)


def test_templates_take_only_from_their_own_room_and_rooms_below() -> None:
    known = _templates()
    wrong = [
        f"{name} -> {used}"
        for name, path in known.items()
        for used in REFERENCE.findall(path.read_text(encoding="utf-8"))
        if used in known and not may_use(_room(path), _room(known[used]))
    ]
    assert not wrong


def test_every_static_file_that_a_template_names_exists() -> None:
    wrong = [
        f"{name}: {file}"
        for name, path in _templates().items()
        for file in STATIC.findall(path.read_text(encoding="utf-8"))
        if finders.find(file) is None
    ]
    assert not wrong


def test_pages_load_nothing_from_other_hosts() -> None:
    files = [
        *_templates().values(),
        *(p for p in SOURCE.glob("**/static/**/*") if p.suffix in {".js", ".css"}),
    ]
    wrong = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in files
        for found in OUR_STYLES.findall(path.read_text(encoding="utf-8"))
    ]
    assert not wrong


def test_no_screen_or_address_watches_ranks_or_clocks_people() -> None:
    shown = re.compile("|".join(part for part in WATCHING_PEOPLE.pattern.split("|") if not part.isascii()))
    wrong = [name for name, path in _templates().items() if shown.search(path.read_text(encoding="utf-8"))]
    wrong += [address for address in _addresses(get_resolver()) if WATCHING_PEOPLE.search(address)]
    assert not wrong


def _addresses(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for one in resolver.url_patterns:
        address = prefix + str(one.pattern)
        if isinstance(one, URLPattern):
            yield f"{address} {one.name or ''}"
        else:
            yield from _addresses(one, address)
