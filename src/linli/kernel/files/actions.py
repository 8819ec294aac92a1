"""Receiving files, attaching them, removing what nobody wanted."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction

from linli.kernel.access.actor import Actor
from linli.kernel.files import store
from linli.kernel.files.errors import FileAttached, FileEmpty, FileNotYours, FileTooLarge, SubmissionTaken
from linli.kernel.files.formats import FileKind, Format, format_of
from linli.kernel.files.models import Attachment, File, Stage
from linli.kernel.files.pictures import picture_of
from linli.kernel.records.changes import Changes
from linli.lib.time import now

NAME_LIMIT = 100
PENDING = dt.timedelta(days=1)
LOCKS = 0x66696C65
"""First key of the advisory locks by content, so that they meet no other room's."""


def receive(
    actor: Actor, *, content: UploadedFile[Any] | bytes, name: str, client_id: UUID | None = None
) -> File:
    """Check and store a file; the row is pending, that is, attached to nothing, for a day.

    The bytes are on disk before the row exists. A ``client_id`` seen before returns the file that it stands
    for. Raises a ``FileRefused`` (422), naming ``file``, and ``SubmissionTaken`` where the id stands for
    another file or for somebody else's.
    """
    data = _bytes(content)
    sha256 = hashlib.sha256(data).hexdigest()
    if client_id is not None and (known := _received(actor, client_id, sha256)):
        return known
    found = format_of(data)
    picture = picture_of(data) if found.kind is FileKind.IMAGE else None
    with transaction.atomic():
        if client_id is not None:
            _lock(client_id.hex)
            if known := _received(actor, client_id, sha256):  # it was under way twice
                return known
        _lock(sha256)
        if picture:
            store.put(sha256, store.DISPLAY, picture.display)
            store.put(sha256, store.THUMB, picture.thumb)
        store.put(sha256, store.ORIGINAL, data)
        return File.objects.create(
            sha256=sha256,
            kind=found.kind,
            mime=found.mime,
            bytes=len(data),
            width=picture.width if picture else None,
            height=picture.height if picture else None,
            name=_name(name, found),
            is_public=picture is not None,
            uploaded_at=now(),
            post_id=actor.post,
            client_id=client_id,
        )


def _received(actor: Actor, client_id: UUID, sha256: str) -> File | None:
    """The file received under ``client_id``; only the same content of the same post."""
    known = File.objects.filter(client_id=client_id).first()
    if known is not None and (known.sha256, known.post_id) != (sha256, actor.post):
        raise SubmissionTaken
    return known


def attach(
    changes: Changes,
    files: Collection[File],
    *,
    actor: Actor,
    record: tuple[str, int],
    stage: Stage = Stage.OTHER,
) -> None:
    """Add to ``changes`` that ``files`` belong to ``record``; get them from ``queries.claimed``.

    Raises ``FileNotYours`` for a file of another post, ``FileAttached`` for one that is taken. Where
    another deed takes the file between this and ``changes.write()``, the write fails as a whole.
    """
    if any(file.post_id != actor.post for file in files):
        raise FileNotYours
    if Attachment.objects.filter(file__in=files).exists():
        raise FileAttached
    family, record_id = record
    for file in files:
        changes.insert(Attachment(file=file, family=family, record_id=record_id, stage=stage))


def sweep() -> int:
    """Remove files that stayed pending for a day, and their content where no other row needs it."""
    oldest = now() - PENDING
    removed = 0
    pending = File.objects.filter(uploaded_at__lt=oldest, attachment__isnull=True).order_by("uploaded_at")
    for pk, sha256 in list(pending.values_list("pk", "sha256")):
        with transaction.atomic():
            _lock(sha256)
            # locked and asked again: a deed may have attached it since it was listed
            file = File.objects.select_for_update().filter(pk=pk).first()
            if file is None or Attachment.objects.filter(file=file).exists():
                continue
            file.delete()
            _drop_unneeded(sha256)
            removed += 1
    return removed


def sweep_shard(number: int) -> int:
    """Remove content that a process left behind when it was killed before its row was written.

    Looks at one 256th of the store (``number`` modulo 256), so that a night's share stays small.
    """
    removed = 0
    for path in list(store.shard(number, older_than=(now() - PENDING).timestamp())):
        if path.name.startswith(store.DRAFT):
            path.unlink(missing_ok=True)
            removed += 1
            continue
        with transaction.atomic():
            _lock(path.name)
            removed += _drop_unneeded(path.name)
    return removed


def _drop_unneeded(sha256: str) -> bool:
    unneeded = not File.objects.filter(sha256=sha256).exists()
    if unneeded:
        store.remove(sha256)
    return unneeded


def _lock(name: str) -> None:
    """One at a time until the transaction ends: per content, whose storing and removing must not cross, or
    per submission."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS, name])


def _bytes(content: UploadedFile[Any] | bytes) -> bytes:
    limit: int = settings.UPLOAD_LIMIT
    data = content if isinstance(content, bytes) else content.read(limit + 1)
    if not data:
        raise FileEmpty
    if len(data) > limit:
        raise FileTooLarge(limit_mb=limit // (1024 * 1024))
    return data


def _name(given: str, found: Format) -> str:
    """The sender's name without folders, control and direction characters, and with the true extension."""
    base = re.split(r"[\\/]", unicodedata.normalize("NFC", given))[-1]
    plain = "".join(c for c in base if not unicodedata.category(c).startswith("C"))
    stem = re.sub(r'[<>:"|?*]', "_", plain.rpartition(".")[0] or plain).strip(" .")
    room = NAME_LIMIT - len(found.extension) - 1
    return f"{stem[:room] or found.kind.label}.{found.extension}"
