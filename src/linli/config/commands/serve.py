"""``linli serve``: the web, as in production (Granian, WSGI)."""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys

import django

from linli.config import environment as env
from linli.config.assets import collect
from linli.config.commands import require_database
from linli.lib.errors import Refusal


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=env.text("HOST", "127.0.0.1"), help="监听地址（LINLI_HOST）")
    parser.add_argument("--port", type=int, default=env.number("PORT", 8000), help="端口（LINLI_PORT）")


class CannotListen(Refusal):
    """The address or port is another program's, or not this machine's to use."""

    code = "cannot_listen"
    status = 409
    title = "不能在该地址和端口上提供服务"


def run(options: argparse.Namespace) -> int:
    refuse_taken_port(options.host, options.port)
    require_database()
    django.setup()
    collect()
    command = web_command(options.host, options.port)
    os.execv(command[0], command)


def refuse_taken_port(host: str, port: int) -> None:
    """Refuse with ``CannotListen`` where nobody could listen now.

    The web server itself would not say so: it shares its port with whoever else shares theirs, and else dies
    with a trace in a log.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError:
            raise CannotListen(
                f"端口 {port} 不存在，应在 1 到 65535 之间（no such port）", port=port
            ) from None
        except OSError as error:
            raise CannotListen(_why_not(error, host, port), port=port) from None


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"端口 {port} 已被另一个程序占用：请先停止它，或用 --port 换一个端口，如 --port {port + 1}"
            f"（port {port} is taken; make demo PORT={port + 1}）"
        )
    if error.errno == errno.EACCES:
        return f"没有权限使用端口 {port}，请用 --port 换一个 1024 以上的端口（port {port} is not allowed）"
    return f"地址 {host} 不能用来监听：{error.strerror}（cannot listen on {host}）"


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
