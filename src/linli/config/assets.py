"""What pages are drawn with: chosen files out of ``node_modules``, and the collected static files.

npm unpacks some 200 MB of which pages need a dozen files. ``vendor()`` copies those to
``node_modules/.linli``, which settings serve under ``vendor/``; ``collect()`` gathers everything static
with hashed names into ``STATIC_ROOT``. Both do nothing when nothing has changed.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from linli.config import environment as env
from linli.lib.errors import Refusal
from linli.web.icons import SPRITE, write_sprite

PACKAGES = env.CHECKOUT / "node_modules"
VENDOR = PACKAGES / ".linli"
STATIC_ROOT = env.CHECKOUT / "static-build"
STATIC_STAMP = STATIC_ROOT / ".fingerprint"
ICON_DRAWINGS = PACKAGES / "@tabler" / "icons" / "icons" / "outline"

FILES: dict[str, str] = {
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "echarts/echarts.esm.min.mjs": "echarts/dist/echarts.esm.min.mjs",
    "maplibre-gl/maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl/maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    # the map finds its worker by this name beside itself
    "maplibre-gl/maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
}
"""Where a file is served (below ``vendor/``) and where it comes from (below ``node_modules/``)."""

_SOURCE_MAP = re.compile(rb"\n?(/\*|//)[#@] sourceMappingURL=\S+( ?\*/)?\s*$")


class AssetsMissing(Refusal):
    """The JavaScript packages are not installed, or not in the versions asked for."""

    code = "assets_missing"
    status = 503
    title = "页面资源尚未安装，请在代码目录执行 make setup（JavaScript packages are not installed）"


def vendor() -> None:
    """Copy what pages need out of ``node_modules``. Refuses with ``AssetsMissing``, naming the file."""
    made_from = fingerprint(
        [env.CHECKOUT / "package-lock.json", Path(__file__), Path(write_sprite.__code__.co_filename)]
    )
    stamp = VENDOR / ".fingerprint"
    if stamp.exists() and stamp.read_text() == made_from:
        return
    draft = VENDOR.with_name(".linli.new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        for served, source in FILES.items():
            target = draft / served
            target.parent.mkdir(parents=True, exist_ok=True)
            # maps for debuggers weigh more than all files together and are not copied
            target.write_bytes(_SOURCE_MAP.sub(b"\n", (PACKAGES / source).read_bytes()))
        write_sprite(ICON_DRAWINGS, draft / SPRITE.removeprefix("vendor/"))
    except FileNotFoundError as error:
        raise AssetsMissing(f"{AssetsMissing.title}：{error.filename}") from error
    (draft / ".fingerprint").write_text(made_from)
    shutil.rmtree(VENDOR, ignore_errors=True)
    draft.rename(VENDOR)


def collect() -> int:
    """Gather static files into ``STATIC_ROOT`` when any has changed; returns how many there are now.

    Needs Django to be set up.
    """
    from django.core.management import call_command

    if not VENDOR.exists():
        raise AssetsMissing
    sources = sorted(_static_files())
    made_from = fingerprint(sources)
    if not STATIC_STAMP.exists() or STATIC_STAMP.read_text() != made_from:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        STATIC_STAMP.write_text(made_from)
    return len(sources)


def _static_files() -> Iterator[Path]:
    from django.contrib.staticfiles.finders import get_finders

    for finder in get_finders():
        for name, storage in finder.list([".*"]):
            yield Path(storage.path(name))


def fingerprint(files: Iterable[Path]) -> str:
    """Of names, sizes and times: reading every file would cost a start more than it can save."""
    digest = hashlib.sha256()
    for path in files:
        found = path.stat()
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    vendor()
