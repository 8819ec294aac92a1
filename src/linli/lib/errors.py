"""The one family of refusals.

    Refusal                     what a person may be told; code, message, HTTP status
    ├── NotAllowed      403     the actor may not do this
    ├── NotFound        404     it does not exist, or the actor may not know that it does
    ├── WrongState      409     the record is not where this move starts
    │   └── Conflict    409     somebody else was faster; carries the present state
    └── Invalid         422     the input is wrong; names every field

A refusal speaks the language of whoever asked: titles and plain messages are declared in Chinese and looked
up in the catalogue when the refusal is made; without a translation they stay as they are.

Codes are stable and belong to the API: they never change once published. One handler renders them
(``linli.web.problems``): problem+json (RFC 9457) for the API, a page or an inline message for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.apps import apps
from django.utils import translation


def gettext(text: str) -> str:
    """``text`` in the language in hand. The command line refuses some things before Django is set up."""
    return translation.gettext(text) if apps.ready else text


class Refusal(Exception):
    """Base of everything that the platform refuses with a reason. Subclasses state the fact."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "无法办理"

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = gettext(message or self.title)
        self.details: dict[str, Any] = details
        super().__init__(self.message)

    @property
    def heading(self) -> str:
        """The title in the language in hand."""
        return gettext(self.title)


class NotAllowed(Refusal):
    code = "not_allowed"
    status = 403
    title = "您没有办理此事的权限"


class NotFound(Refusal):
    code = "not_found"
    status = 404
    title = "未找到该内容"


class WrongState(Refusal):
    code = "wrong_state"
    status = 409
    title = "当前状态不能进行此操作"


class Conflict(WrongState):
    code = "conflict"
    title = "该记录刚刚被他人更新，请查看最新状态后再办理"


class Invalid(Refusal):
    """Input that cannot be taken. ``fields`` maps a field's name to its message."""

    code = "invalid"
    status = 422
    title = "填写有误"

    def __init__(
        self, message: str | None = None, *, fields: Mapping[str, str] | None = None, **details: Any
    ) -> None:
        self.fields = {name: gettext(told) for name, told in (fields or {}).items()}
        if message is None and self.fields:
            message = gettext("；").join(self.fields.values())
        super().__init__(message, **details)
