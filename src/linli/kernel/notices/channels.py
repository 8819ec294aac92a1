"""Ways out of the platform for messages to residents.

A channel gets the message's id as the key by which a repeated sending is recognised. A channel that needs
the plain phone reads it from the vault for a declared purpose, on record; nothing here holds it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Protocol

from django.conf import settings

from linli.kernel.access.actor import SYSTEM
from linli.kernel.notices.models import Message
from linli.kernel.vault.queries import masks
from linli.lib.time import LOCAL


class DeliveryFailed(Exception):
    """The message did not leave; the text says why. It is tried again."""


class Channel(Protocol):
    def send(self, message: Message) -> None:
        """Send, or raise ``DeliveryFailed``. Sending the same message twice must have the effect of once."""


class FileChannel:
    """Writes each message as ``<id>.json`` into ``settings.OUTBOX_DIR`` (``<data>/outbox``).

    For demonstration, and for cities whose own programs fetch messages from a folder. The recipient is
    given by mask and vault id.
    """

    def send(self, message: Message) -> None:
        to = masks([message.person_id], reader=SYSTEM).get(message.person_id)
        if not to:
            raise DeliveryFailed("收件人信息已删除")
        folder = Path(getattr(settings, "OUTBOX_DIR", settings.DATA_DIR / "outbox"))
        content = {
            "id": message.pk,
            "person": message.person_id,
            "to": to,
            "number": message.number,
            "text": message.text,
            "at": message.at.astimezone(LOCAL).isoformat(timespec="seconds"),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = folder / f".{message.pk}.{os.getpid()}"
            draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
            draft.replace(folder / f"{message.pk}.json")
        except OSError as error:
            raise DeliveryFailed(f"无法写入发件目录：{error.strerror}") from error


CHANNELS: dict[str, Channel] = {"file": FileChannel()}


def channel() -> Channel:
    """The channel named by ``settings.MESSAGE_CHANNEL``."""
    return CHANNELS[getattr(settings, "MESSAGE_CHANNEL", "file")]
