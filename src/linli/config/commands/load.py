"""``linli load``: reference data and reports out of files. Each kind is read by the room it belongs to."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

from linli.config.commands import platform, say
from linli.lib.coordinates import Datum
from linli.lib.errors import Invalid


def arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="种类")
    made = {kind: kinds.add_parser(kind, help=text, description=text) for kind, (_, text) in KINDS.items()}
    for one in made.values():
        one.add_argument("path", type=Path, metavar="文件", help="文件或目录")
    for kind in ("divisions", "grids"):
        made[kind].add_argument(
            "--on", type=dt.date.fromisoformat, metavar="日期", help="自何日起有效（默认今天）"
        )
        made[kind].add_argument("--source", default="", metavar="来源", help="来源说明（默认为文件名）")
    made["divisions"].add_argument("--prefix", default="", metavar="代码", help="只导入此代码以下，例如 5101")
    made["grids"].add_argument(
        "--crs", choices=list(Datum), type=Datum, help="坐标系（默认看文件，否则 wgs84）"
    )
    made["matters"].add_argument("--area", required=True, metavar="代码", help="清单适用的区域，含其下级")
    made["reports"].add_argument(
        "--keep-good", action="store_true", help="有错误行时仍导入其余各行 · keep the good rows"
    )


def run(options: argparse.Namespace) -> int:
    if not options.path.exists():
        raise Invalid(fields={"path": f"文件不存在：{options.path}"})
    load, _ = KINDS[options.kind]
    with platform():
        return load(options)


def _divisions(options: argparse.Namespace) -> int:
    from linli.kernel.areas.loading import load_divisions

    done = load_divisions(options.path, prefix=options.prefix, on=options.on, source=options.source)
    say(f"区域：新增 {done.created}，变更 {done.changed}，未变 {done.unchanged}，略过 {done.skipped}")
    return 0


def _grids(options: argparse.Namespace) -> int:
    from linli.kernel.areas.loading import load_grids

    done = load_grids(options.path, crs=options.crs, on=options.on, source=options.source)
    say(f"网格：新增 {done.created}，变更 {done.changed}，未变 {done.unchanged}")
    for gap in done.warnings:
        say(f"  提示：{gap}")
    return 0


def _calendar(options: argparse.Namespace) -> int:
    from linli.kernel.clocks.loading import load_calendar

    say(str(load_calendar(options.path)))
    return 0


def _matters(options: argparse.Namespace) -> int:
    from linli.domains.matters.loading import load_matters

    say(str(load_matters(options.path, area=options.area)))
    return 0


def _accounts(options: argparse.Namespace) -> int:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units.loading import load_staff

    done = load_staff(options.path.read_bytes(), actor=SYSTEM)
    for account, secret in done.made:
        say(f"{account.username}\t{secret}\t{account.name}")
    say(f"账号：新建 {len(done.made)}，已有 {done.known}；岗位：任命 {done.posts}")
    return 0


def _reports(options: argparse.Namespace) -> int:
    from linli.domains.cases.loading import load_reports
    from linli.kernel.access.actor import SYSTEM

    loaded = load_reports(options.path, actor=SYSTEM, keep_good=options.keep_good, is_alone=True)
    say(str(loaded))
    return 1 if loaded.errors else 0


KINDS: Mapping[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "divisions": (_divisions, "行政区划（CSV 或 china-division 的 JSON）· administrative divisions"),
    "grids": (_grids, "网格（GeoJSON）· grids"),
    "calendar": (_calendar, "节假日安排（JSON）· the official calendar of a year"),
    "matters": (_matters, "事项清单（CSV 或目录）· lists of matters"),
    "accounts": (_accounts, "账号和岗位（CSV、XLSX）· accounts and posts"),
    "reports": (_reports, "上报（CSV、XLSX）· reports, e.g. of the hotline"),
}
