"""``docs/guide/roles.md``: roles and abilities. ``python -m linli.config.abilities`` writes it."""

from __future__ import annotations

import sys

from linli.config.documents import Document, main, table
from linli.config.flows import scopes_of
from linli.kernel.access.roles import ABILITIES, ROLES, Role

LEVELS = {
    "city": "市",
    "district": "区（市）县",
    "township": "乡镇（街道）",
    "community": "社区（村）",
    "grid": "网格",
}
INTRODUCTION = """\
# 角色与权限

人通过**岗位**办事：一个岗位 = 账号 × 单位 × 角色 × 区域 × 起止日期。角色是一组权限；每项权限都有范围：

- **本辖区**：岗位所在区域及其下级发生的；
- **本单位参与的**：本单位主办、协办或被督办的，不论发生在哪里；
- **本辖区、由本单位决定的**：本辖区内、当前停在本单位的；
- **本人上报的**：凭查询链接打开的那一件。

没有授予的一律不可见、不可办。列表、统计、导出、地图、搜索、详情和每一次流转用的是同一个过滤条件。"""


def render() -> str:
    """The page. Needs the roles to be declared."""
    from linli.config import roles  # noqa: F401 - declares them

    return "\n\n".join([INTRODUCTION, "## 角色", *map(_role, ROLES.values()), "## 全部权限", _abilities()])


def _role(role: Role) -> str:
    said = [f"设在{LEVELS[role.level]}一级。"] if role.level else []
    if role.excludes:
        others = "、".join(sorted(ROLES[code].title for code in role.excludes))
        said.append(f"同一账号不得兼任：{others}。")
    grants = table(
        ["权限", "范围", "允许做什么"],
        [
            [ABILITIES[code].title, scopes_of(role, code), ABILITIES[code].allows]
            for code in ABILITIES
            if code in role.grants
        ],
    )
    return "\n\n".join(filter(None, [f"### {role.title} `{role.code}`", "".join(said), grants]))


def _abilities() -> str:
    return table(
        ["权限", "标识", "允许做什么", "哪些角色有"],
        [
            [one.title, f"`{one.code}`", one.allows, "、".join(_holders(one.code)) or "（暂无角色）"]
            for one in sorted(ABILITIES.values(), key=lambda ability: ability.code)
        ],
    )


def _holders(ability: str) -> list[str]:
    return [role.title for role in ROLES.values() if ability in role.grants]


DOCUMENT = Document("guide/roles.md", render, "python -m linli.config.abilities")

if __name__ == "__main__":
    sys.exit(main(lambda: [DOCUMENT]))
