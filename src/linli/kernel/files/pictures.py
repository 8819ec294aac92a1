"""Copies of an image that are safe to show: the pixels, upright, and nothing else."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps

from linli.kernel.files.errors import FileDamaged, ImageTooLarge

DISPLAY, THUMB = 1600, 480
"""Longest sides in pixels."""

PIXELS_LIMIT = 50_000_000
"""Decoded whole this is 200 MB of memory in the worst case; phones' ordinary photos have 12 to 50 million."""

SIDE_LIMIT = 30_000
ORIENTATION = 0x0112
SIDEWAYS = range(5, 9)

BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
"""What Pillow raises for damaged files; its own errors derive from these."""

BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """Size of the upright original in pixels, and the two copies."""

    width: int
    height: int
    display: bytes
    """JPEG, so that printed sheets and office documents can hold it too."""
    thumb: bytes
    """WebP."""


def picture_of(content: bytes) -> Picture:
    """Draw the copies of a JPEG, PNG or WebP. Raises ``ImageTooLarge``, ``FileDamaged``.

    The size is judged from the header, before any pixel is unpacked. Of an animation the first frame counts.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
            _measure(image)
            return _drawn(image)
    except BOMBS as error:
        raise ImageTooLarge(width="?", height="?") from error
    except BROKEN as error:
        raise FileDamaged from error


def _measure(image: Image.Image) -> None:
    width, height = image.size
    if width * height > PIXELS_LIMIT or max(width, height) > SIDE_LIMIT:
        raise ImageTooLarge(width=width, height=height)


def _drawn(image: Image.Image) -> Picture:
    width, height = image.size
    if image.getexif().get(ORIENTATION) in SIDEWAYS:
        width, height = height, width
    shrunk = min(1.0, DISPLAY / max(image.size))
    # JPEG only: unpacks at 1/2, 1/4 or 1/8 where both sides stay as long as the display copy's
    image.draft("RGB", (int(image.width * shrunk), int(image.height * shrunk)))
    image.load()
    upright = ImageOps.exif_transpose(image)
    display = _pixels(upright)
    display.thumbnail((DISPLAY, DISPLAY), Image.Resampling.LANCZOS)
    thumb = display.copy()
    thumb.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    return Picture(width, height, _encoded(display, "JPEG", quality=85), _encoded(thumb, "WEBP", quality=75))


def _pixels(image: Image.Image) -> Image.Image:
    """A new RGB image with the same pixels on white, and no metadata of any kind."""
    if image.mode.startswith("I;16"):
        # sixteen-bit greys are brought to eight; a plain conversion would clip them to white
        image = image.point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        ground = Image.new("RGB", rgba.size, "white")
        ground.paste(rgba, mask=rgba.getchannel("A"))
        return ground
    clean = Image.new("RGB", image.size)
    clean.paste(image.convert("RGB"))
    return clean


def _encoded(image: Image.Image, kind: str, *, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, quality=quality)
    return out.getvalue()
