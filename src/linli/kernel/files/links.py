"""Short-lived signed links. Whoever makes one has checked that the viewer may see the record.

A link ends at a full half hour, between 30 and 60 minutes away. So all pages of the same half hour show
the same address and a browser fetches each picture once.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from linli.kernel.files.models import File
from linli.kernel.files.store import ORIGINAL, VARIANTS
from linli.lib.time import now

WINDOW = 30 * 60
_signer = Signer(sep=".", salt="linli.files.link")


@dataclass(frozen=True)
class Link:
    """What a valid link gives access to, and for how many more seconds."""

    file: int
    variant: str
    seconds: int


def url(file: File, variant: str) -> str:
    """The address of a variant: ``original``, or ``display`` and ``thumb`` where ``file.is_public``.

    Never give out ``original`` on a public page: it holds place and device. Raises ``ValueError``.
    """
    if variant not in VARIANTS or (variant != ORIGINAL and not file.is_public):
        raise ValueError(f"file {file.pk} has no variant {variant}")
    ends = (int(now().timestamp()) // WINDOW + 2) * WINDOW
    return reverse("files:open", args=[_signer.sign(f"{file.pk}-{variant}-{ends}")])


def opened(token: str) -> Link | None:
    """The link behind a token; None where it is forged or has ended."""
    try:
        file, variant, ends = _signer.unsign(token).split("-")
    except BadSignature:
        return None
    seconds = int(ends) - int(now().timestamp())
    return Link(int(file), variant, seconds) if seconds > 0 else None
