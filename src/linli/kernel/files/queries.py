"""Reading files: those of records, and pending ones by their claim."""

from __future__ import annotations

from collections.abc import Collection

from django.core.signing import BadSignature, Signer

from linli.kernel.access.actor import Actor
from linli.kernel.files.errors import FileAttached, FileNotYours
from linli.kernel.files.models import Attachment, File

_claims = Signer(salt="linli.files.claim")


def of(family: str, ids: Collection[int]) -> dict[int, list[Attachment]]:
    """{record id: its attachments with ``.file`` loaded, oldest first} in one query."""
    found: dict[int, list[Attachment]] = {}
    rows = Attachment.objects.filter(family=family, record_id__in=ids).select_related("file")
    for attachment in rows.order_by("file__uploaded_at", "file_id"):
        found.setdefault(attachment.record_id, []).append(attachment)
    return found


def claim_of(file: File) -> str:
    """The text by which whoever uploaded ``file`` names it when filing; cannot be guessed or forged."""
    return _claims.sign(str(file.pk))


def claimed(actor: Actor, claims: Collection[str]) -> list[File]:
    """The pending files named by their claims, in that order, each once.

    Raises ``FileNotYours`` for a forged claim, another post's file, or one removed after its day, and
    ``FileAttached`` for one already used.
    """
    try:
        ids = list(dict.fromkeys(int(_claims.unsign(claim)) for claim in claims))
    except BadSignature as error:
        raise FileNotYours from error
    files = File.objects.select_related("attachment").in_bulk(ids)
    if len(files) != len(ids) or any(file.post_id != actor.post for file in files.values()):
        raise FileNotYours
    if any(hasattr(file, "attachment") for file in files.values()):
        raise FileAttached
    return [files[pk] for pk in ids]
