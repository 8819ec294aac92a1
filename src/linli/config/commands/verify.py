"""``linli verify``: recompute every chain of the journal and of the registers; name whatever was changed."""

from __future__ import annotations

import argparse
import os
import sys

from linli.config.commands import platform, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="不显示进度 · no progress")
    parser.add_argument(
        "--processes",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="同时核验的进程数（默认与处理器核数相同）· processes that share the work",
    )


def run(options: argparse.Namespace) -> int:
    with platform():
        from linli.kernel.journal.verify import verify
        from linli.kernel.units.entries import verify as verify_registers

        progress = None if options.quiet or not sys.stderr.isatty() else _show
        report = verify(progress, processes=options.processes)
        entries, faults = verify_registers()
    report.problems += faults
    say(f"已核验 {report.chains} 条留痕链、{report.entries} 条留痕、{report.roots} 个日根")
    say(f"已核验 {entries} 条登记变更")
    for problem in report.problems:
        print(f"  {problem}", file=sys.stderr)
    say("留痕完整" if report.sound else f"发现 {len(report.problems)} 处不符")
    return 0 if report.sound else 1


def _show(entries: int) -> None:
    print(f"\r已核验 {entries} 条……", end="", file=sys.stderr, flush=True)
