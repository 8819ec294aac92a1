"""What this room refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.utils.translation import gettext

from linli.lib.errors import Invalid, NotAllowed, NotFound, WrongState

SHOWN = 5


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one row or feature of a file (or with one edit).

    ``index`` counts from 0 (-1: the file as a whole); ``error`` is the stable code.
    """

    index: int
    code: str
    error: str
    message: str

    def __str__(self) -> str:
        place = gettext("第 %(n)d 项") % {"n": self.index + 1} if self.index >= 0 else gettext("文件")
        if self.code:
            place = gettext("%(place)s（%(code)s）") % {"place": place, "code": self.code}
        return gettext("%(place)s：%(message)s") % {"place": place, "message": gettext(self.message)}


class OutsideCity(Invalid):
    """A point that lies in no grid. ``nearest`` is the nearest grid's code, ``metres`` the distance."""

    code = "outside_city"
    title = "该位置不在本市网格范围内"


class LoadRefused(Invalid):
    """A file or an edit that was not taken, with every problem found. Nothing was written."""

    code = "load_refused"
    title = "数据有误，未作任何更改"

    def __init__(self, problems: Sequence[Problem], *, field: str = "file") -> None:
        self.problems = tuple(problems)
        shown = gettext("；").join(str(problem) for problem in self.problems[:SHOWN])
        if len(self.problems) > SHOWN:
            shown += gettext("……共 %(n)d 个问题") % {"n": len(self.problems)}
        message = gettext("%(title)s。%(shown)s") % {"title": gettext(self.title), "shown": shown}
        super().__init__(message, fields={field: message}, problems=[asdict(p) for p in self.problems])


class AreaNotFound(NotFound):
    code = "area_not_found"
    title = "没有这个区域"


class AreaRetired(WrongState):
    code = "area_retired"
    title = "该区域已停用"


class AreaHasChildren(WrongState):
    code = "area_has_children"
    title = "该区域仍有下级区域，请先处理下级区域"


class AreaOutOfReach(NotAllowed):
    code = "area_out_of_reach"
    title = "该区域不在您的岗位负责范围内"
