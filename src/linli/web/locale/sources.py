"""Which texts are to be translated, found in templates and modules without GNU gettext.

``python -m linli.web.locale.sources`` lists those that no catalogue has.

In templates they are marked (``translate``, ``blocktranslate``, ``_()``). In modules every Chinese text is
one, marked or not, since declared words (states, moves, roles, figures, refusals) are translated where they
are shown. Left out is what never reaches a screen: docstrings, the titles of database columns, the
documentation of the API, ``__str__``, the modules in ``NOT_SHOWN``, and lines that end in the comment
``# not shown`` (what goes into records stays Chinese, whoever acts).
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from linli.web.locale import compile as catalogues

ROOMS = catalogues.ROOMS
CHINESE = re.compile(r"[\u3400-\u9fff]")
NOT_SHOWN = {
    "config": "set-up, the command line and generated documents speak Chinese, or both languages",
    "domains/cases/api.py": "documentation of the API",
    "domains/cases/stats_api.py": "documentation of the API",
    "domains/cases/loading.py": "headings of files are Chinese; what is shown is translated where it is made",
    "domains/matters/entries.py": "faults of list files, told on the command line",
    "domains/matters/learning.py": "told on the command line",
    "domains/matters/loading.py": "told on the command line",
    "domains/matters/negative.py": "faults of list files, told on the command line",
    "domains/matters/standing.py": "faults of list files, told on the command line",
    "domains/matters/suggestion.py": "patterns that texts are searched for, and reasons on record",
    "faces/portal/templatetags/portal.py": "categories of the city's lists that have an icon",
    "kernel/clocks/loading.py": "told on the command line",
    "kernel/journal/verify.py": "told on the command line",
    "kernel/notices/channels.py": "kept with a message that could not be sent",
    "lib/bigrams.py": "patterns",
    "web/style.py": "samples are invented content",
}
"""Modules whose Chinese texts are no words of the screens, with the reason."""

SHOWN = {"config/roles.py"}
"""Modules that are shown all the same."""

REMARK = "# not shown"
"""Ends a line whose texts are written down or searched for, or are shown as part of a whole."""

SAMPLES = {"ui.html"}
"""Templates of invented content."""

_MARKED = re.compile(r"""\b(?:n?gettext(?:_lazy)?|_)\(\s*u?(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
_MARKS = {"_", "gettext", "gettext_lazy", "ngettext"}
_UNSEEN_NAMES = {"verbose_name", "verbose_name_plural", "description", "summary", "tags"}


def of_template(source: str) -> set[str]:
    """The marked texts of a template, of plurals the singular."""
    return {str(ast.literal_eval(found["text"])) for found in _MARKED.finditer(templatize(source))}


def of_module(source: str) -> set[str]:
    """The Chinese texts of a module that may be shown. Of a text with values in it the constant parts: they
    cannot be looked up, and are found to be missing."""
    tree = ast.parse(source)
    unseen = {id(node) for node in _unseen(tree)}
    kept = {n for n, line in enumerate(source.splitlines(), start=1) if line.rstrip().endswith(REMARK)}
    marked = {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _MARKS
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    said = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in unseen
        and node.lineno not in kept
        and CHINESE.search(node.value)
    }
    return marked | said


def of_rooms(rooms: Path = ROOMS) -> dict[str, set[str]]:
    """``{file: texts}`` for everything below ``rooms``."""
    found: dict[str, set[str]] = {}
    for path in sorted(rooms.rglob("*")):
        name = path.relative_to(rooms).as_posix()
        if path.suffix == ".html" and path.name not in SAMPLES:
            found[name] = of_template(path.read_text(encoding="utf-8"))
        elif path.suffix == ".py" and not _is_left_out(name):
            found[name] = of_module(path.read_text(encoding="utf-8"))
    return {name: texts for name, texts in found.items() if texts}


def known(rooms: Path = ROOMS, language: str = "en") -> set[str]:
    """Every text that a catalogue translates, of plurals the singular."""
    found = rooms.rglob(f"{language}/LC_MESSAGES/*.po")
    return {key.partition("\x00")[0] for source in found for key in catalogues.read(source)}


def missing(rooms: Path = ROOMS) -> dict[str, set[str]]:
    """``{file: texts}`` of what has no translation."""
    translated = known(rooms)
    left = {name: texts - translated for name, texts in of_rooms(rooms).items()}
    return {name: texts for name, texts in left.items() if texts}


def _is_left_out(name: str) -> bool:
    parts = name.split("/")
    if "tests" in parts or "migrations" in parts or parts[-1] == "apps.py":
        return True
    if name in SHOWN:
        return False
    return any(name == one or name.startswith(f"{one}/") for one in NOT_SHOWN)


def _unseen(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes that hold no words of the screens."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):  # docstrings, also those under attributes
            yield node.value
        elif isinstance(node, ast.keyword | ast.Assign) and _names(node) & _UNSEEN_NAMES:
            yield from ast.walk(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name == "__str__":
            yield from ast.walk(node)
        elif isinstance(node, ast.Call) and _is_column(node):
            for part in [*node.args, *(k.value for k in node.keywords if k.arg != "choices")]:
                yield from ast.walk(part)


def _names(node: ast.keyword | ast.Assign) -> set[str]:
    if isinstance(node, ast.keyword):
        return {node.arg or ""}
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _is_column(call: ast.Call) -> bool:
    """``models.CharField("标题", …)`` and the like."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name != "Field" and name.endswith(("Field", "ForeignKey")) and not _is_form(function)


def _is_form(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id == "forms"
    )


def main() -> int:
    left = missing()
    for name, texts in left.items():
        for text in sorted(texts):
            sys.stdout.write(f"{name}: {text!r}\n")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
