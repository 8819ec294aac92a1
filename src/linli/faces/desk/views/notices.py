"""The inbox behind the bell."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.domains.cases.models import Case
from linli.faces.desk.entrance import framed, staff
from linli.kernel.access.actor import Actor
from linli.kernel.notices import actions, queries
from linli.kernel.notices.kinds import KINDS
from linli.lib.errors import Invalid
from linli.lib.time import now
from linli.web.components import in_chinese


@require_GET
@staff
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Newest first; what is of one kind about one case stands folded on one line."""
    page = queries.inbox(actor, after=request.GET.get("after", ""))
    lines = [
        {
            "notice": line.notice,
            "title": _title(line.notice.title),
            "folded": line.folded,
            "kind": _(KINDS[line.notice.kind].title) if line.notice.kind in KINDS else "",
            "url": reverse("desk:case", args=[line.notice.number])
            if line.notice.family == Case.family and line.notice.number
            else "",
        }
        for line in page.lines
    ]
    return framed(
        request,
        actor,
        "desk/notices.html",
        {
            "lines": lines,
            "shown_at": now().isoformat(),
            "next_url": f"?after={page.after}" if page.after else "",
            "has_unread": any(not line.notice.is_read for line in page.lines),
        },
    )


@require_POST
@staff
def mark_read(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take note: of one line (then go to its case), or of everything that was on the page."""
    chosen = [int(pk) for pk in request.POST.getlist("notice") if pk.isascii() and pk.isdigit()]
    if chosen:
        actions.mark_read(actor, notices=chosen)
    elif "until" in request.POST:
        actions.mark_all_read(actor, until=_instant(request.POST["until"]))
    number = request.POST.get("open", "")
    return redirect("desk:case", number=number) if number else redirect("desk:notices")


def _title(kept: str) -> SafeString:
    """A notice as it was kept: a word of the product, and often what it is about."""
    word, colon, about = kept.partition("：")
    if _(word) == word:
        return in_chinese(kept)
    return format_html("{}{}{}", _(word), _("：") if colon else "", in_chinese(about))


def _instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(fields={"until": "时间格式不正确，请刷新页面"}) from error
    if instant.tzinfo is None:
        raise Invalid(fields={"until": "时间必须带时区，请刷新页面"})
    return instant
