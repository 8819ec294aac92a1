"""What a row of each register shows. Names of areas come from memory, posts of a page in one query.

``plain`` columns are for spreadsheets: words where the page shows marks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from linli.domains.matters.queries import function_name
from linli.faces.desk.entrance import label_of
from linli.kernel.areas.queries import names_of, paths_of
from linli.kernel.units.checks import is_open
from linli.kernel.units.entries import DEEDS
from linli.kernel.units.models import Account, Post, RegisterEntry, Token, Unit
from linli.kernel.units.queries import book
from linli.kernel.units.registers import posts_by_account
from linli.kernel.units.terms import title_of
from linli.lib.time import now, today
from linli.web.components import Column, Tone, moment, pill

STATES: Mapping[str, tuple[str, Tone]] = {
    "in_force": ("在任", Tone.SUCCESS),
    "to_come": ("未到任", Tone.INFO),
    "ended": ("已离任", Tone.NEUTRAL),
    "suspended": ("账号停用", Tone.WARNING),
}


# Units


def unit_columns(found: Sequence[Unit]) -> list[Column[Unit]]:
    """For units with counts (``registers.with_counts``)."""
    paths = paths_of({unit.area for unit in found})
    return [
        Column(_("名称"), _unit_name, "title"),
        Column(_("状态"), unit_state, "mark"),
        Column(_("类别"), lambda unit: unit.get_kind_display()),
        Column(_("所在区域"), lambda unit: paths[unit.area]),
        Column(_("职能"), functions_of, "wide"),
        Column(_("在任岗位"), lambda unit: getattr(unit, "posts_in_force", ""), is_number=True),
        Column(_("下级单位"), _below, is_number=True),
    ]


def unit_cells(found: Sequence[Unit]) -> list[Column[Unit]]:
    paths = paths_of({unit.area for unit in found})
    return [
        Column(_("名称"), lambda unit: unit.name),
        Column(_("简称"), lambda unit: unit.short_name),
        Column(_("类别"), lambda unit: unit.get_kind_display()),
        Column(_("区域代码"), lambda unit: unit.area),
        Column(_("所在区域"), lambda unit: paths[unit.area]),
        Column(_("上级单位"), lambda unit: unit.parent.name if unit.parent else ""),
        Column(_("职能"), functions_of),
        Column(_("在任岗位"), lambda unit: getattr(unit, "posts_in_force", "")),
        Column(_("启用日期"), lambda unit: unit.valid_from),
        Column(_("停用日期"), lambda unit: unit.valid_to),
    ]


def functions_of(unit: Unit) -> str:
    return "、".join(function_name(code) for code in unit.functions)


def unit_state(unit: Unit) -> SafeString:
    return pill(_("在用"), Tone.SUCCESS) if is_open(unit) else pill(_("已停用"), Tone.NEUTRAL)


def _unit_name(unit: Unit) -> SafeString | str:
    if not unit.short_name or unit.short_name == unit.name:
        return unit.name
    return format_html('{} <span class="desk-sub">{}</span>', unit.name, unit.short_name)


def _below(unit: Unit) -> SafeString | str:
    below = getattr(unit, "units_below", 0)
    return format_html('<a href="?under={}">{}</a>', unit.pk, below) if below else ""


# Accounts


def account_columns(found: Sequence[Account]) -> list[Column[Account]]:
    posts = posts_by_account(account.pk for account in found)
    return [
        Column(_("姓名"), _person, "title"),
        Column(_("状态"), account_state, "mark"),
        Column(_("所属单位"), lambda account: account.unit or ""),
        Column(_("在任岗位"), lambda account: _posts(posts.get(account.pk, ()))),
        Column(_("建立时间"), lambda account: moment(account.created_at), "wide"),
    ]


def account_cells(found: Sequence[Account]) -> list[Column[Account]]:
    posts = posts_by_account(account.pk for account in found)
    return [
        Column(_("用户名"), lambda account: account.username),
        Column(_("姓名"), lambda account: account.name),
        Column(_("所属单位"), lambda account: account.unit.name if account.unit else ""),
        Column(_("状态"), lambda account: _("启用") if account.is_active else _("停用")),
        Column(_("在任岗位"), lambda account: "；".join(map(label_of, posts.get(account.pk, ())))),
        Column(_("建立时间"), lambda account: moment(account.created_at)),
    ]


def account_state(account: Account) -> SafeString:
    if not account.is_active:
        return pill(_("已停用"), Tone.NEUTRAL)
    if account.one_time_until is not None:
        expired = account.one_time_until <= now()
        return pill(_("一次性密码已过期") if expired else _("待改密码"), Tone.WARNING)
    return pill(_("启用"), Tone.SUCCESS)


def _person(account: Account) -> SafeString:
    return format_html(
        '{} <span class="desk-sub">{}</span>', account.name or account.username, account.username
    )


def _posts(posts: Sequence[Post]) -> SafeString | str:
    if not posts:
        return pill(_("没有岗位"), Tone.WARNING)
    return format_html_join(" ", '<span class="desk-sub">{}</span>', ((label_of(post),) for post in posts))


# Posts


def post_columns(found: Sequence[Post]) -> list[Column[Post]]:
    return [_holder(), _in_force(), Column(_("单位"), lambda post: post.unit), *_terms(found)]


def posts_of_unit(found: Sequence[Post]) -> list[Column[Post]]:
    """On the unit's own page, which need not be named in every row."""
    return [_holder(), _in_force(), *_terms(found)]


