"""Abilities over other people's ways to sign in."""

from __future__ import annotations

from linli.kernel.access.roles import ability

RESET_FACTORS = ability(
    "factors.reset",
    "重置第二因素",
    "本人丢失设备时清除其第二因素；重置密码归系统管理员，所以任何一名管理员都不能独自进入他人账号",
)
