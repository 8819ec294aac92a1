"""A backup brought back into an empty database holds everything, and everything is locked as before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from linli.config.embedded import EmbeddedDatabase

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
OWNER, APP = "linli_owner", "linli_app"
BUILD = """
import sys, django
django.setup()
from pathlib import Path
from tests import city
city.build(Path(sys.argv[1]))
"""
REPORT = """
import django
django.setup()
from linli.domains.cases import actions
from linli.domains.cases.tests.steps import new_report
from linli.kernel.access.actor import PUBLIC, holder_of
filed = actions.report(PUBLIC, given=new_report(), channel="portal")
given = {"text": "又堵了", "report": filed.report.pk}
actions.move(holder_of(filed.case.pk, "reporter"), case_id=filed.case.pk, move="supplement", given=given)
"""
FORBIDDEN = [
    "UPDATE cases_publishedmonth SET counted_at = counted_at",
    "UPDATE journal_entry SET state = 'closed'",
    "DELETE FROM journal_entry",
    "TRUNCATE journal_entry",
    "UPDATE journal_entry_default SET state = 'closed'",
    "DELETE FROM journal_remark",
    "TRUNCATE journal_remark",
    "UPDATE journal_root SET entries = 0",
    "DELETE FROM journal_root",
    "UPDATE vault_reading SET reason = ''",
    "TRUNCATE vault_reading",
    "DELETE FROM units_registerentry",
]


@dataclass
class Place:
    """A server with the two roles, and what is run against one of its databases."""

    server: EmbeddedDatabase
    folder: Path

    def url(self, database: str, role: str) -> str:
        return f"postgresql://{role}@/{database}?host={self.server.sockets}"

    def make_database(self, name: str) -> None:
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0")

    def run(self, database: str, role: str, *command: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
        ours = {
            "LINLI_DATABASE_URL": self.url(database, role),
            "LINLI_DATA_DIR": str(self.folder / database),
            "LINLI_APP_ROLE": APP,
            "DJANGO_SETTINGS_MODULE": "linli.config.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        done = subprocess.run(command, env=kept | ours, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def linli(self, database: str, role: str, *command: str) -> str:
        return self.run(database, role, sys.executable, "-m", "linli.config.cli", *command)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    server = EmbeddedDatabase(tmp_path / "server", durable=False)
    server.start()
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            for role in (OWNER, APP):
                connection.execute(f"CREATE ROLE {role} LOGIN")
        yield Place(server, tmp_path)
    finally:
        server.stop()


def _counts(place: Place, database: str) -> list[int]:
    with psycopg.connect(place.url(database, APP)) as connection:
        found = []
        for table in ("cases_case", "journal_entry", "journal_remark", "areas_area"):
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert row is not None
            found.append(row[0])
    return found


def _allowed(place: Place, database: str, role: str) -> list[str]:
    """Those of the forbidden deeds that the role has the right to (triggers would still refuse them)."""
    found = []
    with psycopg.connect(place.url(database, role), autocommit=True) as connection:
        for deed in FORBIDDEN:
            try:
                connection.execute(deed)
            except psycopg.errors.InsufficientPrivilege as refusal:
                if "permission denied for table" in str(refusal):
                    continue
            found.append(deed)
    return found


def test_a_restored_database_is_whole_and_locked_as_the_first_one(place: Place) -> None:
    place.make_database("first")
    place.linli("first", OWNER, "migrate")
    place.run("first", OWNER, sys.executable, "-c", BUILD, str(place.folder))
    place.run("first", APP, sys.executable, "-c", REPORT)
    assert [_allowed(place, "first", role) for role in (APP, OWNER)] == [[], []]

    target = place.folder / "backups"
    made = place.run("first", OWNER, "deploy/backup", str(target), "--with-secrets").splitlines()[-1]
    place.make_database("again")
    place.run("again", OWNER, "deploy/restore", made)

    assert _counts(place, "again") == _counts(place, "first")
    assert [_allowed(place, "again", role) for role in (APP, OWNER)] == [[], []]
    place.run("again", APP, sys.executable, "-c", REPORT)
    assert "留痕完整" in place.linli("again", OWNER, "verify", "--quiet")


def test_the_webs_own_role_leaves_privileges_alone_and_a_missing_one_is_named(place: Place) -> None:
    place.make_database("first")
    place.linli("first", OWNER, "migrate")
    assert "已是最新" in place.linli("first", APP, "migrate")
    with psycopg.connect(place.server.url("first"), autocommit=True) as connection:
        connection.execute(f"DROP OWNED BY {APP}")
        connection.execute(f"DROP ROLE {APP}")
    with pytest.raises(AssertionError, match=f"没有角色 {APP}"):
        place.linli("first", OWNER, "migrate")
