"""Files on disk, addressed by the SHA-256 of the original: ``<MEDIA_ROOT>/<variant>/<aa>/<sha256>``.

A file appears whole or not at all, and survives a power cut from the moment ``put`` returns.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ORIGINAL, DISPLAY, THUMB = "original", "display", "thumb"
VARIANTS = (ORIGINAL, DISPLAY, THUMB)
DRAFT = ".draft-"
SHARDS = 256


def path_of(sha256: str, variant: str) -> Path:
    return Path(settings.MEDIA_ROOT) / variant / sha256[:2] / sha256


def put(sha256: str, variant: str, content: bytes) -> None:
    """Store ``content``; what is already there under the same address is left as it is."""
    path = path_of(sha256, variant)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    draft = path.with_name(DRAFT + secrets.token_hex(8))
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def remove(sha256: str) -> None:
    """Delete all variants."""
    for variant in VARIANTS:
        path_of(sha256, variant).unlink(missing_ok=True)


def shard(number: int, *, older_than: float) -> Iterator[Path]:
    """Files of all variants in one of the ``SHARDS`` folders, last written before a POSIX timestamp."""
    for variant in VARIANTS:
        folder = Path(settings.MEDIA_ROOT) / variant / f"{number % SHARDS:02x}"
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if path.stat().st_mtime < older_than)


def _sync(folder: Path) -> None:
    """Make the names in a new folder, and the folder's own name, as durable as the content."""
    for directory in (folder, folder.parent, folder.parent.parent):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
