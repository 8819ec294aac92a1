"""The wall in parts, each replaced on the screen only when it has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from linli.domains.cases import indicators
from linli.faces.wall import addresses
from linli.faces.wall.board import Board
from linli.faces.wall.sight import RECENT_DAYS, Sight

PANELS = ("headline", "chain", "rates", "areas", "units", "trend", "categories", "latest")


@dataclass(frozen=True)
class Panel:
    """A part of the wall that is replaced when its content has changed, which ``mark`` tells."""

    name: str
    content: SafeString
    mark: str
    more: str = ""
    """Where all of it is listed, for when the screen has room for a part only."""


def panels_of(read: Board, sight: Sight) -> list[Panel]:
    """The wall's parts as they are shown."""
    context = {"board": read, "sight": sight, "recent_days": RECENT_DAYS}
    more = _more(sight)
    made = []
    for name in PANELS:
        content = render_to_string(f"wall/panels/{name}.html", context)
        made.append(Panel(name, content, digest(content.encode()), more.get(name, "")))
    return made


def _more(sight: Sight) -> dict[str, str]:
    """The lists behind the panels whose rows a screen may have to cut."""
    reported = addresses.behind(sight.actor, indicators.REPORTED, sight.area, sight.recent)
    return {
        "areas": addresses.behind(sight.actor, indicators.OPEN, sight.area, sight.recent),
        "units": addresses.behind(sight.actor, indicators.OVERDUE, sight.area, sight.recent),
        "categories": reported,
        "latest": reported,
    }


def digest(content: bytes) -> str:
    """What tells one content from another."""
    return hashlib.sha256(content).hexdigest()[:16]
