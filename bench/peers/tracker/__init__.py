"""Request Tracker 5, driven over its REST interface (version 2) by a clerk with the rights of a queue.

Installed from Debian's packages, which are unpacked into a folder and not installed on the machine: no
service, no mail server, no web server of it is touched. Served by ``rt-server`` as the packages bring it
(Starlet, several processes that each serve one connection). The clerk is signed in by session: a token or
password would be checked by bcrypt at each request, which takes a fifth of a second by itself. What is
measured as its step (``move``) is an answer that resolves a ticket.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import orjson

from bench.client import Answer, Request
from bench.ground import Ground, Web, free_port, serving
from bench.peers.protocol import PROCESSES, Family, Missing, Said, Ticket, Unexpected
from bench.peers.wire import ask, cookies, fetch, send_form, send_json

SITE = Path(__file__).parent
NAME = "request-tracker"
PACKAGES = ("request-tracker5", "rt5-standalone", "rt5-db-postgresql")
SESSIONS = 16
"""Request Tracker locks a session while it is asked under it: one for all would make them wait."""
USER, PASSWORD = "clerk", "clerk-of-the-bench"
"""Of a throw-away system that is reached on the loopback alone."""
RESIDENT = "resident@bench.example"
ROWS = 50
WORDS = "现场已处理完毕，复查正常"
API = "/REST/2.0"


class Tracker:
    """Request Tracker as a program."""

    name = NAME
    families = (
        Family(
            "tickets", "ticket", {"effectiveid": "ticket"}, ("created", "lastupdated", "started", "resolved")
        ),
        Family("principals", "principal", {}),
        Family("groups", "principal", {"instance": "ticket"}, ("created", "lastupdated")),
        Family("groupmembers", "member", {"groupid": "principal", "memberid": "principal"}),
        Family(
            "cachedgroupmembers",
            "cached",
            {
                "groupid": "principal",
                "memberid": "principal",
                "immediateparentid": "principal",
                "via": "cached",
            },
        ),
        Family("transactions", "transaction", {"objectid": "ticket"}, ("created",)),
        Family(
            "attachments",
            "attachment",
            {"transactionid": "transaction", "parent": "attachment"},
            ("created",),
        ),
    )

    def __init__(self, folder: Path) -> None:
        self.folder = folder / NAME
        self._root = self.folder / "root"
        self._share = self._root / "usr/share/request-tracker5"

    def install(self) -> None:
        if not self._is_there():
            for program, package in (("apt-get", "apt"), ("dpkg-deb", "dpkg"), ("perl", "perl")):
                if shutil.which(program) is None:
                    raise Missing(f"{NAME}: {program} is missing (Debian's package {package})")
            self._download()
            self._unpack()
        self.check()

    def _download(self) -> None:
        """The packages that the machine does not have, and what they need."""
        archives = self.folder / "archives"
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        told = subprocess.run(
            [
                *("apt-get", "--yes", "--quiet", "--no-install-recommends", "--download-only"),
                *("-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1"),
                *("install", *PACKAGES),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise Missing(
                f"{NAME}: apt-get could not fetch {', '.join(PACKAGES)}; apt-get update first:\n{told.stderr}"
            )

    def _unpack(self) -> None:
        for archive in sorted((self.folder / "archives").glob("*.deb")):
            subprocess.run(["dpkg-deb", "--extract", archive, self._root], check=True)
        places = self._share / "lib/RT/Generated.pm"
        told = places.read_text()
        for place, here in {
            "/usr/local/share/request-tracker5": self.folder / "local",
            "/usr/share/request-tracker5": self._share,
            "/etc/request-tracker5": self.folder / "etc",
            "/var/lib/request-tracker5": self.folder / "var",
            "/var/cache/request-tracker5": self.folder / "cache",
        }.items():
            told = told.replace(f"'{place}", f"'{here}")
        for name in ("etc", "local", "var", "cache/mason_data", "cache/session_data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        places.write_text(told)

    def check(self) -> None:
        if not self._is_there():
            raise Missing(
                f"{NAME} is not in {self.folder}: linli bench peers --install (from Debian, over the network)"
            )
        told = subprocess.run(
            ["perl", "-MRT", "-e", "1"],
            env=os.environ | self._paths(),
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise Missing(f"{NAME}: this machine's perl does not run it:\n{told.stderr}")

    def _is_there(self) -> bool:
        return (self._share / "lib/RT/Generated.pm").exists()

    def _paths(self) -> dict[str, str]:
        modules = [
            self._share / "lib",
            self._root / "usr/share/perl5",
            *self._root.glob("usr/lib/*/perl5/*"),
        ]
        libraries = [path for path in self._root.glob("usr/lib/*-linux-*") if path.is_dir()]
        return {
            "PERL5LIB": ":".join(map(str, modules)),
            "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        }

    def prepare(self, base: Ground, database: str) -> None:
        environment = self._environment(base, database)
        setup = ["perl", str(self._root / "usr/sbin/rt-setup-database-5"), "--skip-create"]
        admin = ["--dba", "postgres", "--dba-password", ""]
        for action in (["init"], ["insert", "--datafile", str(SITE / "people.initialdata")]):
            told = subprocess.run(
                [*setup, *admin, "--action", *action],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if told.returncode:
                raise Missing(f"{NAME}: its database could not be made:\n{told.stdout}\n{told.stderr}")

    @contextmanager
    def serve(self, base: Ground, database: str) -> Iterator[Web]:
        port = free_port()
        command = [
            "perl",
            str(self._share / "libexec/rt-server"),
            *("--host", "127.0.0.1"),
            *("--port", str(port)),
            *("--max-workers", str(PROCESSES)),
        ]
        environment = self._environment(base, database, port)
        with serving(command, port, "/NoAuth/Login.html", environment=environment, name=NAME) as site:
            yield site

    def _environment(self, base: Ground, database: str, port: int = 80) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
        return (
            inherited
            | self._paths()
            | {
                "RT_SITE_CONFIG": str(SITE / "RT_SiteConfig.pm"),
                "RT_SITE_CONFIG_DIR": str(self.folder / "etc"),
                "PEER_DATABASE": database,
                "PEER_DATABASE_HOST": str(base.server.sockets),
                "PEER_PORT": str(port),
                "PEER_USER": USER,
                "PEER_PASSWORD": PASSWORD,
            }
        )

    def sign_in(self, site: Web) -> Clerk:
        given = {"user": USER, "pass": PASSWORD}
        enter = send_form("sign in", "/NoAuth/Login.html", given, cookies={})
        return Clerk([session_of(answer) for answer in ask(site.port, *[enter] * SESSIONS)])


def session_of(answer: Answer) -> dict[str, str]:
    """The session that signing in has begun."""
    held = {name: value for name, value in cookies(answer).items() if name.startswith("RT_SID_")}
    if not held:
        raise Unexpected.of(f"{NAME}: signing in", answer)
    return held


@dataclass
class Clerk:
    """A clerk at work over REST, in several sessions."""

    sessions: Sequence[Mapping[str, str]]
    name: str = NAME
    is_pages: bool = False
    status: Mapping[str, int] = field(
        default_factory=lambda: {"create": 201, "move": 201, "list": 200, "detail": 200, "dashboard": 200}
    )

    def __post_init__(self) -> None:
        self._next = cycle(self.sessions)

    def create(self, said: Said) -> Request:
        content = {
            "Queue": "General",
            "Subject": said.heading,
            "Requestor": RESIDENT,
            "Content": f"{said.text}\n{said.address}",
            "ContentType": "text/plain",
        }
        return send_json("create", f"{API}/ticket", content, cookies=next(self._next))

    def created(self, said: Said, answer: Answer) -> Ticket:
        found = orjson.loads(answer.body)
        if "id" not in found:
            raise Unexpected.of(f"{NAME}: no ticket", answer)
        return Ticket(str(found["id"]), heading=said.heading)

    def move(self, ticket: Ticket) -> Request:
        content = {"Content": WORDS, "ContentType": "text/plain", "Status": "resolved"}
        path = f"{API}/ticket/{ticket.number}/correspond"
        return send_json("move", path, content, cookies=next(self._next))

    def list(self) -> Sequence[Request]:
        """The newest tickets."""
        asked = f"query={quote('id > 0')}&orderby=id&order=DESC&per_page={ROWS}"
        path = f"{API}/tickets?{asked}&fields=Subject,Status,Created,Queue,Owner"
        return (fetch("list", path, cookies=next(self._next)),)

    def listed(self, answers: Sequence[Answer]) -> int:
        return len(orjson.loads(answers[-1].body)["items"])

    def detail(self, ticket: Ticket) -> Sequence[Request]:
        return (fetch("detail", f"{API}/ticket/{ticket.number}", cookies=next(self._next)),)

    def dashboard(self) -> Sequence[Request]:
        """The page that Request Tracker opens with."""
        return (fetch("dashboard", "/", cookies=next(self._next)),)
