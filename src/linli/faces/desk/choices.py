"""What a picker offers: units, matters, areas, cases; the likely ones first, each with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from django.utils.translation import gettext as _

from linli.domains.cases import stages
from linli.domains.cases.models import Case
from linli.domains.cases.queries import Likeness, nearby
from linli.domains.matters import queries as matters
from linli.domains.matters.entries import TIMED
from linli.domains.matters.models import EDITION, Matter
from linli.domains.matters.suggestion import Suggestion, suggest
from linli.kernel.access.actor import Actor
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import WIDTHS, is_code
from linli.kernel.areas.tree import Held
from linli.kernel.clocks.calendar import Measure
from linli.kernel.records.editions import Cached
from linli.kernel.units.models import Unit, UnitKind
from linli.kernel.units.queries import book
from linli.lib.time import today

MOST_FOUND = 30


@dataclass(frozen=True)
class Option:
    """One thing to choose. ``note`` is said beside it: why it is offered, or where it stands."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    options: Sequence[Option]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Value and label of each option."""
        return [(option.value, option.label) for option in self.options]


@dataclass(frozen=True)
class Setting:
    """What a form is about: the place, the words and the matter of the case, or of several at once."""

    actor: Actor
    area: str
    texts: tuple[str, ...] = ()
    matter: Matter | None = None
    case: Case | None = None
    seen: list[Suggestion] = field(default_factory=list)

    @classmethod
    def of(cls, actor: Actor, case: Case, matter_code: str = "") -> Setting:
        """For one case (parts loaded); ``matter_code`` is what the form says now, if it says another."""
        matter = matters.by_id(case.matter_id) if case.matter_id else None
        if matter_code and (matter is None or matter.code != matter_code):
            matter = matters.lists().in_force(case.area, case.opened_on).get(matter_code, matter)
        texts = tuple(report.text for report in case.report_list)
        return cls(actor, case.area, texts, matter, case)

    @classmethod
    def of_many(cls, actor: Actor, cases: Sequence[Case]) -> Setting:
        """For several cases: what they have in common."""
        area = _shared(case.area for case in cases)
        width = max((w for w in WIDTHS.values() if w <= len(area)), default=0)
        ids = {case.matter_id for case in cases}
        known = next(iter(ids)) if len(ids) == 1 else None
        return cls(actor, area[:width], (), matters.by_id(known) if known else None)


def _shared(codes: Iterable[str]) -> str:
    """The digits with which all the codes begin."""
    return "".join(digits[0] for digits in takewhile(lambda d: len(set(d)) == 1, zip(*codes, strict=False)))


def unit_option(unit: Unit, note: str = "") -> Option:
    return Option(str(unit.pk), str(unit), note or areas.name_of(unit.area))


def responsible(setting: Setting) -> tuple[list[Option], list[Option]]:
    """The units that the matter's functions point to at the place: who leads, who assists."""
    matter = setting.matter
    if matter is None or not setting.area:
        return [], []
    lead = _carrying([matter.lead_function], setting.area)
    taken = {option.value for option in lead}
    assist = [one for one in _carrying(matter.assist_functions, setting.area) if one.value not in taken]
    return lead, assist


def _carrying(functions: Iterable[str], area: str) -> list[Option]:
    found = {}
    for function in functions:
        unit = book().responsible(function, area) if function else None
        if unit is not None and unit.pk not in found:
            found[unit.pk] = unit_option(
                unit, _("承担「%(name)s」职能") % {"name": matters.function_name(function)}
            )
    return list(found.values())


def units_near(setting: Setting) -> list[Group]:
    """Every unit that stands at the place or above it, the nearest first, by level."""
    found = [u for u in book().by_id.values() if setting.area.startswith(u.area)]
    found.sort(key=lambda unit: (-len(unit.area), unit.kind != UnitKind.CENTRE, unit.pk))
    names = areas.names_of({unit.area for unit in found})
    groups: dict[str, list[Option]] = {}
    for unit in found:
        groups.setdefault(unit.area, []).append(unit_option(unit, names[unit.area]))
    return [Group(names[area], options) for area, options in groups.items()]


