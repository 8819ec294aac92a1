"""What a matter's entry says, as the case page and the matter's own page show it alike."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from linli.domains.matters import queries as matters
from linli.domains.matters.models import Matter
from linli.web.components import in_chinese


def function_of(matter: Matter) -> str:
    """The function that leads; empty where the list names none."""
    return matters.function_name(matter.lead_function) if matter.lead_function else ""


def with_reason(word: str, reason: str) -> SafeString:
    """A word of the list's vocabulary with what the list says about it."""
    return format_html("{}{}{}", _(word), _("：") if reason else "", in_chinese(reason))


def evidence_of(matter: Matter) -> SafeString:
    """Whether photos are asked for, and why."""
    return with_reason(matter.get_evidence_display(), matter.evidence_reason)
