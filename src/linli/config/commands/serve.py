"""``linli serve``: the web, as in production (Granian, WSGI)."""

from __future__ import annotations

import argparse
import os
import sys

import django

from linli.config import environment as env
from linli.config.assets import collect


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=env.text("HOST", "127.0.0.1"), help="监听地址（LINLI_HOST）")
    parser.add_argument("--port", type=int, default=env.number("PORT", 8000), help="端口（LINLI_PORT）")


def run(options: argparse.Namespace) -> int:
    django.setup()
    collect()
    command = web_command(options.host, options.port)
    os.execv(command[0], command)


def web_command(host: str, port: int) -> list[str]:
    """The web server's command line.

    A page waits for the database more than it computes, so each process (one per core; Python computes
    on one core at a time) serves from a few threads, each with a database connection of its own that
    it keeps. There is no access log: addresses of the portal are private links.
    """
    processes = env.number("WEB_PROCESSES", max(2, min(os.cpu_count() or 2, 8)))
    threads = env.number("WEB_THREADS", min(2 * (os.cpu_count() or 2) + 1, 9))
    return [
        sys.executable,
        *("-m", "granian"),
        *("--interface", "wsgi"),
        *("--host", host),
        *("--port", str(port)),
        *("--workers", str(processes)),
        *("--blocking-threads", str(threads)),
        # a thread that goes away takes its database connection with it: keep them
        *("--blocking-threads-idle-timeout", "600"),
        *("--backlog", "2048"),
        "--no-ws",
        *("--respawn-failed-workers", "--respawn-interval", "0.5"),
        *("--workers-kill-timeout", "5"),
        *("--log-level", "warning"),
        "--no-access-log",
        "linli.config.wsgi:application",
    ]
