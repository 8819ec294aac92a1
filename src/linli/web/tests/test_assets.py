from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.http import HttpResponse

from linli.web.icons import ICONS, sprite, write_sprite
from linli.web.toasts import toast

DRAWING = '<svg viewBox="0 0 24 24" class="x">\n  <path d="M1 1" />\n</svg>'
ROOM = Path(__file__).parents[1]


def drawings(folder: Path) -> Path:
    for source in set(ICONS.values()):
        (folder / f"{source}.svg").write_text(DRAWING)
    return folder


def test_the_sprite_has_one_symbol_for_each_icon(tmp_path: Path) -> None:
    write_sprite(drawings(tmp_path), tmp_path / "new" / "sprite.svg")
    made = (tmp_path / "new" / "sprite.svg").read_text()
    assert re.findall(r'<symbol id="(\w+)"', made) == list(ICONS)
    assert "class=" not in made


def test_a_drawing_that_is_gone_is_named(tmp_path: Path) -> None:
    (drawings(tmp_path) / "bell.svg").unlink()
    with pytest.raises(FileNotFoundError, match="bell"):
        sprite(tmp_path)


def test_every_icon_that_templates_name_exists() -> None:
    for template in (ROOM / "templates").rglob("*.html"):
        for name in re.findall(r'{% icon "(\w+)"|icon="(\w+)"', template.read_text()):
            assert "".join(name) in ICONS, template


def test_our_modules_import_each_other_by_hashed_names(
    tmp_path: Path, settings: Any, monkeypatch: Any
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_DIRS = []
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "linli.web.storage.StaticStorage"}}
    finders.get_finder.cache_clear()
    call_command("collectstatic", interactive=False, verbosity=0)
    made = next(path for path in (tmp_path / "linli").glob("app.*.js")).read_text()
    imported = re.findall(r'from "\./(\w+)\.([0-9a-f]{12})\.js"', made)
    assert {name for name, _ in imported} >= {"dialogs", "forms", "exchange", "keys"}
    assert re.search(r'import\("\./map\.[0-9a-f]{12}\.js"\)', made)


def test_a_toast_keeps_other_events_and_is_ascii() -> None:
    response = HttpResponse()
    response["HX-Trigger"] = '{"saved": {}}'
    header = toast(response, "已分办")["HX-Trigger"]
    assert header.isascii()
    assert '"saved"' in header
