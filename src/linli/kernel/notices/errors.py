"""Refusals of notices."""

from __future__ import annotations

from linli.lib.errors import Invalid


class QuietHoursInvalid(Invalid):
    code = "quiet_hours_invalid"


class CursorInvalid(Invalid):
    code = "cursor_invalid"

    def __init__(self) -> None:
        super().__init__(fields={"after": "翻页位置：不是有效的翻页标记，请从第一页重新打开"})
