"""Forms of the portal. Every message says what to do, at the field where to do it."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.domains.cases.actions import NewReport
from linli.domains.cases.contacts import Contact
from linli.domains.cases.texts import without_personal_numbers
from linli.domains.matters import queries as matters
from linli.domains.matters.models import Matter
from linli.faces.portal import queries
from linli.kernel.areas.errors import AreaNotFound
from linli.kernel.areas.levels import is_code
from linli.kernel.areas.locate import Located, locate
from linli.kernel.areas.queries import paths_of
from linli.kernel.units.models import Unit
from linli.kernel.units.queries import book
from linli.lib import numbers
from linli.lib.errors import Invalid

UNITS_OFFERED = 8
_PHONE = re.compile(r"\+?[0-9]{7,15}")
_SECRET = re.compile(r"[0-9a-f]{24}")
_FIELDS = {"location": "lng", "contact.name": "name", "contact.phone": "phone"}
"""Where a refusal of ``cases.actions.report`` is shown."""


def units_named(text: str) -> list[Unit]:
    """Units in force whose name holds ``text``; the one of exactly that name alone, where there is one."""
    known = book().by_id.values()
    exact = [unit for unit in known if text in (unit.name, unit.short_name)]
    return exact if len(exact) == 1 else [unit for unit in known if text in unit.name]


class ClientIdField(forms.UUIDField):
    """What the page names a submission by, so that sending it twice files it once. Nobody fills it in."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        said = gettext_lazy("不是有效的标识（UUID），请重新打开本页填写")
        super().__init__(required=False, label=gettext_lazy("提交标识"), error_messages={"invalid": said})


