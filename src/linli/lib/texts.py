"""Bytes of files that people save on their machines, read as text."""

from __future__ import annotations

ENCODINGS = ("utf-8-sig", "gb18030")
"""In the order tried: UTF-8 with or without its mark, then the national standard (GB 18030)."""


class NotText(ValueError):
    """The bytes are text in none of the known encodings."""


def decode(data: bytes) -> str:
    """The text of ``data``. Raises ``NotText``."""
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotText
