"""The record of changes of the registers: append-only, chained by hash, written with the change itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from django.db import connection, transaction
from django.db.models import Model

from linli.kernel.units.models import Account, Post, RegisterEntry, Token, Unit
from linli.lib.time import now

DEEDS: Mapping[str, str] = {
    "create_unit": "设立单位",
    "revise_unit": "变更单位",
    "close_unit": "停用单位",
    "create_account": "建立账号",
    "revise_account": "变更账号",
    "reset_password": "重置密码",
    "change_password": "本人修改密码",
    "add_factor": "添加第二因素",
    "remove_factor": "移除第二因素",
    "renew_recovery": "更换恢复码",
    "use_recovery": "使用恢复码登录",
    "reset_factors": "重置第二因素",
    "end_sessions": "退出其他设备",
    "deactivate_account": "停用账号",
    "activate_account": "恢复账号",
    "give_post": "任命岗位",
    "end_post": "结束岗位",
    "issue_token": "签发令牌",
    "revoke_token": "撤销令牌",
}
"""What a change is called."""

_LOCK = 0x7265_6769
"""Key of an advisory lock: locking the table would need a privilege that the web should not have."""

_SUBJECTS: Mapping[type[Model], RegisterEntry.Subject] = {
    Unit: RegisterEntry.Subject.UNIT,
    Account: RegisterEntry.Subject.ACCOUNT,
    Post: RegisterEntry.Subject.POST,
    Token: RegisterEntry.Subject.TOKEN,
}


class Author(Protocol):
    """Whoever changes a register: what is written down of ``access.Actor``."""

    @property
    def post(self) -> int | None: ...
    @property
    def account(self) -> int | None: ...


@dataclass
class Change:
    """What one deed writes down; it goes into the record when the block of ``changing`` ends."""

    author: Author
    entries: list[RegisterEntry] = field(default_factory=list)

    def enter(self, deed: str, subject: Unit | Account | Post | Token, area: str, **facts: Any) -> None:
        """Note ``deed`` on ``subject``. ``facts`` are JSON without floats, and never a secret."""
        if deed not in DEEDS:
            raise ValueError(f"unknown deed {deed}")
        self.entries.append(
            RegisterEntry(
                deed=deed,
                subject=_SUBJECTS[type(subject)],
                subject_id=subject.pk,
                area=area,
                label=str(subject)[:160],
                facts=facts,
                account=self.author.account,
                post=self.author.post,
                at=now(),
            )
        )


@contextmanager
def changing(author: Author) -> Iterator[Change]:
    """One change of the registers: others wait (readers do not) until it is committed.

    So checks such as "not the last administrator" hold until the change is written. An exception in the
    block leaves everything as it was.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        change = Change(author)
        yield change
        _write(change.entries)


def _write(entries: list[RegisterEntry]) -> None:
    last = RegisterEntry.objects.order_by("-number").first()
    number, prev = (last.number, bytes(last.hash)) if last else (0, b"")
    for entry in entries:
        number += 1
        entry.number, entry.prev = number, prev
        prev = entry.hash = entry_hash(entry)
    RegisterEntry.objects.bulk_create(entries, batch_size=500)


def entry_hash(entry: RegisterEntry) -> bytes:
    """SHA-256 over the entry before and this one's content in canonical JSON (sorted keys, UTC)."""
    content = [
        entry.number,
        entry.deed,
        entry.subject,
        entry.subject_id,
        entry.area,
        entry.label,
        entry.facts,
        entry.account,
        entry.post,
        entry.at.isoformat(timespec="microseconds"),
    ]
    return hashlib.sha256(bytes(entry.prev) + orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


def verify() -> tuple[int, list[str]]:
    """Recompute the whole record: how many entries there are, and the first fault as a Chinese sentence."""
    prev, count = b"", 0
    for entry in RegisterEntry.objects.order_by("number").iterator(chunk_size=2_000):
        count += 1
        if entry.number != count:
            return count, [f"登记变更：第 {count} 条缺失"]  # not shown
        if bytes(entry.prev) != prev or entry_hash(entry) != bytes(entry.hash):
            return count, [f"登记变更：第 {count} 条被改动"]  # not shown
        prev = bytes(entry.hash)
    return count, []
