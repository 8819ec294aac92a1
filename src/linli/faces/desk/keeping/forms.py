"""The forms of the registers. What is wrong with a field is judged by the action; it is shown beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.faces.desk.keeping import options
from linli.kernel.access.actor import Actor
from linli.kernel.units.checks import (
    LABEL_LENGTH,
    LONGEST_REASON,
    NAME_LENGTH,
    PERSON_LENGTH,
    SHORT_LENGTH,
    TITLE_LENGTH,
)
from linli.kernel.units.models import Account, Unit, UnitKind
from linli.lib.errors import Invalid, Refusal

DAYS = [("90", _("90 天")), ("180", _("180 天")), ("365", _("一年")), ("1095", _("三年"))]


class Picker(forms.Select):
    """A select in which one types; ``look_up`` is where further options come from."""

    def __init__(self, look_up: str | Promise) -> None:
        super().__init__(attrs={"data-picker": True, "data-search": look_up})


class Day(forms.DateInput):
    """A date as the browser's own field takes it, whatever the language of the page."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RegisterForm(forms.Form):
    """A form whose fields are judged by an action."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), label_suffix="")

    def blame(self, refusal: Refusal) -> None:
        """Put what was refused beside the fields that are to blame, else above them all."""
        fields = refusal.fields if isinstance(refusal, Invalid) else {}
        for name, told in fields.items():
            self.add_error(name if name in self.fields else None, told)
        if not fields:
            self.add_error(None, str(refusal.message))

    def offer(self, name: str, offered: options.Options) -> None:
        """The options of a picker, with the empty one."""
        self.fields[name].widget.choices = [*options.NONE, *offered]


class UnitForm(RegisterForm):
    """A unit to register or to revise; the area of one that stands is fixed."""

    name = forms.CharField(label=_("单位名称"), max_length=NAME_LENGTH)
    short_name = forms.CharField(
        label=_("简称"), max_length=SHORT_LENGTH, required=False, help_text=_("列表中显示，空着则用全称")
    )
    kind = forms.ChoiceField(label=_("类别"), choices=UnitKind.choices)
    area = forms.CharField(
        label=_("所在区域"),
        widget=Picker(reverse_lazy("desk:area-choices")),
        help_text=_("单位在此区域及其下级承担职能"),
        error_messages={"required": _("请选择区域")},
    )
    parent = forms.CharField(
        label=_("上级单位"), widget=Picker("units"), required=False, help_text=_("其区域须包含本单位的区域")
    )
    functions = forms.MultipleChoiceField(
        label=_("职能"),
        required=False,
        widget=forms.SelectMultiple(attrs={"data-picker": True}),
        help_text=_("事项清单按职能指定主办、协办单位；改动后新受理的事件随之分办"),
    )

    def __init__(
        self, actor: Actor, data: Mapping[str, Any] | None = None, *, unit: Unit | None = None, area: str = ""
    ) -> None:
        initial: dict[str, Any] = {"area": area}
        if unit is not None:
            initial = {
                "name": unit.name,
                "short_name": unit.short_name,
                "kind": unit.kind,
                "parent": unit.parent_id,
                "functions": unit.functions,
            }
        super().__init__(data, initial=initial)
        chosen = unit.area if unit else str(self["area"].value() or "")
        if unit is not None:
            del self.fields["area"]
        else:
            self.offer("area", options.areas_for(actor, chosen))
        above = options.unit_of(self["parent"].value())
        self.offer("parent", options.units_above(chosen or actor.area, above.pk if above else None))
        self.fields["functions"].choices = options.functions(unit.functions if unit else ())  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """What the action is given. Call only when valid."""
        return {**self.cleaned_data, "parent": _unit(self.cleaned_data["parent"], "parent")}


class AccountForm(RegisterForm):
    """An account to make or to revise; the user name of one that stands is fixed."""

    username = forms.CharField(
        label=_("用户名"),
        max_length=40,
        help_text=_("小写字母、数字、点、短横或下划线，以字母开头；建立后不能更改"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(
        label=_("姓名"), max_length=PERSON_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    unit = forms.CharField(
        label=_("所属单位"),
        widget=Picker("units"),
        help_text=_("账号由哪个单位管理；在哪些单位办事由岗位决定"),
        error_messages={"required": _("请选择单位")},
    )

    def __init__(
        self,
        actor: Actor,
        data: Mapping[str, Any] | None = None,
        *,
        account: Account | None = None,
        unit: str = "",
    ) -> None:
        initial: dict[str, Any] = {"unit": unit}
        if account is not None:
            initial = {"name": account.name, "unit": account.unit_id}
        super().__init__(data, initial=initial)
        if account is not None:
            del self.fields["username"]
        chosen = options.unit_of(self["unit"].value())
        self.offer("unit", options.units_for(actor, chosen.pk if chosen else None))

    def given(self) -> dict[str, Any]:
        """What the action is given. Call only when valid. Refuses an unknown unit."""
        return {**self.cleaned_data, "unit": _needed_unit(self.cleaned_data["unit"])}


class PostForm(RegisterForm):
    """A post to give."""

    account = forms.CharField(
        label=_("账号"),
        widget=Picker(reverse_lazy("desk:account-choices")),
        error_messages={"required": _("请选择账号")},
    )
    unit = forms.CharField(
        label=_("任职单位"), widget=Picker("units"), error_messages={"required": _("请选择单位")}
    )
    role = forms.ChoiceField(label=_("角色"), help_text=_("角色决定能看什么、能办什么，见说明"))
    area = forms.CharField(
        label=_("负责区域"),
        widget=Picker(reverse_lazy("desk:area-choices")),
        help_text=_("须在任职单位的区域之内；网格员选网格"),
        error_messages={"required": _("请选择区域")},
    )
    title = forms.CharField(
        label=_("岗位名称"), max_length=TITLE_LENGTH, required=False, help_text=_("空着则显示角色名称")
    )
    valid_from = forms.DateField(label=_("任职起"), widget=Day())
    valid_to = forms.DateField(
        label=_("任职止"),
        required=False,
        widget=Day(),
        help_text=_("从这一天起不再有权限；空着为长期"),
    )

    def __init__(
        self,
        actor: Actor,
        data: Mapping[str, Any] | None = None,
        *,
        account: Account | None,
        initial: Mapping[str, Any],
    ) -> None:
        super().__init__(data, initial=initial)
        unit = options.unit_of(self["unit"].value())
        self.offer("account", options.accounts_for(actor, account))
        self.offer("unit", options.units_for(actor, unit.pk if unit else None))
        self.offer("area", options.areas_for(actor, str(self["area"].value() or "")))
        self.fields["role"].choices = [*options.NONE, *options.roles_to_give()]  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        """What the action is given besides the account. Call only when valid. Refuses an unknown unit."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "account"}
        return {**given, "unit": _needed_unit(self.cleaned_data["unit"])}


