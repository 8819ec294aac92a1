"""QR codes as inline SVG: no request, no inline style, sharp on paper."""

from __future__ import annotations

from itertools import groupby

import qrcode
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUIET = 4
"""Modules of white around the code, as the standard asks for."""


def qr_svg(text: str, label: str, *, css_class: str) -> SafeString:
    """``text`` as a QR code; ``label`` is read to those who do not see it, ``css_class`` gives its size."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    rows = code.get_matrix()
    return format_html(
        '<svg class="{}" role="img" aria-label="{}" viewBox="0 0 {} {}" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 0h{}v{}H0z"/><path fill="#000" d="{}"/></svg>',
        css_class,
        label,
        *[len(rows)] * 4,
        "".join(_runs(y, row) for y, row in enumerate(rows)),
    )


def _runs(y: int, row: list[bool]) -> str:
    """The dark stretches of one row as one path piece each."""
    pieces, x = [], 0
    for is_dark, modules in groupby(row):
        length = len(list(modules))
        if is_dark:
            pieces.append(f"M{x} {y}h{length}v1h-{length}z")
        x += length
    return "".join(pieces)
