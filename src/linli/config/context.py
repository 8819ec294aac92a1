"""What the frame of every page shows of this installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from linli.kernel.areas import queries as areas


def city(request: HttpRequest) -> dict[str, str]:
    """The city's name: as configured, else that of the city in the area tree."""
    if settings.CITY_NAME:
        return {"city_name": settings.CITY_NAME}
    found = areas.cities()
    return {"city_name": found[0].name if found else ""}
