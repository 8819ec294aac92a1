"""Forms about factors."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from linli.kernel.identity.models import NAME_LENGTH
from linli.kernel.units.models import Account

_SALT = "linli.identity.app"
_SECRET_FOR = dt.timedelta(minutes=30)
_CODE = {
    "autocomplete": "one-time-code",
    "autocapitalize": "none",
    "spellcheck": "false",
    "class": "ll-code-input",
}


class SecondForm(forms.Form):
    """The second step of signing in: a code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("验证码或恢复码"),
        max_length=40,
        widget=forms.TextInput(attrs=_CODE),
        error_messages={"required": _("请填写身份验证器应用显示的 6 位数字，或一个恢复码")},
    )


class AppForm(forms.Form):
    """A new authenticator app: what it is called, and its first code. The secret travels signed."""

    secret = forms.CharField(widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("应用显示的 6 位数字"),
        max_length=10,
        widget=forms.TextInput(attrs={**_CODE, "inputmode": "numeric"}),
        error_messages={"required": _("请填写应用显示的 6 位数字")},
    )
    name = forms.CharField(
        label=_("名称"),
        max_length=NAME_LENGTH,
        initial=_("手机上的应用"),
        help_text=_("便于日后辨认，如“工作手机”"),
        error_messages={"required": _("请填写名称")},
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    @staticmethod
    def sign(account: Account, secret: str) -> str:
        """The secret as the page carries it: nothing is kept of it before its first code has come."""
        return signing.dumps([account.pk, secret], salt=_SALT)

    def clean_secret(self) -> str:
        try:
            account, secret = signing.loads(self.cleaned_data["secret"], salt=_SALT, max_age=_SECRET_FOR)
        except signing.BadSignature as error:
            raise forms.ValidationError(_("页面已过期，请重新扫描二维码")) from error
        if account != self.account.pk:
            raise forms.ValidationError(_("页面已过期，请重新扫描二维码"))
        return str(secret)

    def clean_code(self) -> str:
        return "".join(str(self.cleaned_data["code"]).split())


class PasskeyForm(forms.Form):
    """A new passkey: what it is called, and what the browser answered."""

    name = forms.CharField(
        label=_("名称"),
        max_length=NAME_LENGTH,
        initial=_("这台设备"),
        help_text=_("便于日后辨认，如“办公电脑”“安全钥匙”"),
        error_messages={"required": _("请填写名称")},
    )
    answer = forms.CharField(max_length=20_000, required=False, widget=forms.HiddenInput)

    def clean_answer(self) -> str:
        answer = str(self.cleaned_data["answer"])
        if not answer:
            raise forms.ValidationError(_("浏览器没有生成通行密钥，请重试"))
        return answer
