"""The API's description as a committed file, so that a change of the API is seen in review.

python -m linli.config.openapi          # writes docs/openapi.yaml
"""

from __future__ import annotations

import os
from pathlib import Path

import django
import orjson
import yaml

from linli.config.environment import CHECKOUT

SNAPSHOT = CHECKOUT / "docs" / "openapi.yaml"


def description() -> str:
    """The OpenAPI document as YAML, in the order in which the API declares it."""
    from linli.config.api import api

    declared = api.get_openapi_schema(path_prefix="/api/v1/")
    plain = orjson.loads(orjson.dumps(declared, default=str, option=orjson.OPT_NON_STR_KEYS))
    return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=110)


def write(path: Path = SNAPSHOT) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(description(), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    django.setup()
    write()
