"""The lists in force, read from memory; the rule on what may be asked of whom.

Every intake and every dispatch asks the lists. They are small, change a few times a year, and are public,
so that each process holds all versions (``records.editions``). The rows handed out are shared: read them,
never change them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext

from linli.domains.matters.entries import COMMITTEE_KINDS, entry_of, normal
from linli.domains.matters.errors import MatterMistaken, MatterUnknown, NotAdmitted
from linli.domains.matters.kinds import FALLBACK, ListKind, Performer, Stage
from linli.domains.matters.models import (
    EDITION,
    Function,
    Matter,
    RefusedDemand,
    UrgencyWord,
)
from linli.domains.matters.negative import NegativeHit, hits, rule_of
from linli.domains.matters.permissions import REFUSALS
from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import rows
from linli.kernel.clocks.calendar import Limit, Measure
from linli.kernel.records.editions import Cached
from linli.kernel.units.models import Unit, UnitKind
from linli.lib.time import today

DAYS_HELD = 500
"""How many answers by day are kept: a year is asked day by day only where history is generated."""

RULE_GRID = "《条例》第二十一条"
RULE_COMMITTEE = "《条例》第二十四条"


# The lists in memory ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Lists:
    """All versions of all matters, and the registers beside them, as of one edition."""

    by_id: dict[int, Matter]
    functions: dict[str, str]
    urgency_words: dict[str, str]
    areas: tuple[str, ...]
    """areas that have lists"""
    _in_force: dict[tuple[tuple[str, ...], bool, dt.date], dict[str, Matter]] = field(default_factory=dict)

    def reaching(self, area: str | None) -> tuple[str, ...]:
        """The areas whose lists hold in ``area``; all of them where none is given."""
        return tuple(one for one in self.areas if area is None or area.startswith(one))

    def in_force(self, area: str | None, on: dt.date) -> dict[str, Matter]:
        """Matters in force on a day, by code: the lists of ``area`` and of the areas above it.

        Where two levels list the same code the nearer one holds. Without an area: all lists, the
        highest level first.
        """
        key = (self.reaching(area), area is None, on)
        known = self._in_force.get(key)
        if known is None:
            valid = [m for m in self.by_id.values() if m.area in key[0] and _valid(m, on)]
            # later entries win in a dict: the nearer list, or without an area the higher one
            valid.sort(key=lambda matter: len(matter.area), reverse=area is None)
            known = dict(sorted({matter.code: matter for matter in valid}.items()))
            if len(self._in_force) >= DAYS_HELD:
                self._in_force.clear()
            self._in_force[key] = known
        return known


def _valid(matter: Matter, on: dt.date) -> bool:
    return matter.valid_from <= on and (matter.valid_to is None or on < matter.valid_to)


def _read() -> Lists:
    matters = Matter.objects.select_related("list").prefetch_related("limits")
    by_id = {matter.pk: matter for matter in matters}
    return Lists(
        by_id=by_id,
        functions=dict(Function.objects.values_list("code", "name")),
        urgency_words=dict(UrgencyWord.objects.values_list("word", "urgency")),
        areas=tuple(sorted({matter.area for matter in by_id.values()})),
    )


lists = Cached(EDITION, _read)
"""The lists as this process holds them, at most a second behind what was published."""


# Reading the lists -----------------------------------------------------------------------------------------


def current(kind: str | None = None, on: dt.date | None = None, *, area: str | None = None) -> list[Matter]:
    """Active matters in force on a day (today), of one kind or all, ordered by code."""
    found = lists().in_force(area, on or today()).values()
    return [matter for matter in found if matter.active and kind in (None, matter.list.kind)]


def by_code(code: str, on: dt.date | None = None, *, area: str | None = None) -> Matter:
    """The version of ``code`` in force on a day (today). Raises ``MatterUnknown``."""
    matter = lists().in_force(area, on or today()).get(code)
    if matter is None:
        raise MatterUnknown(gettext("清单中没有事项 %(code)s") % {"code": code}, field="matter", matter=code)
    return matter


def chosen(code: str, *, area: str, on: dt.date | None = None) -> Matter:
    """The version in force of the matter that somebody gave for a case. Refuses with ``MatterMistaken``."""
    try:
        return by_code(code, on, area=area)
    except MatterUnknown as unknown:
        raise MatterMistaken(fields={"matter": unknown.message}, matter=code) from None


def by_id(pk: int) -> Matter:
    """A version by its id, in force or not: what a case was opened under. Raises ``MatterUnknown``."""
    matter = lists().by_id.get(pk)
    if matter is None:
        raise MatterUnknown(field="matter", matter=pk)
    return matter


def versions_of(code: str, *, area: str) -> list[Matter]:
    """Every version of ``code`` in the lists of exactly this area, newest first."""
    found = [m for m in lists().by_id.values() if m.code == code and m.area == area]
    return sorted(found, key=lambda matter: matter.version, reverse=True)


def offered_to_public(*, area: str | None = None) -> list[Matter]:
    """What residents choose from at the portal."""
    return [matter for matter in current(area=area) if matter.public]


def search(text: str, *, area: str | None = None, kind: str | None = None) -> list[Matter]:
    """Matters in force whose code, name, category or keywords contain every word of ``text``."""
    wanted = [normal(word) for word in text.split()]
    return [m for m in current(kind, area=area) if all(word in _searchable(m) for word in wanted)]


def _searchable(matter: Matter) -> str:
    return "\n".join([normal(f"{matter.code} {matter.name} {matter.category}"), *matter.keywords])


def function_name(code: str) -> str:
    """The Chinese name of a function; the code itself where it is not in the register."""
    return lists().functions.get(code, code)


@dataclass
class Category:
    """A node of the category tree: its own matters and the categories below it."""

    name: str
    path: str
    matters: list[Matter] = field(default_factory=list)
    children: list[Category] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Matters here and below."""
        return len(self.matters) + sum(child.count for child in self.children)