class ReportForm(forms.Form):
    """A report as a resident writes it. After ``is_valid``: ``located``, ``matter`` and ``given()``."""

    text = forms.CharField(
        label=gettext_lazy("发生了什么"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4, "enterkeyhint": "next"}),
        help_text=gettext_lazy("一句话就行，比如：小区北门消防通道被车堵住了。不用写姓名、电话。"),
        error_messages={
            "required": gettext_lazy("请用一句话说明问题，或者从事项里选一个"),
            "max_length": gettext_lazy("最多 2000 字，请缩短一些"),
        },
    )
    matter = forms.CharField(label=gettext_lazy("事项"), required=False, max_length=30)
    lng = forms.FloatField(
        label=gettext_lazy("位置（经度）"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("经度应是数字，如 104.065")},
    )
    lat = forms.FloatField(
        label=gettext_lazy("位置（纬度）"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": gettext_lazy("纬度应是数字，如 30.657")},
    )
    place = forms.CharField(
        label=gettext_lazy("社区、村或网格的名称"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("不方便用地图时填写；同名的会请您选一个"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    area = forms.CharField(required=False, max_length=18)
    address = forms.CharField(
        label=gettext_lazy("详细位置"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("楼栋、路口或旁边的明显标志，方便工作人员找到"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": gettext_lazy("最多 120 字，请缩短一些")},
    )
    name = forms.CharField(
        label=gettext_lazy("称呼"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"max_length": gettext_lazy("最多 30 字")},
    )
    phone = forms.CharField(
        label=gettext_lazy("电话"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "tel"}),
        error_messages={"max_length": gettext_lazy("号码过长，请核对")},
    )
    agree = forms.BooleanField(label=gettext_lazy("我已看过告知，同意按告知使用我的联系方式"), required=False)
    about = forms.CharField(
        label=gettext_lazy("被反映单位"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("如果是反映某个单位的问题，请写单位名称；您的联系方式会对这个单位保密"),
        widget=forms.TextInput(attrs={"list": "unit-names", "autocomplete": "off"}),
    )
    client_id = ClientIdField()

    located: Located
    matter_chosen: Matter | None = None
    about_unit: Unit | None = None
    places: list[tuple[str, str]]
    """Places that the given name may mean: (code, path)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = []
        if self.data.get("matter"):  # a matter speaks for itself
            self.fields["text"].required = False

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).strip()
        if text and len(text) < 4:
            raise forms.ValidationError(_("请再多写几个字（至少 4 个字），说清楚是什么问题"))
        return text

    def clean_matter(self) -> str:
        code = str(self.cleaned_data["matter"])
        if code:
            offered = {matter.code: matter for matter in matters.offered_to_public()}
            if code not in offered:
                raise forms.ValidationError(_("这个事项已不在清单中，请重新选择，或者只写文字"))
            self.matter_chosen = offered[code]
        return code

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).strip()
        if without_personal_numbers(address)[1]:
            raise forms.ValidationError(_("地址里请不要写手机号或身份证号；电话请填在“联系方式”里"))
        return address

    def clean_phone(self) -> str:
        phone = re.sub(r"[\s()（）－-]", "", numbers.normalise(str(self.cleaned_data["phone"])))
        if phone and not _PHONE.fullmatch(phone):
            raise forms.ValidationError(_("电话号码应是 7 到 15 位数字，请核对"))
        return phone

    def clean_about(self) -> str:
        name = str(self.cleaned_data["about"]).strip()
        if name:
            found = units_named(name)
            if len(found) != 1:
                raise forms.ValidationError(
                    _("有几个单位叫这个名称，请写全称：%(names)s")
                    % {"names": "、".join(unit.name for unit in found[:UNITS_OFFERED])}
                    if found
                    else _("没有找到这个单位，请核对名称；不确定可以不填，在文字里说明")
                )
            self.about_unit = found[0]
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if (given.get("name") or given.get("phone")) and not given.get("agree"):
            self.add_error("agree", _("填写了联系方式，请先看告知并勾选同意；不想留联系方式可以清空"))
        if not self.errors.keys() & {"lng", "lat"}:
            self._find_place(given)
        return given

    def _find_place(self, given: dict[str, Any]) -> None:
        """The point on the map, else the middle of the place that was named."""
        if given.get("lng") is None or given.get("lat") is None:
            point = self._place_named(given)
            if point is None:
                return
            given["lng"], given["lat"] = point
            if not given.get("address") and "address" not in self.errors:
                self.add_error("address", _("没有在地图上选点，请写明详细位置"))
        try:
            self.located = locate(given["lng"], given["lat"])
        except Invalid as refusal:
            self.add_refusal(refusal)

    def _place_named(self, given: dict[str, Any]) -> tuple[float, float] | None:
        code, name = given.get("area", ""), str(given.get("place", "")).strip()
        if name:
            found = queries.places(name)
            paths = paths_of(node.code for node in found)
            self.places = [(node.code, paths[node.code]) for node in found]
            codes = [node.code for node in found]
            if code not in codes:
                code = codes[0] if len(codes) == 1 else ""
            if not codes:
                self.add_error("place", _("没有找到这个地方，请换个写法，如“望江社区”"))
                return None
            if not code:
                self.add_error("place", _("有几个地方叫这个名称，请选一个"))
                return None
        if not code:
            self.add_error("lng", _("请在地图上点一下事发地点，或者点“用我的位置”，或者填写社区名称"))
            return None
        return self._middle(code)

    def _middle(self, code: str) -> tuple[float, float] | None:
        try:
            point = queries.middle_of(code) if is_code(code) else None
        except AreaNotFound:
            point = None
        if point is None:
            self.add_error("place", _("这个地方没有边界数据，请在地图上选点"))
        return point

    def add_refusal(self, refusal: Invalid) -> None:
        """Show a refusal of the platform at the fields it names."""
        for name, message in refusal.fields.items():
            field = _FIELDS.get(name, name)
            self.add_error(field if field in self.fields else None, message)
        if not refusal.fields:
            self.add_error(None, refusal.message)

    def given(self, claims: list[str]) -> NewReport:
        """The report for ``cases.actions``; a matter chosen without words speaks for itself."""
        data = self.cleaned_data
        contact = Contact(name=data["name"], phone=data["phone"]) if data["name"] or data["phone"] else None
        return NewReport(
            text=self.words,
            lng=data["lng"],
            lat=data["lat"],
            address=data["address"],
            matter=data["matter"] or None,
            files=claims,
            contact=contact,
            about=self.about_unit.pk if self.about_unit else None,
            client_id=data["client_id"],
        )

    @property
    def words(self) -> str:
        text = str(self.cleaned_data["text"])
        return text or f"上报事项：{self.matter_chosen}"


class TrackForm(forms.Form):
    """The way back to a report: the code or link of the slip, and if wanted its number as a check."""

    code = forms.CharField(
        label=gettext_lazy("查询码或查询链接"),
        max_length=300,
        help_text=gettext_lazy("回执上的 24 位查询码，或者把保存的链接粘贴在这里"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}
        ),
        error_messages={"required": gettext_lazy("请填写查询码，或粘贴查询链接")},
    )
    number = forms.CharField(
        label=gettext_lazy("事件编号"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_code(self) -> str:
        plain = re.sub(r"\s", "", str(self.cleaned_data["code"])).lower()
        found = _SECRET.search(plain)
        if found is None:
            raise forms.ValidationError(_("查询码是 24 位数字和字母（a 到 f），请对照回执核对"))
        return found[0]

    def clean_number(self) -> str:
        number = numbers.normalise(str(self.cleaned_data["number"]))
        if number and not numbers.checks(number):
            raise forms.ValidationError(_("编号有误，请核对每一位数字"))
        return number


class AnswerForm(forms.Form):
    """Solved or not, and words if the reporter wants to add some."""

    solved = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
    reason = forms.CharField(
        label=gettext_lazy("想补充几句"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": gettext_lazy("最多 1000 字，请缩短一些")},
    )

    def clean_reason(self) -> str:
        """Colleagues and others who reported the same read these words, so numbers of people are covered."""
        return without_personal_numbers(str(self.cleaned_data["reason"]).strip())[0]


class SupplementForm(forms.Form):
    """Words that a reporter adds; photos may stand alone."""

    text = forms.CharField(
        label=gettext_lazy("补充说明"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("比如：又发生了一次、准确的位置、看到的时间。不用写姓名、电话。"),
        error_messages={"max_length": gettext_lazy("最多 2000 字，请缩短一些")},
    )
    client_id = ClientIdField()

    def __init__(self, *args: Any, claims: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.claims = claims or []

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).strip()
        if not text and not self.claims:
            raise forms.ValidationError(_("请写几句补充，或者添加照片"))
        return text
