"""Small list files, written as a city would write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROW: dict[str, Any] = {
    "code": "T-01",
    "name": "暴露垃圾",
    "category": "市容/垃圾",
    "source": "@demo",
    "lead_function": "urban",
    "performers": ["grid_worker", "department"],
    "action": "report",
    "action_detail": "发现即上报",
    "evidence": "optional",
    "evidence_reason": "可以不拍",
    "urgency": "normal",
    "verifier": "grid_worker",
    "public": True,
    "sensitive": False,
    "duplicate_metres": 50,
    "duplicate_hours": 72,
    "keywords": "垃圾:2 垃圾堆:3",
    "icon": "trash",
    "active": True,
    "limits": {"overall": "4 work_hours @demo"},
}


def row(**values: Any) -> dict[str, Any]:
    return {**ROW, **values}


def write(
    folder: Path, *rows: dict[str, Any], kind: str = "grid", encoding: str = "utf-8", **head: Any
) -> Path:
    """A list file of ``kind`` with a register of two functions beside it."""
    document = {
        "kind": kind,
        "title": f"清单{kind}",
        "published_on": "DATE",
        "source": "示范",
        "sources": {"demo": "示范值，待本市核定"},
        "matters": list(rows),
        **head,
    }
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False).replace("DATE", "2026-01-01")
    (folder / f"{kind}.yaml").write_bytes(text.encode(encoding))
    (folder / "functions.csv").write_text("code,name,department\nurban,城管,\nfire,消防,\n", encoding="utf-8")
    return folder
