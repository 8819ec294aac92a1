"""The command line's grammar: ``--data`` anywhere, and what is not understood said in Chinese and English."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

FAULTS: tuple[tuple[str, str], ...] = (
    (r"unrecognized arguments: (.*)", "无法识别的参数：{0}"),
    (r"the following arguments are required: (.*)", "缺少参数：{0}"),
    (r"one of the arguments (.*) is required", "以下参数须有其一：{0}"),
    (r"argument (.*?): expected (?:one|at least one|at most one|\d+) arguments?", "{0} 后面的值数目不对"),
    (r"argument (.*?): invalid choice: (.*?) \((?:choose|maybe).*", "{0} 不能是 {1}"),
    (r"argument (.*?): invalid \S+ value: (.*)", "{0} 的值无效：{1}"),
    (r"argument (.*?): not allowed with argument (.*)", "{0} 不能与 {1} 同用"),
    (r"argument (.*?): ignored explicit argument (.*)", "{0} 不带值，却给了 {1}"),
    (r"ambiguous option: (.*?) could match (.*)", "{0} 可能指 {1}，请写全"),
)
"""What argparse says, and the same in Chinese. What is not listed is shown as argparse says it."""


class _Help(argparse.HelpFormatter):
    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Any, prefix: str | None = None
    ) -> None:
        # a sub-command's name is made from the usage with an empty prefix
        super().add_usage(usage, actions, groups, "用法 · usage: " if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """A command's parser; those of its sub-commands are of the same kind, so ``--data`` goes after any."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, add_help=False, **options)
        self.add_argument("-h", "--help", action="help", help="显示帮助 · show this help")
        # suppressed, since a sub-command's default would replace what its command was given
        self.add_argument(
            "--data",
            metavar="目录",
            default=argparse.SUPPRESS,
            help="数据目录（LINLI_DATA_DIR）· data directory",
        )

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}：{in_both_languages(message)}\n")


def in_both_languages(message: str) -> str:
    """A fault that argparse found: in Chinese, with its own words in brackets."""
    for pattern, chinese in FAULTS:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return f"{chinese.format(*found.groups())}（{message}）"
    return f"参数有误（{message}）"
