"""``linli demo``: one process that runs a whole installation with a made-up city in it."""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import django

from linli.config import environment as env
from linli.config.assets import STATIC_STAMP, VENDOR, fingerprint
from linli.config.commands import say
from linli.config.commands.serve import refuse_taken_port, web_command
from linli.config.embedded import DatabaseFailed, EmbeddedDatabase
from linli.config.processes import Child, DataLock, Supervisor
from linli.lib.errors import Refusal

ACCOUNTS = "demo.json"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class DatabaseElsewhere(Refusal):
    code = "database_elsewhere"
    status = 409
    title = (
        "演示城市只建在内嵌数据库里，以免混入真实数据；请先取消 LINLI_DATABASE_URL"
        "（the demo never writes to an external database; unset LINLI_DATABASE_URL）"
    )


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=env.text("HOST", "127.0.0.1"), help="监听地址（默认只限本机）")
    parser.add_argument("--port", type=int, default=env.number("PORT", 8000), help="端口（默认 8000）")
    parser.add_argument(
        "--city", type=Path, metavar="文件", help="用真实城市的区划代替虚构城市 · a real city's divisions"
    )
    parser.add_argument(
        "--scale", type=_scale, default=1.0, help="事件数量的倍数（1 约为三万件）· how many cases"
    )


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = math.nan
    if not 0 < scale < math.inf:
        raise argparse.ArgumentTypeError(f"倍数应为大于 0 的数字，而不是 {text}（must be above 0）")
    return scale


def run(options: argparse.Namespace) -> int:
    if not env.is_embedded():
        raise DatabaseElsewhere
    url = f"http://{_reachable(options.host)}:{options.port}/"
    lock = DataLock(env.data_dir())
    lock.take(url=url, say=say)
    try:
        refuse_taken_port(options.host, options.port)
        # whoever tries the demo signs in as any of its accounts by password alone
        os.environ.setdefault("LINLI_SECOND_FACTOR_ROLES", "")
        if options.host not in LOOPBACK:  # asked for by name: let other machines on the network in
            os.environ.setdefault("LINLI_ALLOWED_HOSTS", "*")
        supervisor = Supervisor(lock, say)
        supervisor.catch_signals()
        supervisor.tie_leash()
        try:
            return _run_city(options, url, supervisor)
        finally:
            supervisor.untie_leash()
    finally:
        lock.release()


def _run_city(options: argparse.Namespace, url: str, supervisor: Supervisor) -> int:
    database = EmbeddedDatabase(say=say)
    try:
        supervisor.entrust(database.start(), signal.SIGINT)
        _prepare(options)
        _start_children(options, supervisor)
        supervisor.watch(until=lambda: _answers(options.host, options.port) or _tend(database, supervisor))
        if not supervisor.stopping.is_set():
            _welcome(url)
        supervisor.watch(until=lambda: _tend(database, supervisor))
    except KeyboardInterrupt:
        pass  # asked to stop while something was being prepared; what was not finished is begun again
    finally:
        say("正在停止……")
        supervisor.stop()
        database.stop()
    say("已停止。再次启动会接着使用这些数据。")
    return 0


def _tend(database: EmbeddedDatabase, supervisor: Supervisor) -> bool:
    """Start the database again should it have died; never a reason to stop watching.

    Its last processes may hold its memory for a moment, so several tries are made.
    """
    if not database.has_died():
        return False
    say(f"数据库意外退出，正在重新启动；日志：{database.log}")
    for pause in (0.2, 0.5, 1.0, 2.0, 4.0):
        time.sleep(pause)
        with suppress(DatabaseFailed):
            supervisor.entrust(database.start(), signal.SIGINT)
            say("数据库已恢复")
            return False
    supervisor.entrust(database.start(), signal.SIGINT)
    return False


def _prepare(options: argparse.Namespace) -> None:
    """Schema, static files and the city; nothing is looked at when this very code prepared them before."""
    stamp = env.data_dir() / "prepared"
    made_from = _code_fingerprint()
    is_asked_for_city = options.city is not None  # which may differ from the one that is there
    if not is_asked_for_city and STATIC_STAMP.exists() and stamp.exists() and stamp.read_text() == made_from:
        return
    django.setup()
    from django.db import connections

    from linli.config import demo
    from linli.config.assets import collect
    from linli.config.migrations import migrate

    migrate(say=say)
    collect()
    built = demo.build(progress=_Progress(), city=options.city, scale=options.scale)
    if is_asked_for_city and not built.is_new:
        say(
            f"使用数据目录里已有的「{built.name}」（{built.code}）。要另建一座城市：--data 指定空目录，"
            "--city 文件#四位代码 选定文件中的城市（using the city that is there）"
        )
    connections.close_all()  # the database keeps for each what it has ever looked up
    stamp.write_text(made_from)


def _code_fingerprint() -> str:
    """Of everything that the schema and the static files are made from."""
    source = env.CHECKOUT / "src" / "linli"
    files = [*source.glob("**/migrations/*.py"), *source.glob("**/static/**/*"), VENDOR / ".fingerprint"]
    return fingerprint([*sorted(files), env.CHECKOUT / "requirements.lock"])


class _Progress:
    """Shows how far a long step is: in place on a terminal, else a line every few seconds."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._told = self._begun
        self._terminal = sys.stdout.isatty()

    def __call__(self, doing: str, share: float) -> None:
        """``doing`` in Chinese; ``share`` of the whole that is done, 0 to 1."""
        now = time.monotonic()
        if now - self._told < (0.2 if self._terminal else 5.0) and share < 1.0:
            return
        self._told = now
        line = f"  {share:4.0%}  {now - self._begun:4.0f} 秒  {doing}"
        print(f"\r\033[K{line}" if self._terminal else line, end="" if self._terminal else "\n", flush=True)
        if share >= 1.0 and self._terminal:
            print(flush=True)


def _start_children(options: argparse.Namespace, supervisor: Supervisor) -> None:
    logs = env.data_dir() / "logs"
    in_the_way = partial(refuse_taken_port, options.host, options.port)
    in_the_way()  # it may have been taken while the city was prepared
    web = web_command(options.host, options.port)
    supervisor.start(Child("网站", web, logs / "web.log", in_the_way=in_the_way))
    supervisor.start(Child("后台任务", [sys.executable, "-m", "linli.config.cli", "work"], logs / "work.log"))


def _answers(host: str, port: int) -> bool:
    """Whether the web answers, were it with an error page: then its processes are up."""
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=2)
    with suppress(OSError, http.client.HTTPException):
        connection.request("HEAD", "/", headers={"Host": "localhost"})
        connection.getresponse()
        return True
    return False


def _reachable(host: str) -> str:
    """The address under which this machine reaches what listens on ``host``."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound


def _welcome(url: str) -> None:
    say(f"\n邻里已启动：{url}    按 Ctrl-C 停止 · Ctrl-C stops it\n")
    file = env.data_dir() / ACCOUNTS
    if not file.exists():
        return
    accounts: list[dict[str, str]] = json.loads(file.read_text())
    wide = max((len(one["username"]) for one in accounts), default=0)
    say("演示账号（用户名、密码、岗位），接口令牌见 " + str(file))
    for one in accounts:
        say(f"  {one['username']:<{wide}}  {one['password']}  {one['about'] or one['unit']}")
