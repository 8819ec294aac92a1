"""The icons we use, by our names, and the sprite they are built into.

The drawings come from the npm package ``@tabler/icons`` when assets are built; none is committed.
``write_sprite(<package>/icons/outline, <static>/vendor/icons/sprite.svg)`` makes the file that pages use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SPRITE = "vendor/icons/sprite.svg"

ICONS: Final[Mapping[str, str]] = {
    # moving about
    "home": "home",
    "menu": "menu-2",
    "close": "x",
    "search": "search",
    "filter": "filter",
    "sort": "arrows-sort",
    "back": "chevron-left",
    "next": "chevron-right",
    "down": "chevron-down",
    "up": "chevron-up",
    "more": "dots",
    "external": "external-link",
    "keyboard": "keyboard",
    "language": "language",
    "full_screen": "maximize",
    # things
    "list": "list-details",
    "inbox": "inbox",
    "case": "file-text",
    "report": "message-report",
    "task": "checkbox",
    "matter": "list-check",
    "unit": "building",
    "building": "building-community",
    "area": "map-2",
    "grid": "grid-4x4",
    "map": "map",
    "pin": "map-pin",
    "locate": "current-location",
    "person": "user",
    "people": "users",
    "post": "id-badge-2",
    "photo": "photo",
    "camera": "camera",
    "file": "paperclip",
    "phone": "phone",
    "calendar": "calendar",
    "clock": "clock",
    "journal": "history",
    "chart": "chart-bar",
    "wall": "device-desktop-analytics",
    "shield": "shield-check",
    "lock": "lock",
    "key": "key",
    "settings": "settings",
    "scale": "scale",
    "qr": "qrcode",
    "tag": "tag",
    "bookmark": "bookmark",
    # deeds
    "add": "plus",
    "edit": "pencil",
    "minus": "minus",
    "delete": "trash",
    "save": "device-floppy",
    "print": "printer",
    "download": "download",
    "upload": "upload",
    "refresh": "refresh",
    "copy": "copy",
    "share": "share",
    "accept": "circle-check",
    "dispatch": "send",
    "hand_back": "arrow-back-up",
    "escalate": "arrow-big-up-lines",
    "suspend": "player-pause",
    "resume": "player-play",
    "extend": "calendar-plus",
    "verify": "eye-check",
    "reopen": "rotate-clockwise",
    "merge": "arrow-merge",
    "split": "arrows-split-2",
    "comment": "message",
    "supervise": "gavel",
    "help": "help-circle",
    "login": "login-2",
    "logout": "logout",
    # states: each differs from the others by shape, not only by colour
    "bell": "bell",
    "neutral": "circle-dashed",
    "info": "info-circle",
    "progress": "progress",
    "success": "circle-check",
    "warning": "alert-triangle",
    "danger": "alert-octagon",
    "paused": "player-pause",
    "hourglass": "hourglass",
    "overdue": "clock-exclamation",
    "urgent": "chevrons-up",
    "flame": "flame",
    "empty": "mood-empty",
    "done": "check",
    "star": "star",
    "offline": "wifi-off",
}

_BODY = re.compile(r"<svg[^>]*>(?P<body>.*)</svg>", re.DOTALL)


def sprite(drawings: Path) -> str:
    """The sprite as text: one ``<symbol>`` per icon. ``drawings`` is ``icons/outline`` of the package.

    Raises ``FileNotFoundError`` naming the drawing when the package no longer has one.
    """
    symbols = [_symbol(name, drawings / f"{source}.svg") for name, source in ICONS.items()]
    return '<svg xmlns="http://www.w3.org/2000/svg">' + "".join(symbols) + "</svg>\n"


def write_sprite(drawings: Path, target: Path) -> None:
    """Build the sprite into ``target``, making its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(sprite(drawings), encoding="utf-8")


def _symbol(name: str, drawing: Path) -> str:
    found = _BODY.search(drawing.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{drawing} is not an SVG drawing")
    # stroke settings stand on the symbol: a <use> takes its colour from the page by currentColor
    stroke = (
        'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    )
    body = re.sub(r">\s+<", "><", found["body"].strip())
    return f'<symbol id="{name}" viewBox="0 0 24 24" {stroke}>{body}</symbol>'
