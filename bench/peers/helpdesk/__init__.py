"""django-helpdesk: its public form takes tickets in, its staff's pages show and answer them.

Installed from PyPI into a Python environment of its own; served by gunicorn, its usual production setting,
with ``settings`` and ``urls`` of this folder as the site. What is measured as its step (``move``) is the
staff's answer that resolves a ticket.
"""

from __future__ import annotations

import os
import re
import subprocess
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench.client import Answer, Request
from bench.ground import Ground, Web, free_port, serving
from bench.peers.protocol import PROCESSES, Family, Missing, Said, Ticket, Unexpected
from bench.peers.wire import ask, cookies, fetch, header, send_form

SITE = Path(__file__).parent
NAME = "django-helpdesk"
PATIENCE = 600
"""Seconds after which gunicorn ends a process that is still at a page; its own 30 would end the slow ones."""
USER, PASSWORD = "clerk", "clerk-of-the-bench"
"""Of a throw-away system that is reached on the loopback alone."""
RESIDENT = "resident@bench.example"
QUEUE = "1"
RESOLVED = "3"
WORDS = "现场已处理完毕，复查正常"

_TABLE = re.compile(rb'"(/datatables_ticket_list/[^"]+)"')
_TICKET = re.compile(r"[?&]ticket=[^&]*?(\d+)(?:&|$)")


class Helpdesk:
    """django-helpdesk as a program."""

    name = NAME
    families = (
        Family("helpdesk_ticket", "ticket", {}, ("created", "modified")),
        Family("helpdesk_followup", "followup", {"ticket_id": "ticket"}, ("date",)),
        Family("helpdesk_ticketchange", "change", {"followup_id": "followup"}),
    )

    def __init__(self, folder: Path) -> None:
        self.folder = folder / NAME
        self._programs = self.folder / "venv" / "bin"

    def install(self) -> None:
        if not self._is_there():
            venv.create(self.folder / "venv", with_pip=True, clear=True)
            wanted = ["--requirement", str(SITE / "requirements.txt")]
            told = subprocess.run(
                [self._programs / "python", "-m", "pip", "install", "--quiet", *wanted],
                capture_output=True,
                text=True,
                check=False,
            )
            if told.returncode:
                raise Missing(f"{NAME}: pip could not install {SITE / 'requirements.txt'}:\n{told.stderr}")
        self.check()

    def check(self) -> None:
        if not self._is_there():
            raise Missing(
                f"{NAME} is not in {self.folder}: linli bench peers --install (from PyPI, over the network)"
            )

    def _is_there(self) -> bool:
        return (self._programs / "gunicorn").exists()

    def prepare(self, base: Ground, database: str) -> None:
        environment = self._environment(base, database)
        python = self._programs / "python"
        for command in (
            ["-m", "django", "migrate", "--verbosity", "0"],
            ["-m", "django", "loaddata", "--verbosity", "0", "emailtemplate.json"],
            [str(SITE / "people.py")],
        ):
            subprocess.run([python, *command], env=environment, check=True)

    @contextmanager
    def serve(self, base: Ground, database: str) -> Iterator[Web]:
        port = free_port()
        command = [
            str(self._programs / "gunicorn"),
            *("--workers", str(PROCESSES)),
            *("--timeout", str(PATIENCE)),
            *("--bind", f"127.0.0.1:{port}"),
            *("--log-level", "warning"),
            "--no-control-socket",
            "django.core.wsgi:get_wsgi_application()",
        ]
        environment = self._environment(base, database)
        with serving(command, port, "/login/", environment=environment, name=NAME) as site:
            yield site

    def _environment(self, base: Ground, database: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
        return inherited | {
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(SITE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PEER_DATABASE": database,
            "PEER_DATABASE_HOST": str(base.server.sockets),
            "PEER_FOLDER": str(self.folder),
            "PEER_USER": USER,
            "PEER_PASSWORD": PASSWORD,
        }

    def sign_in(self, site: Web) -> Clerk:
        (form,) = ask(site.port, fetch("form", "/tickets/submit/", cookies={}))
        resident = cookies(form)
        given = {"username": USER, "password": PASSWORD, "csrfmiddlewaretoken": resident["csrftoken"]}
        (entered,) = ask(site.port, send_form("sign in", "/login/", given, cookies=resident))
        if "sessionid" not in (held := cookies(entered)):
            raise Unexpected.of(f"{NAME}: signing in", entered)
        (page,) = ask(site.port, fetch("list", "/tickets/", cookies=held))
        return Clerk(resident, held, table_of(page))


def table_of(page: Answer) -> str:
    """Where the page of the list has its script fetch the rows."""
    found = _TABLE.search(page.body)
    if found is None:
        raise Unexpected.of(f"{NAME}: the list names no table", page)
    return found[1].decode()


@dataclass
class Clerk:
    """Somebody of the staff at their pages, and residents at the public form."""

    resident: Mapping[str, str]
    """A resident's cookies: none but the form's own token."""
    held: Mapping[str, str]
    """The clerk's, who is signed in."""
    table: str
    name: str = NAME
    is_pages: bool = True
    status: Mapping[str, int] = field(
        default_factory=lambda: {"create": 302, "move": 302, "list": 200, "detail": 200, "dashboard": 200}
    )

    def create(self, said: Said) -> Request:
        fields = {
            "csrfmiddlewaretoken": self.resident["csrftoken"],
            "queue": QUEUE,
            "title": said.heading,
            "body": f"{said.text}\n{said.address}",
            "priority": "3",
            "submitter_email": RESIDENT,
        }
        return send_form("create", "/tickets/submit/", fields, cookies=self.resident)

    def created(self, said: Said, answer: Answer) -> Ticket:
        found = _TICKET.search(header(answer, "location"))
        if found is None:
            raise Unexpected.of(f"{NAME}: the form names no ticket", answer)
        return Ticket(found[1], heading=said.heading)

    def move(self, ticket: Ticket) -> Request:
        fields = {
            "csrfmiddlewaretoken": self.held["csrftoken"],
            "queue": QUEUE,
            "title": ticket.heading,
            "priority": "3",
            "comment": WORDS,
            "new_status": RESOLVED,
            "public": "1",
        }
        return send_form("move", f"/tickets/{ticket.number}/update/", fields, cookies=self.held)

    def list(self) -> Sequence[Request]:
        """The page, and the rows that its script asks for."""
        rows = f"{self.table}?draw=1&start=0&length=25"
        return (
            fetch("list", "/tickets/", cookies=self.held),
            fetch("list", rows, cookies=self.held),
        )

    def listed(self, answers: Sequence[Answer]) -> int:
        return len(orjson.loads(answers[-1].body)["data"])

    def detail(self, ticket: Ticket) -> Sequence[Request]:
        return (fetch("detail", f"/tickets/{ticket.number}/", cookies=self.held),)

    def dashboard(self) -> Sequence[Request]:
        return (fetch("dashboard", "/dashboard/", cookies=self.held),)
