"""A toast on the answer to an htmx request; pages that redirect use Django's messages instead."""

from __future__ import annotations

import json
from typing import Literal

from django.http import HttpResponse

Tone = Literal["info", "success", "warning", "error"]


def toast(response: HttpResponse, text: str, tone: Tone = "success") -> HttpResponse:
    """Let ``response`` show ``text`` in the corner of the page. Keeps other events already on it."""
    events = json.loads(response["HX-Trigger"]) if response.has_header("HX-Trigger") else {}
    # told to the body: the element that asked may be gone by then
    events["linli:toast"] = {"text": text, "tone": tone, "target": "body"}
    response["HX-Trigger"] = json.dumps(events)  # ASCII, as headers must be
    return response
