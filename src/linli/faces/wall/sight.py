"""What a viewer looks at: whose eyes, which area, which days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from linli.domains.cases import indicators
from linli.domains.cases import permissions as may
from linli.domains.cases.models import Case
from linli.kernel.access.actor import Actor
from linli.kernel.access.roles import Scope
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level, ancestors, is_code, level_of
from linli.kernel.areas.tree import Node
from linli.kernel.insight.declaration import Period
from linli.lib.errors import NotAllowed, NotFound

RECENT_DAYS = 30
"""The days that shares and trends look back on (示范)."""


class WallRefused(NotAllowed):
    """The wall tells of an area; this post does not look after one."""

    code = "wall_refused"
    title = "指挥屏按区域汇总，您的岗位没有查看本区域事件的权限"


class NotYourArea(NotFound):
    """An area outside the viewer's own, or none at all: which of the two is not said."""

    code = "not_your_area"
    title = "没有这个区域，或不在您负责的区域内"


@dataclass(frozen=True)
class Sight:
    """One viewer's look at one area: today, and the recent days."""

    actor: Actor
    area: str
    today: Period
    recent: Period

    @property
    def level(self) -> Level:
        return level_of(self.area)

    @property
    def name(self) -> str:
        return areas.name_of(self.area)

    @property
    def trail(self) -> list[str]:
        """The areas above this one that the viewer may look at, the highest first."""
        return [code for code in ancestors(self.area) if code.startswith(self.actor.area)]

    @cached_property
    def children(self) -> list[Node]:
        """The areas one level down, by code."""
        return areas.children(self.area)

    def hides(self, case: Case) -> bool:
        """Whether the case is counted, but not to be read by the viewer."""
        return case.sensitive and not self.actor.can(may.SENSITIVE)

    @cached_property
    def cases(self) -> indicators.Cases:
        return indicators.seen_by(self.actor, self.area)


def sight_of(actor: Actor, area: str = "") -> Sight:
    """The viewer's look at ``area``, by default at the whole of its own.

    Refuses ``WallRefused`` whom no role lets see an area's cases, ``NotYourArea`` what lies outside.
    """
    require_area(actor)
    code = area or actor.area
    if not is_code(code) or not code.startswith(actor.area):
        raise NotYourArea
    if not (areas.is_known(code) and areas.node(code).is_current) and not areas.subtree(code):
        raise NotYourArea
    return Sight(actor, code, Period.days(1), Period.days(RECENT_DAYS))


def require_area(actor: Actor) -> None:
    """Refuse whoever may not see the cases of an area."""
    if Scope.AREA not in actor.scopes(may.VIEW) or not actor.area:
        raise WallRefused
