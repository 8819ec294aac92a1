"""REST endpoint for uploads."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import File as FormFile
from ninja import Form, Router, Status
from ninja.files import UploadedFile

from linli.kernel.access.actor import Actor
from linli.kernel.files import actions, queries
from linli.web.rest import Schema

router = Router(tags=["附件"])


class UploadedOut(Schema):
    """`claim` 在上报或流转的 files 中引用；一天内未引用的附件自动删除。"""

    claim: str
    name: str
    mime: str
    bytes: int


@router.post("", response={201: UploadedOut}, summary="上传附件")
def upload(
    request: HttpRequest, file: FormFile[UploadedFile], client_id: Form[UUID | None] = None
) -> Status[UploadedOut]:
    """按内容而不是按文件名判断类型；照片的公开副本去除拍摄位置。同一 `client_id` 重传不会多出一份。"""
    actor: Actor = request.auth  # type: ignore[attr-defined]
    made = actions.receive(actor, content=file, name=file.name or "", client_id=client_id)
    return Status(
        201, UploadedOut(claim=queries.claim_of(made), name=made.name, mime=made.mime, bytes=made.bytes)
    )
