"""What is measured on: an installation of its own, with the database as in production and a city in it.

Everything lies in ``.data/bench`` (or ``--data``). Databases by size are made once and kept as they are;
whoever writes works on a copy that is made for the run.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from django.test import Client
from psycopg import sql

from bench.generate import generate
from linli.config.embedded import EmbeddedDatabase
from linli.config.migrations import migrate
from linli.config.processes import DataLock
from linli.kernel.access.actor import Actor, actor_of
from linli.kernel.access.middleware import SESSION_POST
from linli.kernel.clocks import sources
from linli.kernel.records.editions import drop_all
from linli.kernel.records.ids import forget_blocks
from linli.kernel.units.models import Post, Token


@dataclass(frozen=True)
class Ground:
    """A running database server, and the databases on it."""

    server: EmbeddedDatabase
    scale: float
    lives: int
    """How many lives a city is made of."""
    in_place: bool = False
    """Whether whoever writes does so in the city itself, where there is no room for a copy."""

    @property
    def server_pid(self) -> int:
        return self.server.pid() or 0

    def conninfo(self) -> str:
        """The database in use."""
        return self.server.url(str(settings.DATABASES["default"]["NAME"]))

    def use(self, name: str) -> None:
        """Let this process work on another database."""
        connection.close()
        settings.DATABASES["default"]["NAME"] = name
        connection.settings_dict["NAME"] = name
        forget_blocks()
        sources.forget()
        drop_all()

    def city(self, cases: int) -> str:
        """The database with a city of ``cases`` cases; made when missing, gone on with when half made."""
        name = f"city_{self.scale:g}_{cases}".replace(".", "_")
        if not self.has(name):
            print(f"making a city with {cases:,} cases …", flush=True)
            generate(self, name, cases=cases, scale=self.scale, lives=self.lives)
        self.renew(name)
        return name

    def renew(self, name: str) -> None:
        """Use a database that is kept, with the schema of today."""
        self.use(name)
        if migrate(say=lambda line: None):
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")

    def copy(self, template: str, name: str = "run") -> str:
        """A fresh copy of a database, for whoever writes; ``in_place`` the database itself."""
        if self.in_place:
            self.renew(template)
            return template
        connection.close()
        self.duplicate(template, name)
        self.use(name)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        return name

    def duplicate(self, template: str, name: str) -> None:
        """A copy of any database that nobody uses, in the place of an older one."""
        self.drop(name)
        self._command("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)

    def drop(self, name: str) -> None:
        """Be rid of a database, where it is there."""
        self._command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def has(self, name: str) -> bool:
        with psycopg.connect(self.server.url("postgres")) as found:
            row = found.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            return row is not None

    def create(self, name: str) -> None:
        """An empty database; one that was left half made is dropped."""
        self.drop(name)
        self._command("CREATE DATABASE {}", name)

    def rename(self, name: str, to: str) -> None:
        self._command("ALTER DATABASE {} RENAME TO {}", name, to)

    def tidy(self, name: str) -> None:
        """VACUUM ANALYZE of any database."""
        with psycopg.connect(self.server.url(name), autocommit=True) as other:
            other.execute("VACUUM ANALYZE")

    def _command(self, text: str, *names: str) -> None:
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


@contextmanager
def ground(scale: float, lives: int, *, in_place: bool = False) -> Iterator[Ground]:
    """The bench's own server for as long as the block lasts."""
    server = EmbeddedDatabase(say=print)
    lock = DataLock(server.data)
    lock.take()
    try:
        server.start()
        try:
            yield Ground(server, scale, lives, in_place)
        finally:
            connection.close()
            server.stop()
    finally:
        lock.release()


@dataclass(frozen=True)
class Web:
    """The web, serving the database in use."""

    port: int
    pid: int


@contextmanager
def web(base: Ground) -> Iterator[Web]:
    """The web as ``linli serve`` runs it, on a port that is free."""
    from linli.config.assets import collect
    from linli.config.commands.serve import web_command

    collect()
    port = free_port()
    environment = _environment(base)
    command = web_command("127.0.0.1", port)
    with serving(command, port, "/api/v1/openapi.json", environment=environment, name="web") as site:
        yield site


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def serving(
    command: Sequence[str], port: int, path: str, *, environment: Mapping[str, str], name: str
) -> Iterator[Web]:
    """A web server that answers at ``path`` of ``port``, for as long as the block lasts."""
    with _started(command, environment=environment, name=name) as (process, log):
        _wait_until_it_answers(name, port, path, process, log)
        yield Web(port, process.pid)


@contextmanager
def worker(base: Ground) -> Iterator[int]:
    """The background worker as ``linli work`` runs it, on the database in use; its process."""
    command = [sys.executable, "-m", "linli.config.cli", "work"]
    with _started(command, environment=_environment(base), name="work") as (process, _):
        yield process.pid


def _environment(base: Ground) -> dict[str, str]:
    """What the platform's processes are told: the database in use."""
    return os.environ | {"LINLI_DATABASE_URL": base.conninfo(), "LINLI_ALLOWED_HOSTS": "localhost"}


@contextmanager
def _started(
    command: Sequence[str], *, environment: Mapping[str, str], name: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process for as long as the block lasts, and its log."""
    log = Path(settings.DATA_DIR) / "logs" / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        yield process, log
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_it_answers(
    name: str, port: int, path: str, process: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"{name} did not start; see {log}")
        line = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            line.request("GET", path, headers={"Host": "localhost"})
            line.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
        finally:
            line.close()
    sys.exit(f"{name} does not answer; see {log}")


@dataclass(frozen=True)
class Person:
    """Somebody who works over the API, and at the desk."""

    post: Post
    token: str

    @cached_property
    def session(self) -> str:
        """The key of a session signed in to, with this post chosen."""
        browser = Client()
        browser.force_login(self.post.account)
        session = browser.session
        session[SESSION_POST] = self.post.pk
        session.save()
        return str(session.session_key)

    @property
    def actor(self) -> Actor:
        return actor_of(self.post)


def person(post: Post) -> Person:
    return Person(post, Token.issue(post, "bench")[1])


def posts(role: str) -> list[Post]:
    """The posts of a role, with unit and account."""
    return list(Post.objects.filter(role=role).select_related("unit", "account").order_by("pk"))
