"""The browser that browser tests drive: found, or installed where we may, or asked for in plain words.

``python -m linli.config.chromium`` (a step of ``make test``) makes sure that there is one, with Chinese
fonts, and fails with what to install when there is not and we have no right to install it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from linli.config import environment as env

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_APPS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
DEBIAN_PACKAGES = ("chromium", "fonts-noto-cjk", "fontconfig")


def find_chromium() -> Path | None:
    """The browser named in ``LINLI_CHROMIUM``, else the first known one on this machine."""
    named = env.text("CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found:
        return Path(found)
    return next((Path(app) for app in MAC_APPS if Path(app).is_file()), None)


def has_chinese_fonts() -> bool:
    """Whether Chinese can be drawn; macOS always can."""
    if sys.platform == "darwin":
        return True
    listing = shutil.which("fc-list")
    if listing is None:
        return False
    return bool(subprocess.run([listing, ":lang=zh"], capture_output=True, check=False).stdout.strip())


def missing() -> str:
    """What is missing for browser tests and how to install it; empty when all is there."""
    lacking = [
        *([] if find_chromium() else ["Chromium"]),
        *([] if has_chinese_fonts() else ["中文字体（Chinese fonts）"]),
    ]
    if not lacking:
        return ""
    how = (
        "brew install --cask chromium"
        if sys.platform == "darwin"
        else f"sudo apt-get install {' '.join(DEBIAN_PACKAGES)}"
    )
    return f"浏览器测试缺少 {'、'.join(lacking)}；请执行 / run: {how}（或以 LINLI_CHROMIUM 指定浏览器）"


def install() -> None:
    """On Debian as root, install what is missing."""
    print("· 安装 Chromium 与中文字体（installing Chromium and Chinese fonts）", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=quiet, check=True)
    subprocess.run(
        ["apt-get", "install", "-qy", "--no-install-recommends", *DEBIAN_PACKAGES], env=quiet, check=True
    )


def main() -> int:
    if missing() and os.getuid() == 0 and shutil.which("apt-get"):
        install()
    lacking = missing()
    if lacking:
        print(lacking, file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
