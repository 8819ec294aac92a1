"""The order of rooms as ``pyproject.toml`` declares it to import-linter: one map for code and for data."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "linli"


@cache
def _orders() -> dict[str, list[set[str]]]:
    """Container (``linli``, ``linli.kernel`` …) to its layers, highest first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    orders = {}
    for contract in contracts:
        if contract["type"] != "layers":
            continue
        container = contract.get("containers", ["linli"])[0]
        orders[container] = [
            {name.strip().removeprefix(f"{container}.") for name in layer.split("|")}
            for layer in contract["layers"]
        ]
    return orders


def room_of(module: str) -> tuple[str, ...]:
    """``linli.kernel.areas.models`` is in room ``("kernel", "areas")``, ``linli.web.x`` in ``("web",)``."""
    parts = module.split(".")[1:]
    return tuple(parts[:2]) if parts[0] in {"kernel", "domains", "faces"} else tuple(parts[:1])


def may_use(user: tuple[str, ...], used: tuple[str, ...]) -> bool:
    """Whether room ``user`` may refer to room ``used``: itself, or one that lies below it."""
    if user == used:
        return True
    if user[0] != used[0]:
        return _level("linli", user[0]) < _level("linli", used[0])
    container = f"linli.{user[0]}"
    return container in _orders() and _level(container, user[1]) < _level(container, used[1])


def _level(container: str, name: str) -> int:
    return next(number for number, layer in enumerate(_orders()[container]) if name in layer)
