"""A screen on a wall: it shows the wall for months, and nobody signs in at it.

An account's session ends with the day and can do whatever its holder may; neither is fit for a screen in a
hall. So a screen is given a token of a post of its own (role 指挥屏, which can only look), kept in a cookie
that goes to the wall's pages alone. Whoever keeps the tokens can revoke it at any moment; the screen says so
within seconds, and goes on by itself once it has been given another.
"""

from __future__ import annotations

from http import HTTPStatus

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from linli.domains.cases import permissions as may
from linli.faces.wall.sight import WallRefused, sight_of
from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import ROLES
from linli.kernel.access.tokens import actor_of_token

COOKIE = "linli_screen"
KEPT_SECONDS = 400 * 24 * 3600
"""As long as browsers keep a cookie at most; every look at the wall begins it anew."""
LOOKING = frozenset({may.VIEW, may.OVERSEE})
"""All that the role of a screen's post may be able to do: nobody watches what is done at it."""


def actor_of_screen(request: HttpRequest) -> Actor | None:
    """Whom the screen acts as, if the browser is one and its token is in force."""
    secret = request.COOKIES.get(COOKIE, "")
    return actor_of_token(secret) if secret else None


def is_screen(request: HttpRequest) -> bool:
    """Whether the browser was made a screen, its token in force or not."""
    return bool(request.COOKIES.get(COOKIE))


def keep(response: HttpResponse, secret: str) -> None:
    """Let the browser be a screen."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=KEPT_SECONDS,
        path=reverse("wall:board"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


class ScreenForm(forms.Form):
    """The token of the screen's post. After ``is_valid``: the ``actor`` it stands for."""

    token = forms.CharField(
        label=gettext_lazy("屏幕令牌"),
        max_length=100,
        help_text=gettext_lazy("由安全管理员为“指挥屏”岗位签发，以 ll_ 开头"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("请填写屏幕令牌")},
    )

    actor: Actor

    def clean_token(self) -> str:
        secret = str(self.cleaned_data["token"]).strip()
        actor = actor_of_token(secret)
        if actor is None:
            raise forms.ValidationError(_("令牌无效、已到期或已撤销，请核对，或请安全管理员重新签发"))
        try:
            sight_of(actor)
        except WallRefused as refusal:
            raise forms.ValidationError(refusal.message) from refusal
        if not ROLES[actor.role].grants.keys() <= LOOKING:
            raise forms.ValidationError(
                _("这个岗位能办理事件，不能用于无人看管的屏幕；请用“指挥屏”岗位的令牌")
            )
        self.actor = actor
        return secret


@sensitive_post_parameters("token")
@never_cache
@require_http_methods(["GET", "POST"])
def screen(request: HttpRequest) -> HttpResponse:
    """Make this browser a screen, or see which one it is."""
    form = ScreenForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        response = redirect("wall:board")
        keep(response, form.cleaned_data["token"])
        return response
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"form": form, "actor": actor_of_screen(request), "is_screen": is_screen(request)}
    return render(request, "wall/screen.html", context, status=status)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Let this browser be no screen any more."""
    response = redirect("wall:screen")
    response.delete_cookie(COOKIE, path=reverse("wall:board"), samesite="Strict")
    return response
