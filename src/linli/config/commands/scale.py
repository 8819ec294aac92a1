"""``linli scale``: can the database be distributed by district, and distributing it."""

from __future__ import annotations

import argparse
import sys

from linli.config.commands import platform, say


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="操作")
    verbs.add_parser("check", help="列出分布前须解决的问题；没有则不输出 · what stands in the way")
    verbs.add_parser("distribute", help="在装有 Citus 的数据库上按区（市）县分布 · distribute it on Citus")


def run(options: argparse.Namespace) -> int:
    from linli.config.scale.check import problems
    from linli.config.scale.distribute import distribute
    from linli.config.scale.schema import read

    with platform():
        if options.verb == "distribute":
            distribute(say=say)
            return 0
        found = problems(read())
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0
