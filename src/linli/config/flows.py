"""``docs/flow.md``: every flow as it is declared. ``python -m linli.config.flows`` writes it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from linli.config.documents import Document, main, table
from linli.kernel.access.roles import ABILITIES, ROLES, Role
from linli.kernel.flow.declaration import Flow, Guard, Move

SCOPES = {"area": "本辖区", "unit": "本单位参与的", "held": "本辖区、由本单位决定的", "own": "本人上报的"}
INTRODUCTION = """\
# 流程 · Flows

每个流程只声明一次：状态、流转、谁可以办、要填什么、什么情况下不能办。页面上的按钮、接口的流转、
数据库对状态的约束、测试的随机行走和本页，都出自同一份声明。各地可定的部分列在“参数”里，按区域设定，留有依据。

States, moves, who may make them and what each is given, as declared in code. The texts under each move are
the declaration's own."""


def _flows() -> list[tuple[str, Flow[Any]]]:
    from linli.domains.cases.flow import flow as cases

    return [("事件", cases)]


def render() -> str:
    """The page. Needs the roles to be declared."""
    from linli.config import roles  # noqa: F401 - declares who may do what

    return "\n\n".join([INTRODUCTION, *(_flow(title, flow) for title, flow in _flows())])


def _flow(title: str, flow: Flow[Any]) -> str:
    states = table(
        ["状态", "标识", "说明"],
        [[str(label), f"`{value}`", _kind(flow, value)] for value, label in flow.states.choices],
    )
    parameters = table(
        ["参数", "标识", "默认值", "依据"],
        [[p.title, f"`{p.name}`", str(p.default), p.source] for p in flow.parameters.values()],
    )
    moves = [_move(flow, move) for move in flow.moves.values()]
    parts = [
        f"## {title}（`{flow.family}`）",
        f"```mermaid\n{flow.mermaid()}```",
        f"### 状态\n\n{states}",
        f"### 参数\n\n{parameters}",
        "### 流转",
        *moves,
    ]
    return "\n\n".join(parts)


def _kind(flow: Flow[Any], state: str) -> str:
    if state in flow.initial:
        return "起始"
    return "终结" if state in flow.final else ""


def _move(flow: Flow[Any], move: Move) -> str:
    label = dict(flow.states.choices)
    start = "、".join(str(label[value]) for value in flow.states.values if value in move.start)
    to = "、".join(str(label[value]) for value in move.to) or "（不变）"
    facts = [
        f"- 从 **{start}** 到 **{to}**",
        f"- 权限 `{move.ability}`（{ABILITIES[move.ability].title}）：{'；'.join(_who(move.ability))}",
    ]
    if move.when:
        facts.append(f"- 条件：{'、'.join(_guard(guard) for guard in move.when)}")
    signs = [
        sign
        for holds, sign in (
            (move.public, "上报人可见"),
            (move.bulk, "可批量"),
            (move.commutes, "不受他人同时办理影响"),
        )
        if holds
    ]
    if signs:
        facts.append(f"- {'，'.join(signs)}")
    fields = [_field(name, field) for name, field in move.given.model_fields.items()]
    given = table(["填写", "字段", "必填"], fields) if fields else "不需填写。"
    return "\n\n".join([f"#### {move.title} `{move.name}`", move.describes, "\n".join(facts), given])


def _who(ability: str) -> Iterator[str]:
    for role in ROLES.values():
        if ability in role.grants:
            yield f"{role.title}（{scopes_of(role, ability)}）"


def scopes_of(role: Role, ability: str) -> str:
    """Over which rows ``role`` holds ``ability``, in words."""
    return "、".join(SCOPES[scope] for scope in SCOPES if scope in {s.value for s in role.grants[ability]})


def _guard(guard: Guard) -> str:
    return f"`{getattr(guard, '__name__', '')}`"


def _field(name: str, field: FieldInfo) -> list[str]:
    return [field.title or name, f"`{name}`", "是" if field.is_required() else ""]


DOCUMENT = Document("flow.md", render, "python -m linli.config.flows")

if __name__ == "__main__":
    sys.exit(main(lambda: [DOCUMENT]))
