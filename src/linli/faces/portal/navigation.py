"""What stands in the portal's navigation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from linli.web.navigation import Item, register

register("portal", Item(_("首页"), "portal:home", "home", order=10))
register("portal", Item(_("上报"), "portal:report", "report", order=20))
register("portal", Item(_("查询"), "portal:track", "search", order=30))
register("portal", Item(_("公开数据"), "portal:figures", "chart", order=40))
register("portal", Item(_("帮助"), "portal:help", "help", order=50))
