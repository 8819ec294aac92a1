"""Pages of the shell: sign in and out, error pages, the living style page."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout as sign_out
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linli.lib.errors import NotAllowed, NotFound
from linli.web import problems, sessions, style
from linli.web.forms import LoginForm

SEE_STYLE = "web.style"
"""The ability that opens the style page outside development."""


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in, then go where the reader wanted to go (addresses of this site only)."""
    target = target_of(request)
    if request.user.is_authenticated and request.method == "GET":
        return redirect(target)
    form = LoginForm(request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and form.account is not None:
        return sessions.begin(request, sessions.Entry(form.account, target))
    told = {"form": form, "next": target, "other_ways": sessions.other_ways()}
    return render(request, "web/login.html", told, status=422 if form.is_bound else 200)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    sign_out(request)
    return HttpResponseRedirect(settings.LOGIN_URL)


@require_GET
def ui(request: HttpRequest) -> HttpResponse:
    """Every component in every state."""
    actor = getattr(request, "actor", None)
    if not settings.DEBUG and not (actor is not None and actor.can(SEE_STYLE)):
        raise NotFound
    return render(request, "web/ui.html", style.samples())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, problems.Malformed())


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, NotAllowed())


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problems.respond(request, NotFound())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return problems.respond(request, problems.SessionExpired())


def failed(request: HttpRequest) -> HttpResponse:
    """The 500 page. Asks neither database nor context processors: any of them may be the cause."""
    unexpected = problems.Unexpected()
    request_id = getattr(request, "request_id", "")
    if problems.wants_problem(request):
        return problems.problem(unexpected, request_id)
    if problems.is_exchange(request):
        return problems.message(request, unexpected)
    content = render_to_string("web/failed.html", {"refusal": unexpected, "request_id": request_id})
    return HttpResponse(content, status=unexpected.status)


def target_of(request: HttpRequest) -> str:
    """Where the reader wanted to go before signing in, if that is an address of this site."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if safe else str(settings.LOGIN_REDIRECT_URL)
