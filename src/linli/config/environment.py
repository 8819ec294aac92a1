"""What the process is told from outside: ``LINLI_*`` variables, each with a safe default."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from linli.config.folders import using
from linli.lib.errors import Refusal

CHECKOUT = Path(__file__).resolve().parents[3]

NUMBERS: Mapping[str, int] = {
    "PORT": 1,
    "WEB_PROCESSES": 1,
    "WEB_THREADS": 1,
    "WORK_JOBS": 1,
    "SESSION_HOURS": 1,
    "SESSION_IDLE_MINUTES": 0,
    "VAULT_LOG_DAYS": 1,
    "PORTAL_REPORTS_PER_HOUR": 0,
    "PORTAL_PHOTOS_PER_HOUR": 0,
    "PORTAL_WRONG_CODES_PER_QUARTER": 0,
    "UPLOAD_MB": 1,
}
"""Variables that hold a whole number, and the least it may be."""
FLAGS = ("DEBUG", "HTTPS", "PREPARE")
YES, NO = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})
CHOICES: Mapping[str, frozenset[str]] = {
    "VAULT_CIPHER": frozenset({"sm4", "aes"}),
    "LOG_LEVEL": frozenset({"CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"}),
}
CONNECT_SECONDS = 10
"""Whoever asks waits no longer for a database that does not answer; the address may say otherwise."""


class WrongSetting(Refusal):
    """A variable holds what cannot be used; the message names it."""

    code = "wrong_setting"
    status = 503
    title = "环境变量有误"


def text(name: str, default: str = "") -> str:
    return os.environ.get(f"LINLI_{name}", default)


def flag(name: str, default: bool = False) -> bool:
    """One of ``FLAGS``. Refuses with ``WrongSetting`` what says neither yes nor no."""
    given = text(name, "1" if default else "0").strip().lower()
    if given not in YES | NO:
        raise WrongSetting(f"LINLI_{name} 应为 1 或 0，现为 {given!r}（must be 1 or 0）")
    return given in YES


def number(name: str, default: int) -> int:
    """One of ``NUMBERS``. Refuses with ``WrongSetting`` what is no whole number, or too small."""
    given, least = text(name, str(default)), NUMBERS[name]
    try:
        found = int(given)
    except ValueError:
        raise WrongSetting(f"LINLI_{name} 应为整数，现为 {given!r}（must be a whole number）") from None
    if found < least:
        raise WrongSetting(f"LINLI_{name} 不能小于 {least}，现为 {found}（must be at least {least}）")
    return found


def faults() -> Iterator[str]:
    """What is wrong with the variables, each in a sentence that names it."""
    checks: list[Callable[[], object]] = [
        *(partial(number, name, least) for name, least in NUMBERS.items()),
        *(partial(flag, name) for name in FLAGS),
        *(partial(_choice, name, allowed) for name, allowed in CHOICES.items()),
        database_url,
    ]
    for check in checks:
        try:
            check()
        except WrongSetting as wrong:
            yield wrong.message


def _choice(name: str, allowed: frozenset[str]) -> None:
    given = text(name)
    if given and given not in allowed:
        raise WrongSetting(f"LINLI_{name} 应为 {'、'.join(sorted(allowed))} 之一，现为 {given!r}")


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
    with using(path.parent, mode=0o700):
        if not path.exists():
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


def database_url() -> str:
    """The address of the configured database, else of the embedded one. Refuses with ``WrongSetting``."""
    url = text("DATABASE_URL") or embedded_url()
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # neither quoted nor chained: it may hold a password
        raise WrongSetting(
            "LINLI_DATABASE_URL 不是数据库地址，应为 postgresql://user:password@host:port/name"
            "（not an address of a database）"
        ) from None
    return url


def database() -> dict[str, Any]:
    """Django's database entry from ``LINLI_DATABASE_URL``, else the embedded server's socket."""
    parts = conninfo_to_dict(database_url())
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
        "OPTIONS": {"connect_timeout": CONNECT_SECONDS}
        | {k: v for k, v in parts.items() if k not in known}
        | ({"prepare_threshold": 5} if flag("PREPARE", True) else {}),
    }
