"""What stands in the desk's navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from linli.domains.cases import permissions as cases
from linli.domains.matters import permissions as matters
from linli.kernel.access import permissions as access
from linli.web.navigation import Item, register

register("desk", Item(_("事件办理"), "desk:worklist", "list", cases.VIEW, 10, "l"))
register("desk", Item(_("代录上报"), "desk:report", "add", cases.REPORT, 20, "r"))
register("desk", Item(_("消息"), "desk:notices", "bell", "", 30, "n"))
register("desk", Item(_("事项清单"), "desk:matters", "matter", matters.VIEW, 40, "m"))
register("desk", Item(_("清单外要求"), "desk:refusals", "shield", matters.REFUSALS, 50))
register("desk", Item(_("导入上报"), "desk:import", "upload", cases.IMPORT, 60))
register("desk", Item(_("工作日历"), "desk:calendar", "calendar", "", 70, "c"))
register("desk", Item(_("单位和账号"), "desk:unit-list", "people", access.VIEW_REGISTERS, 72, "u"))
register("desk", Item(_("区域和网格"), "desk:area-list", "area", access.VIEW_REGISTERS, 74, "g"))
register("desk", Item(_("流程参数"), "desk:parameters", "settings", "", 80))
register("desk", Item(_("我的"), "desk:mine", "person", "", 90, "i"))
