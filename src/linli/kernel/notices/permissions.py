"""Abilities over notices as a whole. One's own notices need none."""

from __future__ import annotations

from linli.kernel.access.roles import ability

CONFIGURE = ability(
    "notices.configure", "设置免打扰时段", "修改全市免打扰时段，须注明依据；突发事件通知不受其限制"
)
