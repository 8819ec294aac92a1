"""Abilities over the vault itself. Who may read for a purpose is said by the purpose."""

from __future__ import annotations

from linli.kernel.access.roles import ability

CORRECT = ability("vault.correct", "更正个人信息", "按本人申请或核实结果更正已登记的个人信息，全程留痕")
ERASE = ability("vault.erase", "删除个人信息", "按本人申请或法定事由提前删除个人信息，全程留痕")
AUDIT = ability("vault.audit", "查阅个人信息使用记录", "查看谁在何时因何目的查看过个人信息，不含个人信息本身")
