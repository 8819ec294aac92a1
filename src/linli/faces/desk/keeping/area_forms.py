"""The forms in which the tree of areas is edited, each from a day on and with its basis."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from linli.faces.desk.keeping.forms import Day, RegisterForm
from linli.kernel.access.actor import Actor
from linli.kernel.areas import actions
from linli.kernel.areas.actions import Part
from linli.kernel.areas.errors import LoadRefused
from linli.kernel.areas.levels import parent_of
from linli.kernel.areas.loading import NAME_LENGTH, read_parts
from linli.kernel.areas.models import GRID_LEVELS, GridKind
from linli.kernel.areas.tree import Node
from linli.lib.coordinates import Datum
from linli.lib.errors import Invalid, Refusal
from linli.lib.time import today

Text = str | Promise
DATUMS: list[tuple[str, Text]] = [
    ("", _("以文件所写为准，未写则 WGS84")),
    (Datum.WGS84.value, "WGS84"),
    (Datum.CGCS2000.value, "CGCS2000"),
    (Datum.GCJ02.value, "GCJ-02"),
    (Datum.BD09.value, "BD-09"),
]
SOURCE_LENGTH = 120
FIELD_OF = {"boundary": "file", "parts": "file", "area": "code"}
"""Where what the action finds wrong is shown, where its name is not the form's."""


class AreaForm(RegisterForm):
    """What every edit asks besides: from when, on which basis."""

    title: ClassVar[Text]
    lead: ClassVar[Text] = ""
    icon: ClassVar[str] = "edit"
    question: ClassVar[Text] = ""
    """Asked before the edit is made, where it cannot be taken back by another."""

    on = forms.DateField(
        label=_("生效日期"),
        widget=Day(),
        help_text=_("不能晚于今天；此前的记录仍按当时的名称和边界讲述"),
    )
    source = forms.CharField(
        label=_("依据"),
        max_length=SOURCE_LENGTH,
        help_text=_("文件名称和文号"),
        error_messages={"required": _("请填写依据")},
    )

    def __init__(
        self,
        node: Node,
        beside: Sequence[Node],
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, Any] | None = None,
    ) -> None:
        initial = {"on": today(), "name": node.name, "code": node.code, "kind": node.kind}
        super().__init__(data, initial=initial)
        if files is not None:
            self.files = files
        self.node = node
        self.problems: Sequence[object] = ()
        """What is wrong with an uploaded file, by feature."""
        self.warnings: Sequence[object] = ()
        """What an edit leaves behind that is worth knowing: gaps."""
        for name in ("codes", "successors"):
            if name in self.fields:
                self.fields[name].choices = [(one.code, f"{one.name}（{one.code}）") for one in beside]  # type: ignore[attr-defined]
        self.order_fields([name for name in self.fields if name not in ("on", "source")])

    def blame(self, refusal: Refusal) -> None:
        if isinstance(refusal, LoadRefused):
            self.problems = refusal.problems
            self.add_error("file" if "file" in self.fields else None, refusal.title)
        elif isinstance(refusal, Invalid):
            fields = {FIELD_OF.get(name, name): told for name, told in refusal.fields.items()}
            super().blame(Invalid(refusal.message, fields=fields))
        else:
            super().blame(refusal)

    @property
    def about(self) -> dict[str, Any]:
        """When and why. Call only when valid."""
        return {"on": self.cleaned_data["on"], "source": self.cleaned_data["source"]}

    @abc.abstractmethod
    def do(self, actor: Actor) -> str:
        """Make the edit; returns the code of the area to look at afterwards."""


class RenameForm(AreaForm):
    title = _("改名")
    name = forms.CharField(label=_("新名称"), max_length=NAME_LENGTH)

    def do(self, actor: Actor) -> str:
        actions.rename(actor=actor, code=self.node.code, name=self.cleaned_data["name"], **self.about)
        return self.node.code


class FileForm(AreaForm):
    """An edit that takes boundaries from a GeoJSON file."""

    file = forms.FileField(
        label=_("GeoJSON 文件"),
        widget=forms.FileInput(attrs={"accept": ".geojson,.json"}),
        error_messages={"required": _("请选择文件")},
    )
    crs = forms.ChoiceField(label=_("坐标系"), choices=DATUMS, required=False)

    @property
    def content(self) -> bytes:
        content: bytes = self.cleaned_data["file"].read()
        return content

    @property
    def datum(self) -> Datum | None:
        chosen = self.cleaned_data["crs"]
        return Datum(chosen) if chosen else None


