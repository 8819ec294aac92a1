"""Which texts of this room are to be translated, found in its templates and modules."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from django.utils.translation.template import templatize

ROOM = Path(__file__).parent.parent
_MARKED = re.compile(r"""\b(?:n?gettext(?:_lazy)?|_)\(\s*u?(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


def texts() -> set[str]:
    """Every source text, of plurals the singular."""
    found: set[str] = set()
    for template in sorted((ROOM / "templates").rglob("*.html")):
        if template.name != "ui.html":  # samples are invented content, not words of the product
            found |= _marked(templatize(template.read_text(encoding="utf-8")))
    for module in sorted(ROOM.glob("*.py")):
        found |= _marked(module.read_text(encoding="utf-8"))
    return found


def _marked(source: str) -> set[str]:
    return {str(ast.literal_eval(found["text"])) for found in _MARKED.finditer(source)}
