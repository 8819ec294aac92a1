"""The first page, help, the notice on personal data, and the size of type."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from linli.domains.cases.publishing import last_month
from linli.domains.cases.purposes import NOTICE_VERSION, REPORTER
from linli.faces.portal.published import month_of, total
from linli.kernel.vault.purposes import purpose_of

TYPE_COOKIE = "linli_type"
A_YEAR = 365 * 24 * 3600


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Two things to do, what happens next, the month's figures, one's own grid."""
    month = last_month()
    context = {"month": month, "total": total(month_of(month, "district").lines)}
    return render(request, "portal/home.html", context)


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/help.html")


@require_safe
def notice(request: HttpRequest) -> HttpResponse:
    """What becomes of a reporter's contact (个人信息保护法 art. 17)."""
    return render(request, "portal/notice_page.html", notice_context())


def notice_context() -> dict[str, object]:
    """What the notice says, from the purpose as it is declared: nothing on the page can drift from it."""
    return {"purpose": purpose_of(REPORTER), "notice_version": NOTICE_VERSION}


@require_POST
def type_size(request: HttpRequest) -> HttpResponse:
    """Larger or ordinary type, kept in a cookie, so that it works without scripts and does not flash."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = redirect(target)
    size = "large" if request.POST.get("size") == "large" else "ordinary"
    response.set_cookie(TYPE_COOKIE, size, max_age=A_YEAR, samesite="Lax", httponly=True)
    return response
