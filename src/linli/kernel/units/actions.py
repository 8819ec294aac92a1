"""Changes of the registers: units, accounts, posts, tokens.

Every action needs its ability over the area concerned, writes the change and its entry in the record of
changes in one transaction, and refuses with

- ``NotAllowed`` / ``OutOfReach``: no such ability, or the post stands elsewhere;
- ``Invalid``: a field is wrong; ``RolesExclude`` where duties must be kept apart;
- ``SelfServed``, ``AdministratorsApart``, ``LastAdministrator``: duties would no longer be kept apart;
- ``UnitClosed``, ``UnitInUse``, ``AccountInactive``, ``PostEnded``: it is not in a state for that.

Who keeps accounts does not grant posts, and who grants posts does not keep accounts (三员分立): two
abilities of two roles.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from django.utils.translation import gettext

from linli.kernel.units import checks, passwords
from linli.kernel.units.checks import Clerk
from linli.kernel.units.entries import Author, Change, changing
from linli.kernel.units.errors import AccountInactive, PostEnded, SelfServed, UnitClosed, UnitInUse
from linli.kernel.units.models import Account, Post, Token, Unit
from linli.kernel.units.queries import changed
from linli.lib.errors import Invalid, WrongState
from linli.lib.time import now, today

EDIT_UNITS = "units.edit"
EDIT_ACCOUNTS = "accounts.edit"
GRANT = "posts.grant"
ISSUE = "tokens.issue"
"""The abilities over the registers. Declared by the room of access, which stands above this one."""

LONGEST_TOKEN = dt.timedelta(days=1095)

Holding = Callable[[Unit], str]
_holding: list[Holding] = []


def holds_units(found: Holding) -> Holding:
    """Let a room above say what a unit still has to do, in words, or ``""``: then it cannot be closed."""
    _holding.append(found)
    return found


# Units -----------------------------------------------------------------------------------------------------


def create_unit(
    *,
    actor: Clerk,
    name: str,
    kind: str,
    area: str,
    short_name: str = "",
    parent: Unit | None = None,
    functions: Sequence[str] = (),
) -> Unit:
    """Register a unit, responsible from today on in ``area`` for ``functions``."""
    actor.require(EDIT_UNITS)
    checks.known_area(area)
    checks.in_reach(actor, area)
    unit = Unit(
        name=name.strip(), short_name=short_name.strip(), kind=kind, area=area, functions=_once(functions)
    )
    unit.parent = parent
    with changing(actor) as change:
        _check_unit(unit)
        unit.save()
        change.enter("create_unit", unit, area, **_told(unit))
        changed()
    return unit


def revise_unit(
    *,
    actor: Clerk,
    unit: Unit,
    name: str,
    kind: str,
    short_name: str = "",
    parent: Unit | None = None,
    functions: Sequence[str] = (),
) -> Unit:
    """Rename a unit or change what it is; its area stays (close it and register another one)."""
    actor.require(EDIT_UNITS)
    checks.in_reach(actor, unit.area)
    with changing(actor) as change:
        unit = _open(unit)
        before = _told(unit)
        unit.name, unit.short_name, unit.kind = name.strip(), short_name.strip(), kind
        unit.parent, unit.functions = parent, _once(functions)
        _check_unit(unit)
        after = _told(unit)
        if after != before:
            unit.save()
            change.enter("revise_unit", unit, unit.area, **_difference(before, after))
            changed()
    return unit


def close_unit(*, actor: Clerk, unit: Unit, reason: str) -> Unit:
    """Close a unit from today on. It must have no posts, no units below it, and nothing left to do."""
    actor.require(EDIT_UNITS)
    checks.in_reach(actor, unit.area)
    _check_reason(reason)
    with changing(actor) as change:
        unit = _open(unit)
        _check_unused(unit)
        unit.valid_to = today()
        unit.save(update_fields=["valid_to"])
        change.enter("close_unit", unit, unit.area, reason=reason.strip())
        changed()
    return unit


def _check_unit(unit: Unit) -> None:
    checks.unit_names(unit.name, unit.short_name)
    checks.unit_terms(unit.kind, unit.functions)
    checks.unit_is_new(unit.name, unit.area, besides=unit.pk)
    checks.unit_above(unit.parent, unit.area, of=unit if unit.pk else None)


def _check_unused(unit: Unit) -> None:
    left = []
    posts = sum(post.valid_to is None or post.valid_to > today() for post in unit.posts.all())
    if posts:
        left.append(gettext("还有 %(n)d 个岗位未结束") % {"n": posts})
    below = sum(checks.is_open(child) for child in unit.children.all())
    if below:
        left.append(gettext("还有 %(n)d 个下级单位") % {"n": below})
    accounts = unit.accounts.filter(is_active=True).count()
    if accounts:
        left.append(gettext("还有 %(n)d 个账号归其管理") % {"n": accounts})
    left += [said for found in _holding if (said := found(unit))]
    if left:
        told = {"unit": unit, "why": gettext("，").join(left)}
        raise UnitInUse(gettext("%(unit)s 不能停用：%(why)s") % told)


def _open(unit: Unit) -> Unit:
    """The unit as it stands now, for change."""
    found = Unit.objects.select_related("parent").get(pk=unit.pk)
    if not checks.is_open(found):
        raise UnitClosed
    return found


def _told(unit: Unit) -> dict[str, object]:
    return {
        "name": unit.name,
        "short_name": unit.short_name,
        "kind": str(unit.kind),
        "parent": unit.parent_id,
        "functions": list(unit.functions),
    }


# Accounts --------------------------------------------------------------------------------------------------


def create_account(*, actor: Clerk, username: str, name: str, unit: Unit) -> tuple[Account, str]:
    """Make an account kept by ``unit``; returns it with its one-time password, which is told this once.

    It can do nothing before somebody else has given it a post.
    """
    with changing(actor) as change:
        account, secret = plan_account(change, actor=actor, username=username, name=name, unit=unit)
    return account, secret


def plan_account(
    change: Change, *, actor: Clerk, username: str, name: str, unit: Unit
) -> tuple[Account, str]:
    """``create_account`` as part of a bigger change (an import)."""
    actor.require(EDIT_ACCOUNTS)
    checks.in_reach(actor, unit.area)
    username, name = username.strip(), name.strip()
    checks.username_is_good(username)
    checks.person_is_named(name)
    _check_open(unit)
    if Account.objects.filter(username=username).exists():
        raise Invalid(fields={"username": gettext("用户名 %(name)s 已有人使用") % {"name": username}})
    secret = passwords.one_time()
    account = Account(username=username, name=name, unit=unit)
    _hand_out(account, secret)
    account.save()
    change.enter("create_account", account, unit.area, username=username, name=name, unit=unit.pk)
    return account, secret


def revise_account(*, actor: Clerk, account: Account, name: str, unit: Unit) -> Account:
    """Change the name of an account, or the unit that keeps it."""
    actor.require(EDIT_ACCOUNTS)
    checks.account_in_reach(actor, account)
    checks.in_reach(actor, unit.area)
    checks.person_is_named(name.strip())
    _check_open(unit)
    with changing(actor) as change:
        account = _account(account)
        before: dict[str, object] = {"name": account.name, "unit": account.unit_id}
        account.name, account.unit = name.strip(), unit
        after: dict[str, object] = {"name": account.name, "unit": unit.pk}
        if after != before:
            account.save(update_fields=["name", "unit"])
            change.enter("revise_account", account, unit.area, **_difference(before, after))
    return account


def reset_password(*, actor: Clerk, account: Account) -> str:
    """Give an account a one-time password, told this once; whoever is signed in with the old one is out."""
    actor.require(EDIT_ACCOUNTS)
    checks.account_in_reach(actor, account)
    _not_oneself(actor, account)
    checks.administrators_apart(actor, account)
    with changing(actor) as change:
        account = _active(account)
        secret = passwords.one_time()
        _hand_out(account, secret)
        account.save(update_fields=["password", "one_time_until"])
        change.enter("reset_password", account, _area_of(account), username=account.username)
    return secret


def change_password(*, actor: Author, account: Account, old: str, new: str) -> Account:
    """Set an own password in place of ``old``: what everybody does for themselves, and nobody for others."""
    if actor.account != account.pk:
        raise SelfServed("只能修改本人的密码")
    with changing(actor) as change:
        account = _active(account)
        if not account.check_password(old):
            raise Invalid(fields={"old": "原密码不正确"})
        if account.one_time_until is not None and account.one_time_until <= now():
            raise WrongState("一次性密码已过期，请联系本单位系统管理员重新设置")
        wrong = passwords.faults(new, account)
        if old == new:
            wrong.append("新密码不能与原密码相同")
        if wrong:
            raise Invalid(fields={"new": "；".join(wrong)})
        account.set_password(new)
        account.one_time_until = None
        account.save(update_fields=["password", "one_time_until"])
        change.enter("change_password", account, _area_of(account), username=account.username)
    return account


def deactivate_account(*, actor: Clerk, account: Account, reason: str) -> Account:
    """Switch an account off: it is signed out at once and its posts give nothing while it is off."""
    actor.require(EDIT_ACCOUNTS)
    checks.account_in_reach(actor, account)
    _not_oneself(actor, account)
    _check_reason(reason)
    with changing(actor) as change:
        account = _active(account)
        checks.administrators_remain(account.posts.select_related("account"), today())
        account.is_active = False
        account.save(update_fields=["is_active"])
        change.enter("deactivate_account", account, _area_of(account), reason=reason.strip())
    return account


def activate_account(*, actor: Clerk, account: Account) -> tuple[Account, str]:
    """Switch an account on again, with a one-time password; its posts that have not ended hold again."""
    actor.require(EDIT_ACCOUNTS)
    checks.account_in_reach(actor, account)
    checks.administrators_apart(actor, account)
    with changing(actor) as change:
        account = _account(account)
        if account.is_active:
            raise WrongState("该账号已是启用状态")
        secret = passwords.one_time()
        _hand_out(account, secret)
        account.is_active = True
        account.save(update_fields=["is_active", "password", "one_time_until"])
        change.enter("activate_account", account, _area_of(account), username=account.username)
    return account, secret


def _hand_out(account: Account, secret: str) -> None:
    account.password = passwords.hash_one_time(secret)
    account.one_time_until = now() + passwords.ONE_TIME_FOR


def _account(account: Account) -> Account:
    """The account as it stands now, for change."""
    return Account.objects.select_related("unit").get(pk=account.pk)


def _active(account: Account) -> Account:
    found = _account(account)
    if not found.is_active:
        raise AccountInactive
    return found


def _area_of(account: Account) -> str:
    return account.unit.area if account.unit else next(iter(checks.places_of(account)), "")


# Posts -----------------------------------------------------------------------------------------------------


def give_post(
    *,
    actor: Clerk,
    account: Account,
    unit: Unit,
    role: str,
    area: str,
    title: str = "",
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
) -> Post:
    """Let an account act for a unit in a role over an area, from a day up to but without another.

    Refuses to give oneself a post, a role at a level it is not for, an area that the unit does not have,
    and roles together that exclude one another.
    """
    with changing(actor) as change:
        return plan_post(
            change,
            actor=actor,
            account=account,
            unit=unit,
            role=role,
            area=area,
            title=title,
            valid_from=valid_from,
            valid_to=valid_to,
        )


def plan_post(
    change: Change,
    *,
    actor: Clerk,
    account: Account,
    unit: Unit,
    role: str,
    area: str,
    title: str = "",
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
) -> Post:
    """``give_post`` as part of a bigger change (an import)."""
    actor.require(GRANT)
    checks.known_area(area)
    checks.in_reach(actor, area, unit.area)
    _not_oneself(actor, account)
    terms = checks.role_of(role)
    checks.role_fits(terms, area)
    _check_open(unit)
    if not area.startswith(unit.area):
        raise Invalid(fields={"area": gettext("负责区域应在 %(unit)s 的区域之内") % {"unit": unit}})
    if len(title) > checks.TITLE_LENGTH:
        said = gettext("岗位名称不超过 %(n)d 个字") % {"n": checks.TITLE_LENGTH}
        raise Invalid(fields={"title": said})
    start = valid_from or today()
    checks.period(start, valid_to)
    account = _active(account)
    checks.roles_go_together(account, terms, start, valid_to)
    checks.post_is_new(account, unit, role, area, start, valid_to)
    post = Post.objects.create(
        account=account,
        unit=unit,
        role=role,
        area=area,
        title=title.strip(),
        valid_from=start,
        valid_to=valid_to,
    )
    change.enter(
        "give_post",
        post,
        area,
        account=account.pk,
        username=account.username,
        unit=unit.pk,
        role=role,
        valid_from=start.isoformat(),
        valid_to=valid_to.isoformat() if valid_to else None,
    )
    return post


def end_post(*, actor: Clerk, post: Post, on: dt.date | None = None, reason: str = "") -> Post:
    """End a post: from ``on`` (today) on it gives nothing, nor do its tokens."""
    actor.require(GRANT)
    checks.in_reach(actor, post.area)
    day = on or today()
    if day < today():
        raise Invalid(fields={"on": "离任日期不能早于今天"})
    with changing(actor) as change:
        post = Post.objects.select_related("account", "unit").get(pk=post.pk)
        if post.valid_to is not None and post.valid_to <= day:
            raise PostEnded
        checks.administrators_remain([post], day)
        # a post that has not begun ends without ever having been in force
        post.valid_to = max(day, post.valid_from)
        post.save(update_fields=["valid_to"])
        change.enter(
            "end_post",
            post,
            post.area,
            account=post.account_id,
            username=post.account.username,
            on=post.valid_to.isoformat(),
            reason=reason.strip()[: checks.LONGEST_REASON],
        )
    return post


# Tokens ----------------------------------------------------------------------------------------------------


def issue_token(*, actor: Clerk, post: Post, label: str, days: int | None = 365) -> tuple[Token, str]:
    """Let a program act as a post for ``days`` (None: as long as the post lasts); the secret is told once."""
    actor.require(ISSUE)
    checks.in_reach(actor, post.area)
    if not label.strip() or len(label) > checks.LABEL_LENGTH:
        said = gettext("请写明用途，不超过 %(n)d 个字") % {"n": checks.LABEL_LENGTH}
        raise Invalid(fields={"label": said})
    if days is not None and not 1 <= days <= LONGEST_TOKEN.days:
        raise Invalid(fields={"days": gettext("有效天数应为 1 至 %(n)d") % {"n": LONGEST_TOKEN.days}})
    with changing(actor) as change:
        if not Post.objects.valid().filter(pk=post.pk).exists():
            raise PostEnded("该岗位不在任，不能签发令牌")
        ends = now() + dt.timedelta(days=days) if days is not None else None
        token, secret = Token.issue(post, label.strip(), expires_at=ends)
        change.enter(
            "issue_token", token, post.area, post=post.pk, expires_at=ends.isoformat() if ends else None
        )
    return token, secret


def revoke_token(*, actor: Clerk, token: Token) -> Token:
    """End a token; every process knows it within a second."""
    actor.require(ISSUE)
    checks.in_reach(actor, token.post.area)
    with changing(actor) as change:
        token = Token.objects.select_related("post").get(pk=token.pk)
        if token.revoked_at is not None:
            raise WrongState("该令牌已经撤销")
        token.revoked_at = now()
        token.save(update_fields=["revoked_at"])
        change.enter("revoke_token", token, token.post.area, post=token.post_id)
    return token


# What several share ----------------------------------------------------------------------------------------


def _not_oneself(actor: Clerk, account: Account) -> None:
    if not actor.system and actor.account == account.pk:
        raise SelfServed


def _check_open(unit: Unit) -> None:
    if not checks.is_open(unit):
        raise UnitClosed


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(fields={"reason": "请写明事由"})
    if len(reason) > checks.LONGEST_REASON:
        said = gettext("事由不超过 %(n)d 个字") % {"n": checks.LONGEST_REASON}
        raise Invalid(fields={"reason": said})


def _once(functions: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(functions))


def _difference(before: dict[str, object], after: dict[str, object]) -> dict[str, object]:
    """What was and what is, of what has changed."""
    fields = [name for name in after if after[name] != before[name]]
    return {"before": {n: before[n] for n in fields}, "after": {n: after[n] for n in fields}}