def posts_of_account(found: Sequence[Post]) -> list[Column[Post]]:
    """On the account's own page: the unit heads the row."""
    return [Column(_("单位"), lambda post: post.unit, "title"), _in_force(), *_terms(found)]


def _holder() -> Column[Post]:
    return Column(_("任职人"), lambda post: _person(post.account), "title")


def _in_force() -> Column[Post]:
    return Column(_("状态"), post_state, "mark")


def _terms(found: Sequence[Post]) -> list[Column[Post]]:
    paths = paths_of({post.area for post in found})
    return [
        Column(_("角色"), lambda post: _(title_of(post.role))),
        Column(_("负责区域"), lambda post: paths[post.area]),
        Column(_("任期"), term_of),
    ]


def post_cells(found: Sequence[Post]) -> list[Column[Post]]:
    """The headings are those that an import reads."""
    paths = paths_of({post.area for post in found})
    return [
        Column(_("用户名"), lambda post: post.account.username),
        Column(_("姓名"), lambda post: post.account.name),
        Column(_("单位"), lambda post: post.unit.name),
        Column(_("角色"), lambda post: title_of(post.role)),
        Column(_("区域代码"), lambda post: post.area),
        Column(_("区域"), lambda post: paths[post.area]),
        Column(_("岗位名称"), lambda post: post.title),
        Column(_("任职起"), lambda post: post.valid_from),
        Column(_("任职止"), lambda post: post.valid_to),
        Column(_("状态"), lambda post: STATES[state_of(post)][0]),
    ]


def state_of(post: Post) -> str:
    day = today()
    if post.valid_to is not None and post.valid_to <= day:
        return "ended"
    if not post.account.is_active:
        return "suspended"
    return "to_come" if post.valid_from > day else "in_force"


def post_state(post: Post) -> SafeString:
    title, tone = STATES[state_of(post)]
    return pill(_(title), tone)


def term_of(post: Post) -> str:
    return f"{post.valid_from} – {post.valid_to or _('长期')}"


# Tokens


def token_columns(found: Sequence[Token]) -> list[Column[Token]]:
    return [
        Column(_("用途"), lambda token: token.label, "title"),
        Column(_("状态"), token_state, "mark"),
        Column(_("代表岗位"), lambda token: label_of(token.post)),
        Column(_("任职人"), lambda token: str(token.post.account)),
        Column(_("签发时间"), lambda token: moment(token.created_at)),
        Column(_("到期"), lambda token: moment(token.expires_at) if token.expires_at else _("随岗位")),
    ]


def token_state(token: Token) -> SafeString:
    if token.revoked_at is not None:
        return pill(_("已撤销"), Tone.NEUTRAL)
    if token.expires_at is not None and token.expires_at <= now():
        return pill(_("已到期"), Tone.NEUTRAL)
    if state_of(token.post) != "in_force":
        return pill(_("岗位不在任"), Tone.WARNING)
    return pill(_("有效"), Tone.SUCCESS)


# The record of changes


def entry_columns(found: Sequence[RegisterEntry]) -> list[Column[RegisterEntry]]:
    posts = Post.objects.select_related("unit", "account").in_bulk({e.post for e in found if e.post})
    accounts = Account.objects.in_bulk({e.account for e in found if e.account and e.post not in posts})
    names = names_of({entry.area for entry in found if entry.area})

    def who(entry: RegisterEntry) -> str:
        post = posts.get(entry.post or 0)
        if post is not None:
            return f"{post.account} · {label_of(post)}"
        account = accounts.get(entry.account or 0)
        return str(account) if account else _("命令行")

    return [
        Column(_("对象"), lambda entry: entry.label, "title"),
        Column(_("操作"), lambda entry: pill(_(DEEDS[entry.deed]), Tone.INFO), "mark"),
        Column(_("时间"), lambda entry: moment(entry.at)),
        Column(_("办理人"), who),
        Column(_("区域"), lambda entry: names.get(entry.area, "")),
        Column(_("内容"), said, "wide"),
        Column(_("序号"), lambda entry: entry.number, "wide", is_number=True),
    ]


_FACTS: Mapping[str, str] = {
    "name": "名称",
    "short_name": "简称",
    "kind": "类别",
    "parent": "上级单位",
    "functions": "职能",
    "unit": "单位",
    "username": "用户名",
    "role": "角色",
    "valid_from": "任职起",
    "valid_to": "任职止",
    "expires_at": "到期",
    "reason": "事由",
    "on": "离任日期",
}


def said(entry: RegisterEntry) -> str:
    """The facts of an entry in words; of a revision what was and what is."""
    before, after = entry.facts.get("before"), entry.facts.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        return "；".join(f"{_title(n)}：{_plain(n, before.get(n))} → {_plain(n, after[n])}" for n in after)
    shown = {
        name: value for name, value in entry.facts.items() if name in _FACTS and value not in (None, "", [])
    }
    return "；".join(f"{_title(name)}：{_plain(name, value)}" for name, value in shown.items())


def _title(name: str) -> str:
    return _(_FACTS.get(name, name))


def _plain(name: str, value: object) -> str:
    if name == "role":
        return _(title_of(str(value)))
    if name in ("unit", "parent") and isinstance(value, int):
        return book().name(value) or str(value)
    if name == "expires_at" and isinstance(value, str):
        return moment(dt.datetime.fromisoformat(value))
    if isinstance(value, list):
        return "、".join(map(str, value)) or "—"
    return "—" if value in (None, "") else str(value)
