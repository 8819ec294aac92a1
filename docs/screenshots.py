"""Take the pictures of the README from a running demo: ``python docs/screenshots.py URL DEMO_JSON``.

    .venv/bin/linli demo --data /tmp/linli-pictures --port 8080
    .venv/bin/python docs/screenshots.py http://127.0.0.1:8080 /tmp/linli-pictures/demo.json

Needs Chromium (``linli doctor`` says whether it is there). Pictures are WebP below 200 KB each, in
``docs/images``.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from linli.config.chromium import find_chromium

IMAGES = Path(__file__).parent / "images"
LARGEST = 200 * 1024
DRAWN = 3000
"""Milliseconds that maps and charts are given to settle; this is for looks, nothing is tested by it."""
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Shot:
    """One picture: which demo account looks at what. ``open`` is the link to follow first, if any."""

    name: str
    path: str
    username: str = ""
    size: ViewportSize | None = None
    open: str = ""


SHOTS = (
    Shot("portal-report", "/report/", size=NARROW),
    Shot("portal-figures", "/figures/"),
    Shot("desk-worklist", "/desk/?list=soon", username="jiedao"),
    Shot("desk-case", "/desk/?list=soon&state=verified", username="jiedao", open="a[href*='/desk/cases/']"),
    Shot("wall", "/wall/", username="quzhang"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description="为 README 截图 · pictures for the README")
    parser.add_argument("url", help="演示城市的网址")
    parser.add_argument("accounts", type=Path, help="演示城市的 demo.json")
    options = parser.parse_args()
    accounts = {one["username"]: one for one in json.loads(options.accounts.read_text(encoding="utf-8"))}
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for shot in SHOTS:
            with page_of(chromium, options.url, shot, accounts.get(shot.username)) as page:
                print(shot.name, save(shot.name, page.screenshot()), "KB")
        chromium.close()


@contextmanager
def page_of(chromium: Browser, url: str, shot: Shot, account: dict[str, str] | None) -> Iterator[Page]:
    """The page of a shot, drawn whole, in a session of its own."""
    context = chromium.new_context(
        viewport=shot.size or WIDE, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=url
    )
    page = context.new_page()
    if account is not None:
        page.goto("/login")
        page.fill("[name=username]", account["username"])
        page.fill("[name=password]", account["password"])
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda address: "/login" not in address)
    page.goto(shot.path)
    if shot.open:
        page.locator(shot.open).first.click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(DRAWN)
    yield page
    context.close()


def save(name: str, png: bytes) -> int:
    """Keep a screenshot as WebP, as fine as the limit allows; returns its size in KB."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in (88, 75, 60, 45):
        made = io.BytesIO()
        picture.save(made, "WEBP", quality=quality, method=6)
        if made.tell() <= LARGEST:
            break
    (IMAGES / f"{name}.webp").write_bytes(made.getvalue())
    return made.tell() // 1024


if __name__ == "__main__":
    main()
