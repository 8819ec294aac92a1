"""Template tags of the wall."""

from __future__ import annotations

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from linli.faces.wall.panels import Panel
from linli.web.components import Text

register = template.Library()


@register.simple_tag
def wall_panel(panel: Panel, title: Text, note: Text = "") -> SafeString:
    """A part of the wall in its frame; only what is inside is replaced when it changes."""
    return render_to_string("wall/panel.html", {"panel": panel, "title": title, "note": note})
