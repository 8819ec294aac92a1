"""Words and numbers of the demo city. Own writing; every name is invented."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def read(name: str) -> Any:
    """The parsed content of ``<name>.yaml`` in this folder."""
    return yaml.safe_load((files(__name__) / f"{name}.yaml").read_text(encoding="utf-8"))
