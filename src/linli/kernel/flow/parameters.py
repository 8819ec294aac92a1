"""The value of a parameter at a place: set for the nearest area above it, else the declared default."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from linli.kernel.access.actor import Actor
from linli.kernel.flow.declaration import Flow
from linli.kernel.flow.models import Setting
from linli.kernel.flow.permissions import SET_PARAMETERS
from linli.kernel.records.editions import Cached, raise_edition
from linli.lib.errors import Invalid, NotAllowed, NotFound

_PREFIXES = (18, 15, 12, 9, 6, 4, 0)


def _load() -> dict[tuple[str, str, str], Any]:
    newest = Setting.objects.order_by("flow", "name", "area", "-set_at").distinct("flow", "name", "area")
    return {(s.flow, s.name, s.area): s.value for s in newest}


_settings = Cached("flow.settings", _load)


def value(flow: Flow[Any], name: str, area: str = "") -> Any:
    """What holds for ``name`` in ``area``."""
    known = _settings()
    if known:
        for length in _PREFIXES:
            if length <= len(area):
                found = known.get((flow.family, name, area[:length]))
                if found is not None:
                    return found
    return flow.parameters[name].default


def set_value(
    actor: Actor, *, flow: Flow[Any], name: str, value: Any, source: str, area: str = ""
) -> Setting:
    """Set a parameter for an area from now on; earlier values stay on record.

    Refuses NotAllowed beyond the actor's own area, NotFound, Invalid.
    """
    actor.require(SET_PARAMETERS)
    if not actor.system and not area.startswith(actor.area or "-"):
        raise NotAllowed("只能设定本区域的流程参数")
    parameter = flow.parameters.get(name)
    if parameter is None:
        raise NotFound(gettext("流程参数 %(name)s 不存在") % {"name": name})
    if type(value) is not type(parameter.default) or (parameter.choices and value not in parameter.choices):
        said = gettext("「%(title)s」的取值不正确") % {"title": gettext(parameter.title)}
        raise Invalid(fields={name: said})
    if not source.strip():
        raise Invalid(fields={"source": "请填写依据"})
    with transaction.atomic():
        made = Setting.objects.create(
            flow=flow.family, name=name, area=area, value=value, source=source.strip(), post=actor.post
        )
        raise_edition("flow.settings")
    return made
