"""A form for any move, made from what the move is given: labels, widgets, values kept, errors by field.

The declaration is the one source. A field's ``widget`` says how it is asked; a new kind of question needs
a reader in ``READERS`` and a template ``desk/fields/<widget>.html``.
"""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from annotated_types import Ge, Le, MaxLen
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from pydantic.fields import FieldInfo

from linli.domains.cases.given import Part
from linli.faces.desk import choices
from linli.faces.desk.choices import Group, Option, Setting
from linli.kernel.access.actor import Actor
from linli.kernel.files import actions as files
from linli.kernel.files import queries as claims
from linli.kernel.flow.declaration import Move
from linli.kernel.flow.perform import parse
from linli.lib.errors import Conflict, Invalid, Refusal

MOST_PARTS = 5
REFRESH = "refresh"
"""In the data of a form that is made anew because another matter was chosen; what was left out then is
offered again."""

UPLOADS = "upload"
"""The file input of every form; what it brings becomes claims under the field's own name."""

AMONG_PARTICIPANTS = {("supervise", "unit")}
"""Questions for a unit that must take part in the case already."""


@dataclass
class Field:
    """One question of a form, ready to be shown."""

    name: str
    label: str
    widget: str
    is_required: bool
    value: str = ""
    values: list[str] = field(default_factory=list)
    error: str = ""
    groups: Sequence[Group] = ()
    likely: Sequence[Option] = ()
    """Offered at one click, beside the picker."""
    most: int | None = None
    """The longest text, the largest number, or the most entries."""
    least: int | None = None
    parts: list[dict[str, str]] = field(default_factory=list)
    search: str = ""
    """Kind of thing that the picker looks up as somebody types: ``units``, or nothing."""

    @property
    def template(self) -> str:
        return f"desk/fields/{self.widget}.html"

    @property
    def element(self) -> str:
        return f"field-{self.name.replace('.', '-')}"


@dataclass
class MoveForm:
    """The form of one move on one case, or on several."""

    move: Move
    fields: list[Field]
    problems: list[str] = field(default_factory=list)
    """What is wrong with the whole."""
    overtaken: str = ""
    """After a conflict: the state in which the case is now."""
    client_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def wrong(self) -> list[Field]:
        return [one for one in self.fields if one.error]

    @property
    def takes_files(self) -> bool:
        return any(one.widget == "files" for one in self.fields)

    def blame(self, refusal: Refusal) -> None:
        """Put a refusal where it belongs: beside its fields, or above the form."""
        if isinstance(refusal, Conflict):
            self.overtaken = _(str(refusal.details.get("state_title", "")))
        told = refusal.fields if isinstance(refusal, Invalid) else refusal.details.get("fields", {})
        by_name = {one.name: one for one in self.fields}
        for name, message in told.items():
            wrong = by_name.get(name.split(".")[0])
            if wrong is None:
                self.problems.append(message)
            elif not wrong.error:
                wrong.error = message
        if not told:
            self.problems.append(str(refusal.message))


# Reading ---------------------------------------------------------------------------------------------------

Reader = Callable[[QueryDict, str], Any]


def _one(data: QueryDict, name: str) -> Any:
    return data.get(name, "").strip() or None


def _text(data: QueryDict, name: str) -> Any:
    return data.get(name, "").strip()


def _many(data: QueryDict, name: str) -> Any:
    return list(dict.fromkeys(value for value in data.getlist(name) if value.strip())) or None


def _flag(data: QueryDict, name: str) -> Any:
    return data.get(name) in {"on", "true", "1"}


def _parts(data: QueryDict, name: str) -> Any:
    found = (
        {"text": _text(data, f"{name}-{n}-text"), "matter": _one(data, f"{name}-{n}-matter")}
        for n in range(MOST_PARTS)
    )
    return [{k: v for k, v in part.items() if v} for part in found if part["text"]]


READERS: dict[str, Reader] = {
    "text": _text,
    "line": _text,
    "case": _text,
    "unit": _one,
    "centre": _one,
    "number": _one,
    "matter": _one,
    "area": _one,
    "choice": _one,
    "measure": _one,
    "units": _many,
    "files": _many,
    "flag": _flag,
    "parts": _parts,
}


def widget_of(info: FieldInfo) -> str:
    extra = info.json_schema_extra
    return str(extra.get("widget", "line")) if isinstance(extra, dict) else "line"


def _asked(move: Move) -> Iterable[tuple[str, FieldInfo, str]]:
    for name, info in move.given.model_fields.items():
        widget = widget_of(info)
        if widget in READERS:
            yield name, info, widget


def read(move: Move, data: QueryDict) -> dict[str, Any]:
    """What a submitted form says; what was left empty is left out, so that the declared default holds."""
    values = {name: READERS[widget](data, name) for name, _info, widget in _asked(move)}
    return {name: value for name, value in values.items() if value is not None and value != ""}


