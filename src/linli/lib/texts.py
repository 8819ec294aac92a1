"""Bytes of files that people save on their machines, read as text; and what no text may hold."""

from __future__ import annotations

from collections.abc import Iterator

ENCODINGS = ("utf-8-sig", "gb18030")
"""In the order tried: UTF-8 with or without its mark, then the national standard (GB 18030)."""


NO_NUL = "不能含有空字符"
"""What is said of NUL wherever it comes in: PostgreSQL cannot store it, and nobody types it."""


def has_nul(text: str) -> bool:
    return "\x00" in text


def nul_paths(value: object, path: str = "") -> Iterator[str]:
    """Where a document of lists and mappings has texts with NUL, e.g. ``photos.0.name``."""
    if isinstance(value, str):
        if has_nul(value):
            yield path
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from nul_paths(one, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from nul_paths(one, f"{path}.{place}".lstrip("."))


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
