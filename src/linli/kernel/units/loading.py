"""Accounts and posts from a spreadsheet. A file is taken whole or not at all, with every problem by row.

One file serves both steps, as duties are kept apart: who keeps accounts takes the accounts in, then who
grants posts takes the posts in. Only the command line does both at once.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from linli.kernel.units import actions
from linli.kernel.units.checks import Clerk, reaches
from linli.kernel.units.entries import Change, changing
from linli.kernel.units.models import Account, Unit
from linli.kernel.units.queries import book
from linli.kernel.units.terms import roles
from linli.lib import sheets
from linli.lib.errors import Invalid, Refusal
from linli.lib.sheets import RowError, Sheet

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "username": ("用户名", "账号", "登录名", "username"),  # not shown
    "name": ("姓名", "name"),
    "unit": ("单位", "所属单位", "任职单位", "unit"),
    "role": ("角色", "role"),
    "area": ("区域代码", "负责区域", "area"),
    "title": ("岗位名称", "岗位", "title"),
    "valid_from": ("任职起", "valid_from"),
    "valid_to": ("任职止", "valid_to"),
}
FOR_ACCOUNTS = ("username", "name", "unit")
FOR_POSTS = ("username", "unit", "role")
MOST = 5_000
SHOWN = 50


class StaffFaulty(Invalid):
    """Nothing was taken in; ``problems`` names every row."""

    code = "staff_faulty"
    title = "文件有误，未导入任何账号和岗位"

    def __init__(self, problems: list[RowError]) -> None:
        self.problems = tuple(problems)
        shown = "\n".join(str(one) for one in problems[:SHOWN])
        more = "\n" + gettext("……共 %(n)d 处") % {"n": len(problems)} if len(problems) > SHOWN else ""
        super().__init__(
            f"{self.title}：\n{shown}{more}",
            fields={f"{one.row}.{one.field}": one.message for one in problems[:200]},
        )


@dataclass
class Staffed:
    """What became of a file."""

    made: list[tuple[Account, str]] = field(default_factory=list)
    """New accounts with their one-time passwords, which are told this once."""
    known: int = 0
    """Rows of accounts that there were already."""
    posts: int = 0


def load_accounts(data: bytes, *, actor: Clerk) -> Staffed:
    """Make the accounts of a file. A user name that the same unit has already is passed over."""
    return _load(sheets.read(data, headings=HEADINGS, required=FOR_ACCOUNTS, most=MOST), actor, posts=False)


def load_posts(data: bytes, *, actor: Clerk) -> Staffed:
    """Give the posts of a file to accounts that there are already."""
    return _load(sheets.read(data, headings=HEADINGS, required=FOR_POSTS, most=MOST), actor, accounts=False)


def load_staff(data: bytes, *, actor: Clerk) -> Staffed:
    """Make the accounts of a file, and give their posts where it has roles."""
    sheet = sheets.read(data, headings=HEADINGS, required=FOR_ACCOUNTS, most=MOST)
    return _load(sheet, actor, posts="role" in sheet.fields)


def _load(sheet: Sheet, actor: Clerk, *, accounts: bool = True, posts: bool = True) -> Staffed:
    loaded, problems = Staffed(), list[RowError]()
    units, headings = _units_by_name(actor), sheets.named(sheet, HEADINGS)
    with changing(actor) as change:
        for number, row in sheet.rows:
            try:
                unit = _unit(units, sheets.text(row.get("unit")))
                if accounts:
                    _take_account(change, actor, row, unit, loaded)
                if posts:
                    _take_post(change, actor, row, unit)
                    loaded.posts += 1
            except Refusal as refusal:
                problems += sheets.errors_of(number, refusal, headings)
        if problems:
            raise StaffFaulty(problems)
    return loaded


def _take_account(change: Change, actor: Clerk, row: Mapping[str, Any], unit: Unit, loaded: Staffed) -> None:
    username, name = sheets.text(row.get("username")), sheets.text(row.get("name"))
    known = Account.objects.filter(username=username).first()
    if known is None:
        loaded.made.append(actions.plan_account(change, actor=actor, username=username, name=name, unit=unit))
    elif known.name != name:
        told = {"name": username, "whose": known.name or gettext("他人")}
        raise Invalid(fields={"username": gettext("用户名 %(name)s 已属于 %(whose)s") % told})
    else:
        loaded.known += 1


def _take_post(change: Change, actor: Clerk, row: Mapping[str, Any], unit: Unit) -> None:
    username = sheets.text(row.get("username"))
    account = Account.objects.filter(username=username).first()
    if account is None:
        said = gettext("没有用户名为 %(name)s 的账号，请先由系统管理员建立") % {"name": username}
        raise Invalid(fields={"username": said})
    actions.plan_post(
        change,
        actor=actor,
        account=account,
        unit=unit,
        role=_role(sheets.text(row.get("role"))),
        area=sheets.text(row.get("area")) or unit.area,
        title=sheets.text(row.get("title")),
        valid_from=_date(row, "valid_from"),
        valid_to=_date(row, "valid_to"),
    )


def _units_by_name(actor: Clerk) -> Mapping[str, list[Unit]]:
    """The actor's units in force by their full and short names."""
    found: dict[str, list[Unit]] = defaultdict(list)
    for unit in book().by_id.values():
        if reaches(actor, unit.area):
            for name in {unit.name, unit.short_name} - {""}:
                found[name].append(unit)
    return found


def _unit(units: Mapping[str, list[Unit]], name: str) -> Unit:
    found = units.get(name, [])
    if not found:
        raise Invalid(fields={"unit": gettext("您的区域内没有单位“%(name)s”") % {"name": name}})
    if len(found) > 1:
        said = gettext("有 %(n)d 个单位叫“%(name)s”，请用全称") % {"n": len(found), "name": name}
        raise Invalid(fields={"unit": said})
    return found[0]


def _role(name: str) -> str:
    """A role by its Chinese name or its code; what is unknown is left for the action to refuse."""
    return next((code for code, terms in roles().items() if name in (terms.title, code)), name)


def _date(row: Mapping[str, Any], name: str) -> dt.date | None:
    try:
        return sheets.date(row.get(name))
    except ValueError:
        raise Invalid(fields={name: "日期应写作 2026-01-31"}) from None
