"""Addresses of pages, looked up once: a page of the desk names some dozen, most of them on every page."""

from __future__ import annotations

from functools import cache

from django.urls import get_script_prefix, reverse


def address(name: str, *args: object) -> str:
    """``reverse``, remembered. For few arguments: not for what there is one of for each record."""
    return _looked_up(name, get_script_prefix(), args)


@cache
def _looked_up(name: str, prefix: str, args: tuple[object, ...]) -> str:
    """``prefix`` stands in every address, and differs where the site does not lie at the root."""
    return reverse(name, args=args)
