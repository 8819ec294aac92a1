"""Images that are really drawn, with the metadata that phones leave in them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, TiffImagePlugin

from linli.kernel.access.actor import Actor

GPS = {1: "N", 2: (30.0, 39.0, 25.5), 3: "E", 4: (104.0, 3.0, 59.25)}
MAKE, MODEL, ORIENTATION, GPS_IFD = 0x010F, 0x0110, 0x0112, 0x8825


@pytest.fixture(autouse=True)
def store(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture
def clerk() -> Actor:
    return Actor(post=11, account=1, unit=7, area="510107001", role="clerk")


def drawn(width: int = 800, height: int = 600) -> Image.Image:
    """Red above, blue below, so that it can be seen which way is up."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (0, height // 2, width, height))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def phone_photo(orientation: int = 1, size: tuple[int, int] = (800, 600), kind: str = "JPEG") -> bytes:
    """A photo that says where it was taken, by what device, and which way it is turned."""
    exif = Image.Exif()
    exif[MAKE], exif[MODEL], exif[ORIENTATION] = "Huawei", "SecretModel-9", orientation
    gps = {
        tag: tuple(TiffImagePlugin.IFDRational(round(part * 100), 100) for part in value)
        if isinstance(value, tuple)
        else value
        for tag, value in GPS.items()
    }
    exif.get_ifd(GPS_IFD).update(gps)
    return encoded(drawn(*size), kind, exif=exif)
