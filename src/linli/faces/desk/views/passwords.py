"""One's own password: changed at will, and before anything else when somebody else has set it."""

from __future__ import annotations

import math
from typing import cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from linli.faces.desk.entrance import framed, signed_in
from linli.faces.desk.keeping.forms import PasswordForm
from linli.kernel.access.actor import Actor
from linli.kernel.access.middleware import needs_own_password
from linli.kernel.units import actions
from linli.kernel.units.models import Account
from linli.lib.errors import Invalid, Refusal
from linli.web.lockout import Attempts


@sensitive_post_parameters("old", "new", "again")
@never_cache
@require_http_methods(["GET", "POST"])
@signed_in
def password(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open to every account that is signed in, also without a post. The session goes on, others end."""
    account = cast(Account, request.user)
    is_forced = needs_own_password(request)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            changed = _change(request, actor, account, form)
        except Refusal as refusal:
            form.blame(refusal)
        else:
            update_session_auth_hash(request, changed)
            messages.success(request, _("密码已修改，其他地方的登录已退出"))
            return redirect("desk:worklist")
    status = 422 if form.is_bound else 200
    context = {"form": form, "is_forced": is_forced, "account": account}
    template = "desk/password_first.html" if is_forced else "desk/password.html"
    return framed(request, actor, template, context, status=status)


def _change(request: HttpRequest, actor: Actor, account: Account, form: PasswordForm) -> Account:
    """Guessing the old password at an unattended screen is stopped as at the sign-in."""
    attempts = Attempts.of(request, account.username)
    pause = attempts.pause()
    if pause is not None:
        minutes = math.ceil(pause.total_seconds() / 60)
        raise Invalid(_("密码输入错误次数过多，请 %(minutes)d 分钟后再试。") % {"minutes": minutes})
    given = form.cleaned_data
    try:
        changed = actions.change_password(actor=actor, account=account, old=given["old"], new=given["new"])
    except Invalid as refusal:
        if "old" in refusal.fields:
            attempts.fail()
        raise
    attempts.forget()
    return changed