def category_tree(matters: Iterable[Matter]) -> list[Category]:
    """Matters by category path, in the order in which they come. A matter's last level is its own name
    or its kind of thing; it hangs on the level above."""
    top = Category("", "")
    nodes: dict[str, Category] = {"": top}
    for matter in matters:
        node = top
        parts = matter.category.split("/")
        for depth in range(1, max(2, len(parts))):
            path = "/".join(parts[:depth])
            if path not in nodes:
                nodes[path] = Category(parts[depth - 1], path)
                node.children.append(nodes[path])
            node = nodes[path]
        node.matters.append(matter)
    return top.children


@dataclass(frozen=True)
class StageLimit:
    """How long a stage may take, as a clock takes it, and for which urgency the list says so."""

    limit: Limit
    cumulative: bool
    urgency: str
    """A calmer one where the list sets none for the urgency asked."""


def limits_of(matter: Matter, urgency: str) -> dict[str, StageLimit]:
    """The limit of each stage at an urgency, in the order of the stages. Where the list sets none for
    it, the next calmer one holds; a stage without any limit is absent."""
    # asked several times a move; a version never changes, so what follows from it is kept on the row
    known: dict[str, dict[str, StageLimit]] = matter.__dict__.setdefault("_limits_by_urgency", {})
    if urgency not in known:
        known[urgency] = _read_limits(matter, urgency)
    return known[urgency]


def _read_limits(matter: Matter, urgency: str) -> dict[str, StageLimit]:
    by_key = {(limit.stage, limit.urgency): limit for limit in matter.limits.all()}
    found: dict[str, StageLimit] = {}
    for stage in Stage.values:
        held = (by_key.get((stage, nearest)) for nearest in FALLBACK[urgency])
        limit = next(filter(None, held), None)
        if limit is not None:
            time_limit = Limit(limit.amount, Measure(limit.measure), limit.source)
            found[stage] = StageLimit(time_limit, limit.cumulative, limit.urgency)
    return found


# What may be asked of whom ---------------------------------------------------------------------------------


