"""``linli migrate``: the database's schema, brought up to date."""

from __future__ import annotations

import argparse

from linli.config import environment as env
from linli.config.commands import platform, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="只检查，有未执行的迁移时返回 1 · only look")


def run(options: argparse.Namespace) -> int:
    from linli.config.migrations import migrate, pending
    from linli.config.privileges import set_privileges

    with platform():
        if options.check:
            waiting = pending()
            for name in waiting:
                say(name)
            return 1 if waiting else 0
        done = migrate(say=say)
        set_privileges(env.text("APP_ROLE"))
        say(f"已执行 {done} 项迁移" if done else "数据库结构已是最新")
    return 0
