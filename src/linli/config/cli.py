"""The ``linli`` command line: finds the command, tells it where the data is, renders what it refuses.

Each command is a module of ``linli.config.commands`` with ``arguments(parser)`` and ``run(options)``.
Everything else a command needs it reads from ``LINLI_*`` variables (see ``linli.config.environment``).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module

from linli.config.arguments import Parser
from linli.config.failures import FAILURES, DatabaseUnusable, why_unusable
from linli.lib.errors import Invalid, Refusal

COMMANDS: Mapping[str, str] = {
    "demo": "启动演示城市：数据库、网站、后台任务 · run the demo city",
    "serve": "运行网站 · serve the web",
    "work": "运行后台任务与定时任务 · run background and periodic jobs",
    "migrate": "建立或更新数据库结构 · bring the database's schema up to date",
    "load": "导入区划、网格、日历、事项、上报 · load reference data and reports",
    "verify": "核验留痕链 · verify the journal's chains",
    "doctor": "检查安装并说明如何修复 · check a set-up and say what to mend",
    "scale": "检查能否按区（市）县分布，并在 Citus 上分布 · spread the database over several nodes",
    "dbshell": "打开数据库命令行 · open psql on the database",
    "bench": "性能测量 · measure speed",
    "unit": "设立、列出单位 · register and list units",
    "account": "建立首批管理员、重置密码 · first administrators, reset a password",
    "token": "签发、列出、撤销接口令牌 · issue, list and revoke API tokens",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 refused, 2 not understood, 3 no usable database,
    130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(given)
    except Refusal as refusal:
        return _say_why(refusal)
    except FAILURES as failure:
        unusable = why_unusable(failure)
        if unusable is None:
            raise
        return _say_why(unusable)
    except KeyboardInterrupt:
        return 130


def _run(given: list[str]) -> int:
    options = _parse(given)
    if "data" in options:
        os.environ["LINLI_DATA_DIR"] = options.data
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    command = import_module(f"linli.config.commands.{options.command}")
    return int(command.run(options))


def _say_why(refusal: Refusal) -> int:
    """Tell what was refused; returns the exit code."""
    for line in _lines(refusal):
        print(line, file=sys.stderr)
    return 3 if isinstance(refusal, DatabaseUnusable) else 1


def _parse(given: list[str]) -> argparse.Namespace:
    parser = Parser(prog="linli", description="邻里：基层智慧治理平台")
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")
    named = next((word for word in given if word in COMMANDS), None)
    for name, help_text in COMMANDS.items():
        one = commands.add_parser(name, help=help_text, description=help_text)
        if name == named:  # only the command that is asked for is imported
            import_module(f"linli.config.commands.{name}").arguments(one)
    return parser.parse_args(given)


def _lines(refusal: Refusal) -> Iterator[str]:
    """A refusal as a person reads it: what was refused, then every problem, each on a line of its own."""
    problems = getattr(refusal, "problems", ()) or (
        refusal.fields.values() if isinstance(refusal, Invalid) else ()
    )
    if not problems:
        yield f"{refusal.message} [{refusal.code}]"
        return
    yield f"{refusal.title} [{refusal.code}]"
    for problem in problems:
        yield f"  {problem}"


if __name__ == "__main__":
    sys.exit(main())
