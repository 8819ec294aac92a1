"""Kinds of notices, declared once by the domain that sends them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    code: str
    title: str
    is_emergency: bool = False
    """Delivered at once, at any hour."""


KINDS: dict[str, Kind] = {}


def kind(code: str, title: str, *, is_emergency: bool = False) -> Kind:
    made = Kind(code, title, is_emergency)
    if KINDS.setdefault(code, made) != made:
        raise ValueError(f"notice kind {code} is declared twice")
    return made
