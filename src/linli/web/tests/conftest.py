from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _plain_shell(settings: Any) -> None:
    """Pages of this room alone: unhashed static files, the room's own addresses."""
    settings.ROOT_URLCONF = "linli.web.tests.site"
    settings.CITY_NAME = "云滨市"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
