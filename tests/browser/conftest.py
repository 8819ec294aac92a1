"""A real city on real processes, and a real browser in front of it.

``site`` runs ``linli demo`` as anybody would (supervisor, embedded database, Granian, worker) on a data
directory of its own with a small city. ``open_page`` opens pages in Chromium and fails a test whose page
wrote an error to the console or missed a file. ``look`` keeps screenshots in ``artifacts/screenshots``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, ViewportSize, sync_playwright

from linli.config.chromium import find_chromium, missing

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "artifacts" / "screenshots"
SIZES: dict[str, ViewportSize] = {
    "1440x900": {"width": 1440, "height": 900},
    "390x844": {"width": 390, "height": 844},
}
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LINLI = [sys.executable, "-m", "linli.config.cli"]
SCALE = "0.03"
START_SECONDS = 240


@dataclass(frozen=True)
class Site:
    """The running city: its address, its data directory, and who may sign in (as in ``demo.json``)."""

    url: str
    data: Path
    accounts: dict[str, dict[str, str]]

    def account(self, role: str) -> dict[str, str]:
        """The first account that holds ``role``."""
        return next(one for one in self.accounts.values() if one["role"] == role)

    def linli(self, *words: str) -> None:
        """Run a command of ``linli`` on this city."""
        command = [*LINLI, *words, "--data", str(self.data)]
        subprocess.run(command, check=True, env=_environment(), cwd=ROOT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("city")
    port = _free_port()
    log = data / "demo.log"
    command = [*LINLI, "demo", "--data", str(data), "--port", str(port), "--scale", SCALE]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=_environment(), cwd=ROOT)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, process, log)
            accounts = {one["username"]: one for one in json.loads((data / "demo.json").read_text())}
            yield Site(url, data, accounts)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, one per module: while Playwright runs, Django takes this thread for an asynchronous one."""
    lacking = missing()
    if lacking:
        pytest.fail(lacking)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """``open_page("/desk/", account=…, size="390x844")``: a page in a fresh session, signed in when asked."""
    complaints: list[str] = []
    contexts = []

    def on_console(message: ConsoleMessage) -> None:
        # that a file was missing is told better by its response
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            complaints.append(f"console: {message.text}")

    def on_response(response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            complaints.append(f"{response.status} {response.url}")

    def open_one(
        path: str = "/", *, account: dict[str, str] | None = None, size: str = "1440x900", **options: Any
    ) -> Page:
        context = browser.new_context(
            viewport=SIZES[size], locale="zh-CN", timezone_id="Asia/Shanghai", base_url=site.url, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", on_console)
        page.on("response", on_response)
        page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
        if account is not None:
            page.goto("/login")
            page.fill("[name=username]", account["username"])
            page.fill("[name=password]", account["password"])
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "/login" not in url)
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def look() -> Callable[..., None]:
    """``look(page, "desk-worklist")``: a screenshot at each size, for people to look at."""

    def take(page: Page, name: str, *, full_page: bool = False) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        before = page.viewport_size
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)
            # caret="initial": hiding the caret would put a style into the page, which our policy forbids
            page.screenshot(path=SCREENSHOTS / f"{name}-{size}.png", full_page=full_page, caret="initial")
        if before is not None:
            page.set_viewport_size(before)

    return take


def _environment() -> dict[str, str]:
    """This process's own, less what leads to the database of other tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url}/login", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the demo did not start:\n{log.read_text()}")
            time.sleep(0.1)
