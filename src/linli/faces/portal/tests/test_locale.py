from __future__ import annotations

import ast
import re
from pathlib import Path

from django.utils.translation.template import templatize

from linli.web.locale import compile as catalogues

ROOM = Path(__file__).parents[1]
CATALOGUES = [
    ROOM / "locale" / "en" / "LC_MESSAGES" / "django.po",
    Path(catalogues.__file__).parent / "en" / "LC_MESSAGES" / "django.po",
]
MARKED = re.compile(r"""\b(?:n?gettext(?:_lazy)?|_)\(\s*u?(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
NAMED = re.compile(r"%\((\w+)\)")


def texts() -> set[str]:
    """Every text of the portal that is to be translated."""
    pages = (templatize(page.read_text(encoding="utf-8")) for page in (ROOM / "templates").rglob("*.html"))
    modules = (m.read_text(encoding="utf-8") for m in ROOM.rglob("*.py") if "tests" not in m.parts)
    return {
        str(ast.literal_eval(found["text"]))
        for source in (*pages, *modules)
        for found in MARKED.finditer(source)
    }


def test_every_text_of_the_portal_has_an_english_one() -> None:
    known = {key for catalogue in CATALOGUES for key in catalogues.read(catalogue)}
    assert texts() - known == set()


def test_english_texts_name_the_same_values() -> None:
    for source, english in catalogues.read(CATALOGUES[0]).items():
        assert set(NAMED.findall(source)) == set(NAMED.findall(english)), source
