"""``linli dbshell``: psql on the configured database; arguments after ``--`` go to psql."""

from __future__ import annotations

import argparse
import shutil
import subprocess

from linli.config import environment as env
from linli.config.commands import say
from linli.config.embedded import BINARIES, available


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("psql", nargs="*", metavar="-- psql 参数", help="例如 -- -c 'select 1'")


def run(options: argparse.Namespace) -> int:
    # the psql of this machine has line editing and a pager, the wheel's may lack them
    program = shutil.which("psql") or str(BINARIES / "psql")
    with available(say=say):
        return subprocess.run(
            [program, "--dbname", env.database_url(), *options.psql], check=False
        ).returncode
