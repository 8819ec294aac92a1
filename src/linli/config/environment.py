"""What the process is told from outside: ``LINLI_*`` variables, each with a safe default."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

CHECKOUT = Path(__file__).resolve().parents[3]


def text(name: str, default: str = "") -> str:
    return os.environ.get(f"LINLI_{name}", default)


def flag(name: str, default: bool = False) -> bool:
    return text(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    return int(text(name, str(default)))


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def data_dir() -> Path:
    """Where this installation keeps its data (database, files, keys)."""
    return Path(text("DATA_DIR", str(CHECKOUT / ".data"))).expanduser().resolve()


SOCKET_PATH_LIMIT = 100
"""Bytes; ``sockaddr_un`` holds 104 on macOS and 108 on Linux, its closing zero included."""


def socket_dir(data: Path) -> Path:
    """Where the embedded server's socket lies: under the data directory, or, when that path is too
    long for a socket, under ``/tmp`` by a name made from it."""
    near = data / "run"
    if len(os.fsencode(near / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
        return near
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    # not tempfile.gettempdir(): two processes of one installation may be told different TMPDIRs
    return Path("/tmp") / f"linli-{os.getuid()}-{digest}"  # noqa: S108 - owner and mode are checked


def embedded_url(name: str = "linli", data: Path | None = None) -> str:
    """The address of a database on the embedded server of a data directory (ours by default)."""
    return make_conninfo(dbname=name, user="postgres", host=str(socket_dir(data or data_dir())))


def is_embedded() -> bool:
    """Whether the database is the embedded one, so that this installation has to run it."""
    return not text("DATABASE_URL")


@cache
def secret(name: str) -> str:
    """A secret from ``LINLI_<NAME>``, else one made once and kept readable only by the owner."""
    given = text(name)
    if given:
        return given
    path = data_dir() / "secrets" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(path, secrets.token_urlsafe(48))
    return path.read_text().strip()


def _write_once(path: Path, content: str) -> None:
    """Let ``path`` hold ``content`` unless it exists; no process ever sees it empty or half-written."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def database() -> dict[str, Any]:
    """Django's database entry from ``LINLI_DATABASE_URL``, else the embedded server's socket."""
    url = text("DATABASE_URL") or embedded_url()
    parts = conninfo_to_dict(url)
    known = {"dbname", "user", "password", "host", "port"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "linli"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": text("TEST_NAME") or None},
        # Django turns preparing off, for poolers that give every transaction another connection
        "OPTIONS": {k: v for k, v in parts.items() if k not in known}
        | ({"prepare_threshold": 5} if flag("PREPARE", True) else {}),
    }
