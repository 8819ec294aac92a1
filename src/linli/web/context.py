"""What every page's frame needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "city_name": settings.CITY_NAME,
        "actor": getattr(request, "actor", None),
        "request_id": getattr(request, "request_id", ""),
    }
