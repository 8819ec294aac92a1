"""WCAG 2.2: text 4.5 : 1, borders of inputs and focus rings 3 : 1, in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parents[1] / "static" / "linli" / "tokens.css"
TONES = ["neutral", "info", "progress", "success", "warning", "danger"]
GROUNDS = ["ground", "surface", "surface-sunk"]

TEXT = [
    *[(text, ground) for text in ["text", "text-soft", "text-faint", "link"] for ground in GROUNDS],
    *[("text", f"{tone}-soft") for tone in TONES],
    *[(tone, f"{tone}-soft") for tone in TONES],
    *[(tone, "surface") for tone in TONES],
    *[(tone, "surface-sunk") for tone in TONES],
    ("on-ink", "ink"),
    ("on-accent", "accent"),
    ("ink-strong", "ink-soft"),
    ("text-faint", "ink-soft"),
    ("map-label", "map-area"),
    ("surface", "danger"),
]
SHAPES = [
    *[("line-strong", ground) for ground in GROUNDS],
    *[("focus", ground) for ground in GROUNDS],
    *[("ink", ground) for ground in GROUNDS],
]


def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme; dark repeats only what differs."""
    found: dict[str, str] = {}
    blocks = re.findall(
        r'^(:root|\[data-theme="dark"\]) \{(.*?)^\}', TOKENS.read_text(), re.DOTALL | re.MULTILINE
    )
    for selector, body in blocks:
        if selector == ":root" or theme == "dark":
            found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))
    return found


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_guidelines_do() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_text_can_be_read(theme: str, front: str, back: str) -> None:
    known = tokens(theme)
    assert contrast(known[front], known[back]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), SHAPES)
def test_edges_can_be_seen(theme: str, front: str, back: str) -> None:
    known = tokens(theme)
    assert contrast(known[front], known[back]) >= 3