class BoundaryForm(FileForm):
    title = _("更换边界")
    lead = _(
        "文件可含本区域和下级区域的一个或多个要素，属性写 code、name（已有区域可不写）、kind；"
        "新代码会新建下级区域。"
    )
    icon = "map"

    def do(self, actor: Actor) -> str:
        loaded = actions.load(
            actor=actor, code=self.node.code, file=self.content, crs=self.datum, **self.about
        )
        self.warnings = loaded.warnings
        return self.node.code


class SplitForm(FileForm):
    title = _("拆分")
    lead = _("文件含拆成的各区域，属性写 code、name、kind；合起来须与原边界一致，其中一个可沿用原代码。")
    icon = "split"
    question = _("拆分后原区域停用，由各新区域承接；停用的代码不再使用。确定拆分？")

    def do(self, actor: Actor) -> str:
        parts, datum = read_parts(self.content, crs=self.datum)
        made = actions.split(
            actor=actor,
            code=self.node.code,
            parts=[Part(**part) for part in parts],
            crs=datum,
            **self.about,
        )
        return parent_of(made[0].code)


class MergeForm(AreaForm):
    title = _("合并")
    lead = _("与同一上级的其他区域合并，边界取并集。")
    icon = "merge"
    question = _("合并后各原区域停用，由合并后的区域承接；停用的代码不再使用。确定合并？")

    codes = forms.MultipleChoiceField(
        label=_("与哪些区域合并"),
        widget=forms.SelectMultiple(attrs={"data-picker": True}),
        error_messages={"required": _("请选择至少一个区域")},
    )
    name = forms.CharField(label=_("合并后名称"), max_length=NAME_LENGTH)
    code = forms.CharField(
        label=_("合并后代码"), max_length=18, help_text=_("沿用其中一个的代码，或写一个新代码")
    )

    def do(self, actor: Actor) -> str:
        into = Part(self.cleaned_data["code"], self.cleaned_data["name"], self.node.kind)
        codes = [self.node.code, *self.cleaned_data["codes"]]
        return actions.merge(actor=actor, codes=codes, into=into, **self.about).code


class RetireForm(AreaForm):
    title = _("撤销")
    lead = _("须没有下级区域。写明由谁承接，以前的记录和统计才能按现行区域讲述。")
    icon = "close"
    question = _("撤销后该代码不再使用，不能恢复。确定撤销？")

    successors = forms.MultipleChoiceField(
        label=_("由哪些区域承接"), required=False, widget=forms.SelectMultiple(attrs={"data-picker": True})
    )

    def do(self, actor: Actor) -> str:
        successors = self.cleaned_data["successors"]
        actions.retire(actor=actor, code=self.node.code, successors=successors, **self.about)
        return self.node.code


class CreateForm(AreaForm):
    title = _("新建下级")
    lead = _("边界随后用“更换边界”上传；也可以直接上传含新代码的文件一步完成。")
    icon = "add"

    code = forms.CharField(label=_("区域代码"), max_length=18, help_text=_("以本区域代码开头，每级固定位数"))
    name = forms.CharField(label=_("名称"), max_length=NAME_LENGTH)
    kind = forms.ChoiceField(
        label=_("网格类型"),
        choices=[("", _("不是网格")), *GridKind.choices],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = self.initial["kind"] = ""

    def do(self, actor: Actor) -> str:
        code = self.cleaned_data["code"]
        if not code.startswith(self.node.code) or code == self.node.code:
            raise Invalid(
                fields={"code": _now("新代码须以本区域代码 %(code)s 开头") % {"code": self.node.code}}
            )
        part = Part(code, self.cleaned_data["name"], self.cleaned_data["kind"])
        return actions.create(actor=actor, part=part, **self.about).code


FORMS: Mapping[str, type[AreaForm]] = {
    "rename": RenameForm,
    "boundary": BoundaryForm,
    "create": CreateForm,
    "split": SplitForm,
    "merge": MergeForm,
    "retire": RetireForm,
}
"""The edits by the word in the address, in the order in which they are offered."""


def offered(node: Node, *, has_children: bool) -> list[str]:
    """The edits that make sense for an area: only leaves are split, merged or retired."""
    if not node.is_current:
        return []
    names = ["rename", "boundary"]
    if node.level != GRID_LEVELS[-1]:
        names.append("create")
    return names if has_children else [*names, "split", "merge", "retire"]
