from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _plain_shell(settings: Any) -> None:
    """Pages of this room alone: unhashed static files, the room's own addresses, nobody locked out."""
    settings.ROOT_URLCONF = "linli.web.tests.site"
    settings.CITY_NAME = "云滨市"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    cache.clear()
