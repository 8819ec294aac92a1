"""Forms of the shell itself."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from linli.web.lockout import Attempts


class LoginForm(forms.Form):
    """User name and password. Says which of the two is missing, never which of the two is wrong."""

    username = forms.CharField(
        label=gettext_lazy("用户名"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": gettext_lazy("请填写用户名")},
    )
    password = forms.CharField(
        label=gettext_lazy("密码"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": gettext_lazy("请填写密码")},
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.account: AbstractBaseUser | None = None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        username, password = given.get("username"), given.get("password")
        if not username or not password:
            return given
        attempts = Attempts.of(self.request, username)
        pause = attempts.pause()
        if pause is not None:
            raise ValidationError(_paused(math.ceil(pause.total_seconds() / 60)), code="paused")
        self.account = authenticate(self.request, username=username, password=password)
        if self.account is None:
            raise ValidationError(_wrong(attempts.fail()), code="wrong")
        attempts.forget()
        return given


def _paused(minutes: int) -> str:
    return ngettext(
        "密码输入错误次数过多，请 %(minutes)d 分钟后再试。",
        "密码输入错误次数过多，请 %(minutes)d 分钟后再试。",
        minutes,
    ) % {"minutes": minutes}


def _wrong(left: int) -> str:
    if not left:
        return _("密码输入错误次数过多，请 15 分钟后再试。忘记密码请联系本单位系统管理员。")
    if left > 2:
        return _("用户名或密码不正确，请核对后重新输入。")
    return ngettext(
        "用户名或密码不正确，还可尝试 %(left)d 次。", "用户名或密码不正确，还可尝试 %(left)d 次。", left
    ) % {"left": left}
