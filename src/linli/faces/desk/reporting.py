"""The form in which staff take a report down for somebody, or report what they found themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from linli.domains.cases.actions import NewReport, SolvedOnTheSpot
from linli.domains.cases.contacts import Contact
from linli.domains.cases.models import Channel
from linli.domains.cases.permissions import SOLVE
from linli.faces.desk import choices
from linli.faces.desk.forms import client_id
from linli.kernel.access.actor import Actor
from linli.kernel.clocks.models import Urgency
from linli.kernel.units.queries import book

TAKEN_DOWN = (Channel.DESK, Channel.HOTLINE, Channel.DEPARTMENT, Channel.PATROL)
FIELD_OF = {"location": "lng", "lng": "lng", "lat": "lat", "contact": "phone", "file": "text"}
"""Where what the action finds wrong is shown, where its name is not the form's."""


class ReportForm(forms.Form):
    """One report. Only what is wrong with the form itself is found here; the action judges the rest."""

    channel = forms.ChoiceField(label=_("来源"), choices=[(c.value, _(str(c.label))) for c in TAKEN_DOWN])
    source_number = forms.CharField(label=_("来源编号"), max_length=40, required=False)
    text = forms.CharField(
        label=_("问题描述"),
        min_length=4,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("什么地方、什么问题；不写他人姓名、电话"),
        error_messages={"required": _("请写明什么地方、什么问题"), "min_length": _("请至少写 4 个字")},
    )
    lng = forms.FloatField(
        label=_("经度"),
        min_value=70,
        max_value=140,
        error_messages={"required": _("请在地图上选点"), "invalid": _("经度应为数字")},
    )
    lat = forms.FloatField(
        label=_("纬度"),
        min_value=0,
        max_value=60,
        error_messages={"required": _("请在地图上选点"), "invalid": _("纬度应为数字")},
    )
    address = forms.CharField(label=_("详细地址"), max_length=120, required=False)
    matter = forms.CharField(label=_("事项"), max_length=30, required=False)
    urgency = forms.ChoiceField(
        label=_("紧急程度"),
        choices=[("", _("按事项默认")), *((u.value, _(str(u.label))) for u in Urgency)],
        required=False,
    )
    name = forms.CharField(label=_("称呼"), max_length=30, required=False)
    phone = forms.CharField(label=_("电话"), max_length=20, required=False)
    about = forms.IntegerField(label=_("被反映单位"), required=False)
    is_solved = forms.BooleanField(label=_("已当场解决（发现即处置）"), required=False)
    statement = forms.CharField(
        label=_("处置情况"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, actor: Actor, data: QueryDict | None = None) -> None:
        first = Channel.PATROL if actor.role == "grid_worker" else Channel.DESK
        super().__init__(data, initial={"channel": first.value}, label_suffix="")
        self.may_solve = actor.can(SOLVE)
        """Whoever works in a community or a grid can have solved it there and then."""
        if not self.may_solve:
            del self.fields["is_solved"], self.fields["statement"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("is_solved") and len(given.get("statement", "").strip()) < 2:
            self.add_error("statement", _("请写明怎样解决的"))
        if given.get("is_solved") and not given.get("matter"):
            self.add_error("matter", _("当场解决的也要认定事项"))
        return given

    @property
    def is_solved_now(self) -> bool:
        return bool(self.cleaned_data.get("is_solved"))

    def given(self, claims: list[str]) -> NewReport:
        """What the action is given. Call only when valid."""
        data = self.cleaned_data
        contact = Contact(name=data["name"], phone=data["phone"]) if data["name"] or data["phone"] else None
        values: dict[str, Any] = {
            "text": data["text"],
            "lng": data["lng"],
            "lat": data["lat"],
            "address": data["address"],
            "matter": data["matter"] or None,
            "urgency": data["urgency"] or None,
            "files": claims,
            "contact": contact,
            "about": data["about"],
            "source_number": data["source_number"],
            "client_id": client_id(self.data),
        }
        if self.is_solved_now:
            return SolvedOnTheSpot(**values, statement=data["statement"])
        return NewReport(**values)

    def blame(self, fields: dict[str, str], message: str) -> None:
        """Put what the action refused beside the fields."""
        for name, told in fields.items():
            field = FIELD_OF.get(name, name)
            self.add_error(field if field in self.fields else None, told)
        if not fields:
            self.add_error(None, message)

    @property
    def about_options(self) -> list[choices.Option]:
        """The unit complained about, when one has been chosen: others are looked up."""
        text = str(self["about"].value() or "")
        unit = book().unit(int(text)) if text.isascii() and text.isdigit() else None
        return [choices.unit_option(unit)] if unit else []
