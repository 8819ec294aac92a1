"""What imports whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.architecture.rooms import ROOT, SOURCE, may_use

CLOCK = SOURCE / "lib" / "time.py"


def test_imports_point_one_way() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_map_of_rooms_is_read_as_it_is_meant() -> None:
    assert may_use(("faces", "desk"), ("kernel", "areas"))
    assert may_use(("kernel", "flow"), ("kernel", "records"))
    assert not may_use(("kernel", "areas"), ("kernel", "units"))
    assert not may_use(("kernel", "clocks"), ("kernel", "journal"))
    assert not may_use(("faces", "desk"), ("faces", "portal"))
    assert not may_use(("web",), ("kernel", "units"))


def test_only_the_project_clock_asks_the_machine_for_the_time() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        if path != CLOCK
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _asks_for_the_time(node.func)
    ]
    assert not found


def _asks_for_the_time(called: ast.expr) -> bool:
    if not isinstance(called, ast.Attribute):
        return False
    owner = called.value.attr if isinstance(called.value, ast.Attribute) else getattr(called.value, "id", "")
    return (owner, called.attr) in {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("timezone", "now"),
        ("time", "time"),
    }