def check_dispatch(
    matter: Matter | None,
    *,
    unit: Unit | UnitKind,
    performer: Performer | None = None,
    area: str | None = None,
    on: dt.date | None = None,
) -> None:
    """Refuse to ask a grid worker or a committee for what is not on their list.

    ``matter`` is the version that the case was opened under, or ``None`` for a demand in free words.
    ``performer`` says who in the unit is to do it; a committee is a committee whatever is said. What
    counts is the list in force on the day of asking. Raises ``NotAdmitted`` with the rule and the list.
    """
    kind = unit.kind if isinstance(unit, Unit) else unit
    if performer == Performer.GRID_WORKER:
        _check_grid_worker(matter, area, on or today())
    elif performer == Performer.COMMITTEE or kind == UnitKind.COMMITTEE:
        _check_committee(matter, area, on or today())


def is_admitted(
    matter: Matter | None, *, performer: Performer, area: str | None = None, on: dt.date | None = None
) -> bool:
    """Whether ``check_dispatch`` would let this pass: for buttons, not for deeds."""
    kind = UnitKind.COMMITTEE if performer == Performer.COMMITTEE else UnitKind.DEPARTMENT
    try:
        check_dispatch(matter, unit=kind, performer=performer, area=area, on=on)
    except NotAdmitted:
        return False
    return True


def _check_grid_worker(matter: Matter | None, area: str | None, on: dt.date) -> None:
    now = _now_in_force(matter, area, on)
    if now is None or now.list.kind != ListKind.GRID or Performer.GRID_WORKER not in now.performers:
        raise _not_admitted(
            matter, Performer.GRID_WORKER, RULE_GRID, [ListKind.GRID], "不得交网格员协办或者代办"
        )


def _check_committee(matter: Matter | None, area: str | None, on: dt.date) -> None:
    now = _now_in_force(matter, area, on)
    if now is None or Performer.COMMITTEE not in now.performers or not _committee_basis(now, area, on):
        raise _not_admitted(
            matter,
            Performer.COMMITTEE,
            RULE_COMMITTEE,
            [ListKind.AUTONOMOUS, ListKind.ASSIST],
            "不得要求居（村）民委员会承担",
        )


def _committee_basis(matter: Matter, area: str | None, on: dt.date) -> list[Matter]:
    """The matters of the committee lists, in force, under which a committee takes part."""
    if matter.list.kind in COMMITTEE_KINDS:
        return [matter]
    in_force = lists().in_force(area, on)
    named = (in_force.get(code) for code in matter.committee_matters)
    return [m for m in named if m is not None and m.active and m.list.kind in COMMITTEE_KINDS]


def _now_in_force(matter: Matter | None, area: str | None, on: dt.date) -> Matter | None:
    """The version in force of a matter that a case may have been opened under long ago."""
    if matter is None:
        return None
    now = lists().in_force(area or matter.area, on).get(matter.code)
    return now if now is not None and now.active else None


def _not_admitted(
    matter: Matter | None, performer: Performer, rule: str, kinds: list[ListKind], what: str
) -> NotAdmitted:
    told = {
        "name": gettext("“%(name)s”") % {"name": matter.name} if matter is not None else gettext("所提要求"),
        "lists": gettext("、").join(gettext("“%(name)s”") % {"name": gettext(str(k.label))} for k in kinds),
        "what": gettext(what),
        "rule": gettext(rule),
    }
    return NotAdmitted(
        gettext("%(name)s不在%(lists)s之内，%(what)s（%(rule)s）") % told,
        rule=rule,
        list=[kind.value for kind in kinds],
        performer=performer.value,
        matter=matter.code if matter is not None else None,
    )


def refused_demands(actor: Actor) -> list[RefusedDemand]:
    """Demands outside the lists that the actor may see, newest first. Refuses NotAllowed."""
    actor.require(REFUSALS)
    found = rows(actor, REFUSALS, RefusedDemand.objects.select_related("sender", "target", "matter"))
    return list(found.order_by("-at", "-pk"))


# The negative list -----------------------------------------------------------------------------------------


def negative_words(text: str, *, area: str | None = None) -> list[NegativeHit]:
    """Words of ``text`` that the negative list in force names; to be asked before anything is published."""
    return hits(text, [rule_of(entry_of(matter)) for matter in current(ListKind.NEGATIVE, area=area)])
