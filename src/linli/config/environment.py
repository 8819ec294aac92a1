"""What the process is told from outside: ``LINLI_*`` variables, each with a safe default."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

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


@cache
def secret(name: str) -> str:
    """A secret from ``LINLI_<NAME>``, else one made once and kept readable only by the owner."""
    given = text(name)
    if given:
        return given
    path = data_dir() / "secrets" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = secrets.token_urlsafe(48)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as file:
                file.write(made)
    return path.read_text().strip()


def database() -> dict[str, Any]:
    """Django's database entry from ``LINLI_DATABASE_URL``, else the embedded server's socket."""
    url = text("DATABASE_URL") or f"postgresql://postgres@/linli?host={data_dir() / 'pg'}"
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
        "OPTIONS": {k: v for k, v in parts.items() if k not in known},
    }
