"""Serving a file over its link."""

from __future__ import annotations

import logging

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from linli.kernel.files import links, store
from linli.kernel.files.formats import FileKind
from linli.kernel.files.models import File

log = logging.getLogger(__name__)

COPIES = {store.DISPLAY: "image/jpeg", store.THUMB: "image/webp"}
INLINE = {FileKind.IMAGE, FileKind.PDF}

SANDBOX = "default-src 'none'; sandbox"
PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"
"""Browsers refuse to start their PDF viewer in a sandbox; it is a process of its own without our origin."""


@require_safe
def open_file(request: HttpRequest, token: str) -> HttpResponseBase:
    """The variant named by the token, or 410 where the link has ended."""
    link = links.opened(token)
    file = File.objects.filter(pk=link.file).first() if link else None
    if link is None or file is None:
        return HttpResponse(
            "链接已失效，请返回原页面刷新后再打开。", status=410, content_type="text/plain; charset=utf-8"
        )
    try:
        content = store.path_of(file.sha256, link.variant).open("rb")
    except FileNotFoundError:
        log.error("file %s (%s) is missing from the store", file.pk, link.variant)
        return HttpResponse(
            "附件内容缺失，请联系系统管理员。", status=404, content_type="text/plain; charset=utf-8"
        )
    response = FileResponse(
        content,
        as_attachment=file.kind not in INLINE,
        filename=file.name,
        content_type=COPIES.get(link.variant, file.mime),
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = PDF_POLICY if file.kind == FileKind.PDF else SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={link.seconds}, immutable"
    return response
