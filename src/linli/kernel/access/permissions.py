"""Abilities over rooms that stand below this one and so cannot declare any."""

from __future__ import annotations

from linli.kernel.access.roles import ability

EDIT_AREAS = ability("areas.edit", "调整区域和网格", "新建、改名、拆分、合并、撤销区域，改划边界，均留版本")
SEE_STYLE = ability("web.style", "查看界面样式", "打开界面样式总览页")