def take_uploads(request: HttpRequest, actor: Actor, field_name: str = "files") -> dict[str, str]:
    """Receive the uploaded files and add their claims to the form's data, so that an error in another
    field does not lose them. Returns what is wrong, by field."""
    uploads: list[UploadedFile[Any]] = list(request.FILES.getlist(UPLOADS))
    received, wrong = [], {}
    for upload in uploads:
        try:
            received.append(claims.claim_of(files.receive(actor, content=upload, name=upload.name or "")))
        except Invalid as refusal:
            told = {"name": upload.name, "wrong": refusal.message}
            wrong[field_name] = _("%(name)s：%(wrong)s") % told
    data = request.POST.copy()
    data.setlist(field_name, [*data.getlist(field_name), *received])
    request.POST = data  # type: ignore[assignment]  # a mutable copy with the claims added
    return wrong


# Showing ---------------------------------------------------------------------------------------------------


def build(move: Move, setting: Setting, data: QueryDict | None = None) -> MoveForm:
    """The form of ``move``; with ``data`` it shows what was entered."""
    return MoveForm(move, [_field(move, n, i, w, setting, data) for n, i, w in _asked(move)])


def _field(
    move: Move, name: str, info: FieldInfo, widget: str, setting: Setting, data: QueryDict | None
) -> Field:
    made = Field(name, _(info.title or name), widget, info.is_required())
    made.most = _limit(info, MaxLen, Le)
    made.least = _limit(info, Ge)
    _offer(made, move, info, setting)
    if data is not None:
        made.value = data.get(name, made.value if REFRESH in data else "")
        made.values = data.getlist(name)
        made.parts = _parts_shown(name, data) if widget == "parts" else []
    elif not made.value and info.default is not None and not info.is_required():
        made.value = "" if info.default_factory else _plain(info.default)
    if widget == "parts" and not made.parts:
        made.parts = [{"text": "", "matter": ""}, {"text": "", "matter": ""}]
    return made


def _offer(made: Field, move: Move, info: FieldInfo, setting: Setting) -> None:
    """What can be chosen, and what is chosen for a start."""
    if made.widget == "choice":
        made.groups = [Group("", [Option(value, _(label)) for value, label in _choices_of(info.annotation)])]
    elif made.widget == "measure":
        made.groups = [Group("", choices.measures(setting))]
        made.value = made.groups[0].options[0].value
    elif made.widget in ("matter", "parts"):
        made.groups = choices.matter_groups(setting)
        made.value = setting.matter.code if setting.matter and made.widget == "matter" else ""
    elif made.widget == "area":
        made.groups = choices.areas_below(setting.area)
        made.value = setting.area
    elif made.widget == "centre":
        made.groups = [Group(_("综治中心"), choices.centres_below(setting))]
    elif (move.name, made.name) in AMONG_PARTICIPANTS:
        made.groups = [Group(_("参与单位"), choices.participants(setting))]
        made.value = next((option.value for group in made.groups for option in group.options), "")
    elif made.widget in ("unit", "units"):
        _offer_units(made, setting)
    elif made.widget == "case":
        found = choices.likely_duplicates(setting)
        made.likely = [
            Option(one.case.number, one.case.title, _("相距 %(m)d 米") % {"m": one.metres}) for one in found
        ]


def _offer_units(made: Field, setting: Setting) -> None:
    made.search = "units"
    lead, assist = choices.responsible(setting)
    made.likely = assist if made.widget == "units" else lead
    made.groups = [Group(_("按事项推荐"), [*lead, *assist]), *choices.units_near(setting)]
    if made.name == "lead" and lead:
        made.value = lead[0].value


def _limit(info: FieldInfo, *kinds: type[Any]) -> int | None:
    """A limit among the field's constraints (also those of its annotated type)."""
    for one in info.metadata:
        if isinstance(one, kinds):
            value = getattr(one, "max_length", None) or getattr(one, "le", None) or getattr(one, "ge", None)
            return int(value) if value is not None else None
    return None


def _choices_of(annotation: Any) -> list[tuple[str, str]]:
    """Value and label of an enumeration, of a literal of its members, or of either or nothing."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return [(str(one.value), str(getattr(one, "label", one.value))) for one in annotation]
    found: list[tuple[str, str]] = []
    for one in typing.get_args(annotation):
        if isinstance(one, enum.Enum):
            found.append((str(one.value), str(getattr(one, "label", one.value))))
        elif one is not type(None):
            found += _choices_of(one)
    return found


def _plain(value: Any) -> str:
    return str(value.value) if isinstance(value, enum.Enum) else ("" if value is False else str(value))


def _parts_shown(name: str, data: QueryDict) -> list[dict[str, str]]:
    shown = [{key: data.get(f"{name}-{n}-{key}", "") for key in Part.model_fields} for n in range(MOST_PARTS)]
    used = max((n for n, part in enumerate(shown) if any(part.values())), default=0)
    return shown[: min(used + 2, MOST_PARTS)]


def check(move: Move, data: QueryDict) -> None:
    """Refuse a form that is wrong in itself, before many cases are each judged by it."""
    parse(move, read(move, data))


def client_id(data: Mapping[str, Any]) -> UUID | None:
    """The id under which this form was shown: sent twice, it moves once."""
    try:
        return UUID(data.get("client_id", ""))
    except ValueError:
        return None
