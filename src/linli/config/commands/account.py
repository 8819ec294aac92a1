"""``linli account``: the first administrators of a set-up, and a way back in for one who is locked out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from linli.config.commands import platform, say

if TYPE_CHECKING:
    from linli.kernel.units.models import Account

ADMINISTRATORS = {
    "system": ("system_admin", "系统管理员：建立账号和单位"),
    "security": ("security_admin", "安全管理员：任命岗位"),
    "audit": ("audit_admin", "审计管理员：查看变更和留痕"),
}
"""Option → role. Three people: no account can hold two of the roles."""


def arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="操作")
    first = deeds.add_parser("administrators", help="建立三名管理员 · make the three administrators")
    first.add_argument("--unit", type=int, required=True, metavar="编号", help="所属单位（linli unit list）")
    for name, (_, about) in ADMINISTRATORS.items():
        first.add_argument(f"--{name}", nargs=2, required=True, metavar=("用户名", "姓名"), help=about)
    reset = deeds.add_parser("reset", help="重置密码 · give an account a one-time password")
    reset.add_argument("username", metavar="用户名")
    clear = deeds.add_parser("factors", help="清除第二因素 · clear the second factors of an account")
    clear.add_argument("username", metavar="用户名")
    clear.add_argument("--reason", required=True, metavar="事由", help="写入登记变更")
    listing = deeds.add_parser("list", help="列出账号和在任岗位 · list accounts with their posts")
    listing.add_argument("--words", default="", metavar="关键词", help="姓名或用户名")


def run(options: argparse.Namespace) -> int:
    with platform():
        deeds = {"administrators": _administrators, "reset": _reset, "factors": _factors, "list": _list}
        deeds[options.deed](options)
    return 0


def _administrators(options: argparse.Namespace) -> None:
    """All three or none."""
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units import actions, registers
    from linli.kernel.units.entries import changing

    unit = registers.unit(SYSTEM, options.unit)
    told = []
    with changing(SYSTEM) as change:
        for option, (role, about) in ADMINISTRATORS.items():
            username, name = getattr(options, option)
            account, secret = actions.plan_account(
                change, actor=SYSTEM, username=username, name=name, unit=unit
            )
            actions.plan_post(change, actor=SYSTEM, account=account, unit=unit, role=role, area=unit.area)
            told.append(f"{username}\t{secret}\t{about}")
    for line in told:
        say(line)
    _say_once()


def _reset(options: argparse.Namespace) -> None:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units import actions

    account = _account(options.username)
    say(f"{account.username}\t{actions.reset_password(actor=SYSTEM, account=account)}")
    _say_once()


def _factors(options: argparse.Namespace) -> None:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.identity import actions

    account = _account(options.username)
    actions.reset_factors(actor=SYSTEM, account=account, reason=options.reason)
    say(f"{account.username} 的第二因素和恢复码已清除，已在各处退出登录")


def _account(username: str) -> Account:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units import registers
    from linli.lib.errors import NotFound

    account = registers.accounts(SYSTEM).filter(username=username).first()
    if account is None:
        raise NotFound(f"没有用户名为 {username} 的账号")
    return account


def _list(options: argparse.Namespace) -> None:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units import registers

    found = registers.named(registers.accounts(SYSTEM), options.words, "name", "username")
    accounts = list(found.order_by("username"))
    posts = registers.posts_by_account(account.pk for account in accounts)
    for account in accounts:
        state = "启用" if account.is_active else "停用"
        held = "；".join(f"{post.unit} {post.role} {post.area}" for post in posts.get(account.pk, []))
        say(f"{account.username}\t{account.name}\t{state}\t{held}")


def _say_once() -> None:
    say("以上一次性密码只显示这一次，72 小时内有效，首次登录后必须修改")
