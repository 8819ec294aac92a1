"""HTML put together hundreds of times a page: ``format_html`` less what it does for rare arguments."""

from __future__ import annotations

import html

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe


def escaped(value: object) -> str:
    """``value`` as HTML: escaped unless it is HTML already."""
    if isinstance(value, SafeString):
        return value
    if isinstance(value, Promise):
        value = str(value)
    if hasattr(value, "__html__"):
        return str(value.__html__())
    return html.escape(str(value))


def markup(template: str, *values: object) -> SafeString:
    """``template`` with each ``{}`` filled by a value, escaped unless it is HTML already."""
    return mark_safe(template.format(*map(escaped, values)))