class EndPostForm(RegisterForm):
    on = forms.DateField(
        label=_("离任日期"),
        widget=Day(),
        help_text=_("从这一天起不再有权限"),
    )
    reason = forms.CharField(label=_("事由"), max_length=LONGEST_REASON, required=False)


class ReasonForm(RegisterForm):
    reason = forms.CharField(
        label=_("事由"), max_length=LONGEST_REASON, error_messages={"required": _("请写明事由")}
    )


class TokenForm(RegisterForm):
    label = forms.CharField(
        label=_("用途"), max_length=LABEL_LENGTH, help_text=_("哪个系统用、做什么，便于日后清理")
    )
    days = forms.TypedChoiceField(label=_("有效期"), choices=DAYS, coerce=int, initial="365")


class PasswordForm(RegisterForm):
    """One's own password: the old one, and the new one twice."""

    old = forms.CharField(
        label=_("原密码"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("请填写原密码")},
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("至少 10 位，含大写字母、小写字母、数字、其他符号中的三种，不含用户名"),
        error_messages={"required": _("请填写新密码")},
    )
    again = forms.CharField(
        label=_("再输一次新密码"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("请再输一次新密码")},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("new") and given.get("again") and given["new"] != given["again"]:
            self.add_error("again", _("两次输入的新密码不一致"))
        return given


def _unit(text: str, field: str) -> Unit | None:
    if not text:
        return None
    unit = options.unit_of(text)
    if unit is None:
        raise Invalid(fields={field: str(_("没有这个单位，请重新选择"))})
    return unit


def _needed_unit(text: str) -> Unit:
    unit = _unit(text, "unit")
    if unit is None:
        raise Invalid(fields={"unit": str(_("请选择单位"))})
    return unit
