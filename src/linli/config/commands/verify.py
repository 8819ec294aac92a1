"""``linli verify``: recompute every chain of the journal and of the registers; name whatever was changed."""

from __future__ import annotations

import argparse
import sys

from linli.config.commands import platform, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="不显示进度 · no progress")


def run(options: argparse.Namespace) -> int:
    with platform():
        from linli.kernel.journal.verify import verify
        from linli.kernel.units.entries import verify as verify_registers

        report = verify(None if options.quiet or not sys.stderr.isatty() else _show)
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
