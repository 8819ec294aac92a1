"""What pages of the portal are tested with."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from tests.city import City, centre_of

GRID = "990101001001001"
OTHER_GRID = "990102101001001"
TEXT = "柳湾花园北门消防通道被私家车堵塞，救护车进不来"

Fields = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _portal(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.CITY_NAME = "云汀市"


@pytest.fixture
def fields(city: City) -> Fields:
    """A whole report as the form sends it; ``fields(text="…")`` changes what is named."""

    def made(grid: str = GRID, **more: Any) -> dict[str, Any]:
        lng, lat = centre_of(grid)
        return {"text": TEXT, "lng": lng, "lat": lat, "client_id": str(uuid4())} | more

    return made


def photo(name: str = "现场.jpg", size: tuple[int, int] = (640, 480)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, (120, 140, 120)).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")
