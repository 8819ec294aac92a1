"""Folders of this installation that the system may not let us make or write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linli.lib.errors import Refusal


class FolderUnusable(Refusal):
    """A folder below the data directory cannot be made, read or written."""

    code = "folder_unusable"
    status = 503
    title = "目录无法使用"


@contextmanager
def using(folder: Path, *, mode: int = 0o777) -> Iterator[None]:
    """Make ``folder`` where it is missing; refuse with ``FolderUnusable`` what the system forbids there."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
        yield
    except OSError as error:
        raise FolderUnusable(
            f"目录 {folder} 无法使用：{error.strerror}；请改权限，或以 LINLI_DATA_DIR（--data）指定别处"
            "（cannot use this directory）"
        ) from error
