"""``linli unit``: units from the command line, for a set-up that has no administrator yet."""

from __future__ import annotations

import argparse

from linli.config.commands import platform, say

KINDS = ("government", "department", "centre", "committee", "mass", "enterprise", "social", "property")


def arguments(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="操作")
    create = deeds.add_parser("create", help="设立 · register a unit")
    create.add_argument("name", metavar="名称")
    create.add_argument("--kind", required=True, choices=KINDS, help="类别")
    create.add_argument("--area", required=True, metavar="代码", help="所在区域")
    create.add_argument("--short-name", default="", metavar="简称")
    create.add_argument("--parent", type=int, metavar="编号", help="上级单位（见 list）")
    create.add_argument("--function", action="append", default=[], metavar="职能", help="可多次给出，如 fire")
    listing = deeds.add_parser("list", help="列出 · list units in force")
    listing.add_argument("--area", default="", metavar="代码", help="只列此区域以下")


def run(options: argparse.Namespace) -> int:
    with platform():
        {"create": _create, "list": _list}[options.deed](options)
    return 0


def _create(options: argparse.Namespace) -> None:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units import registers
    from linli.kernel.units.actions import create_unit

    unit = create_unit(
        actor=SYSTEM,
        name=options.name,
        short_name=options.short_name,
        kind=options.kind,
        area=options.area,
        parent=registers.unit(SYSTEM, options.parent) if options.parent is not None else None,
        functions=options.function,
    )
    say(f"{unit.pk}\t{unit.name}")


def _list(options: argparse.Namespace) -> None:
    from linli.kernel.access.actor import SYSTEM
    from linli.kernel.units import registers

    found = registers.open_units(registers.units(SYSTEM)).filter(area__startswith=options.area)
    for unit in found.order_by("area", "id"):
        say(f"{unit.pk}\t{unit.area}\t{unit.get_kind_display()}\t{unit.name}\t{'、'.join(unit.functions)}")