def units_found(text: str, area: str = "") -> list[Option]:
    """Units in force whose name holds every word, those nearest to ``area`` first."""
    words = text.split()
    found = [u for u in book().by_id.values() if all(w in u.name or w in u.short_name for w in words)]
    found.sort(key=lambda unit: (-len(_shared((unit.area, area))), len(unit.area), unit.pk))
    shown = found[:MOST_FOUND]
    paths = areas.paths_of({unit.area for unit in shown})
    return [unit_option(unit, paths[unit.area]) for unit in shown]


def centres_below(setting: Setting) -> list[Option]:
    """The governance centres between the acting one and the place."""
    near = [u for u in book().by_id.values() if u.kind == UnitKind.CENTRE and setting.area.startswith(u.area)]
    near.sort(key=lambda unit: -len(unit.area))
    return [unit_option(unit) for unit in near if unit.pk != setting.actor.unit]


def participants(setting: Setting) -> list[Option]:
    """The units that take part in the case, the lead first."""
    case = setting.case
    if case is None:
        return []
    order = sorted(case.units, key=lambda pk: (pk != case.lead_id, pk != case.holder_id, pk))
    known = [unit for pk in order if (unit := book().unit(pk)) is not None]
    return [
        unit_option(unit, _("主办单位") if unit.pk == case.lead_id else _("参与单位"))
        for unit in known
        if unit.pk != setting.actor.unit
    ]


def suggested_matters(text: str, area: str) -> list[Option]:
    """What the words point to, each with its reason."""
    found = suggest(text, area=area or None) if text.strip() else []
    return [Option(one.matter.code, one.matter.name, one.reason) for one in found]


def matters_by_category(area: str) -> list[Group]:
    """The matters in force that become cases, by the first level of their category."""
    known, key = _matters_by_category(), (matters.lists().reaching(area or None), today())
    if key not in known:
        known[key] = _by_category(area)
    return list(known[key])


def _by_category(area: str) -> list[Group]:
    groups: dict[str, list[Option]] = {}
    for matter in matters.current(area=area or None):
        if matter.list.kind in TIMED:
            head = matter.category.split("/")[0]
            groups.setdefault(head, []).append(Option(matter.code, matter.name, matter.category))
    return [Group(title, options) for title, options in groups.items()]


_matters_by_category: Cached[dict[tuple[tuple[str, ...], dt.date], list[Group]]] = Cached(EDITION, dict)
"""By the lists that reach a place, and the day."""


def matter_groups(setting: Setting) -> list[Group]:
    """The suggestions on the words of the reports, then all matters."""
    likely = suggested_matters("\n".join(setting.texts), setting.area)
    return [Group(_("按内容推荐"), likely), *matters_by_category(setting.area)]


def areas_below(area: str) -> list[Group]:
    """The areas under ``area`` (its township, seen from a grid), by community."""
    top = area[:9] if len(area) > 9 else area
    if not is_code(top):
        return []
    nodes = areas.subtree(top)
    names = areas.paths_of([node.code for node in nodes], below=top)
    return [Group(_("所属区域"), [Option(node.code, node.name, names[node.code]) for node in nodes])]


def likely_duplicates(setting: Setting) -> list[Likeness]:
    """Open cases that may be the same problem, of those that the actor may see."""
    case = setting.case
    if case is None:
        return []
    matter = matters.by_id(case.matter_id) if case.matter_id else None
    text = setting.texts[0] if setting.texts else case.title
    return nearby(
        case.lng,
        case.lat,
        text=text,
        matter=matter,
        area=case.area,
        except_for=case.pk,
        actor=setting.actor,
    )


def measures(setting: Setting) -> list[Option]:
    """What more time can be counted in: as the time for handling is, which comes first, or nearly so."""
    own = stages.measure_of_handling(setting.case) if setting.case is not None else Measure.WORK_DAYS
    alike = [own, *(one for one in Measure if one is not own and one.is_working == own.is_working)]
    return [Option(one.value, _(one.label)) for one in alike]


def areas_from(area: str) -> list[Group]:
    """The areas two levels down from ``area``, for narrowing a list; by the level between."""
    known = _areas_from.get()
    if area not in known:
        known[area] = _by_child(area)
    return list(known[area])


def _by_child(area: str) -> list[Group]:
    groups = []
    for child in areas.children(area) if is_code(area) else areas.cities():
        below = [Option(one.code, f"　{one.name}") for one in areas.children(child.code)]
        groups.append(Group(child.name, [Option(child.code, child.name), *below]))
    return groups


_areas_from: Held[dict[str, list[Group]]] = Held(dict)
