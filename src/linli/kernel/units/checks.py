"""What has to hold before a register is changed. Each check refuses by itself, naming the field."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from typing import Protocol

from django.db.models import Q
from django.utils.translation import gettext

from linli.kernel.areas import queries as areas
from linli.kernel.areas.errors import AreaNotFound
from linli.kernel.areas.levels import Level, is_code, level_of
from linli.kernel.units.errors import (
    AdministratorsApart,
    LastAdministrator,
    OutOfReach,
    RolesExclude,
)
from linli.kernel.units.models import Account, Post, Unit, UnitKind
from linli.kernel.units.terms import Terms, roles, title_of
from linli.lib.errors import Invalid
from linli.lib.time import today

NAME_LENGTH, SHORT_LENGTH, PERSON_LENGTH, TITLE_LENGTH, LABEL_LENGTH = 80, 30, 30, 40, 60
LONGEST_REASON = 200
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_FUNCTION = re.compile(r"[a-z][a-z0-9_]{0,29}")
_GRIDS = (Level.GRID, Level.MICRO_GRID)


class Clerk(Protocol):
    """Whoever keeps the registers: what this room needs of ``access.Actor``."""

    @property
    def post(self) -> int | None: ...
    @property
    def account(self) -> int | None: ...
    @property
    def area(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def system(self) -> bool: ...
    def require(self, ability: str) -> None: ...


def reaches(actor: Clerk, *places: str) -> bool:
    """Whether all ``places`` lie in the area of the actor's post."""
    return actor.system or (bool(actor.area) and all(place.startswith(actor.area) for place in places))


def in_reach(actor: Clerk, *places: str) -> None:
    if not reaches(actor, *places):
        raise OutOfReach(area=next((p for p in places if not reaches(actor, p)), ""))


def known_area(code: str, field: str = "area") -> None:
    """An area that is in force."""
    if not is_code(code):
        raise Invalid(fields={field: "区域代码应为 4、6、9、12、15 或 18 位数字"})
    try:
        node = areas.node(code)
    except AreaNotFound:
        raise Invalid(fields={field: gettext("没有代码为 %(code)s 的区域") % {"code": code}}) from None
    if not node.is_current:
        raise Invalid(fields={field: gettext("区域 %(name)s 已停用") % {"name": node.name}})


# Units


def unit_names(name: str, short_name: str) -> None:
    wrong = {}
    if not name or len(name) > NAME_LENGTH:
        wrong["name"] = gettext("单位名称不能为空，且不超过 %(n)d 个字") % {"n": NAME_LENGTH}
    if len(short_name) > SHORT_LENGTH:
        wrong["short_name"] = gettext("简称不超过 %(n)d 个字") % {"n": SHORT_LENGTH}
    if wrong:
        raise Invalid(fields=wrong)


def unit_is_new(name: str, area: str, *, besides: int | None = None) -> None:
    same = Unit.objects.filter(name=name, area=area)
    if (same.exclude(pk=besides) if besides is not None else same).exists():
        said = gettext("该区域已有名为“%(name)s”的单位（含已停用的）") % {"name": name}
        raise Invalid(fields={"name": said})


def unit_terms(kind: str, functions: Sequence[str]) -> None:
    if kind not in UnitKind.values:
        raise Invalid(fields={"kind": "请选择单位类别"})
    strange = [one for one in functions if not _FUNCTION.fullmatch(one)]
    if strange:
        said = gettext("职能标识不正确：%(names)s") % {"names": gettext("、").join(strange)}
        raise Invalid(fields={"functions": said})


def unit_above(parent: Unit | None, area: str, *, of: Unit | None = None) -> None:
    """A unit stands below one of its own area or of an area above, and never below itself."""
    if parent is None:
        return
    if not is_open(parent):
        raise Invalid(fields={"parent": gettext("上级单位 %(unit)s 已停用") % {"unit": parent}})
    if not area.startswith(parent.area):
        raise Invalid(fields={"parent": "上级单位的区域必须包含本单位的区域"})
    above: Unit | None = Unit.objects.get(pk=parent.pk)
    while above is not None:
        if of is not None and above.pk == of.pk:
            raise Invalid(fields={"parent": "上级单位不能是本单位或其下级单位"})
        above = above.parent


def is_open(unit: Unit) -> bool:
    return unit.valid_to is None or unit.valid_to > today()


# Accounts


def username_is_good(username: str) -> None:
    if not _USERNAME.fullmatch(username):
        raise Invalid(fields={"username": "用户名为 2 至 40 位小写字母、数字、点、短横或下划线，以字母开头"})


def person_is_named(name: str) -> None:
    if not name or len(name) > PERSON_LENGTH:
        said = gettext("姓名不能为空，且不超过 %(n)d 个字") % {"n": PERSON_LENGTH}
        raise Invalid(fields={"name": said})


def places_of(account: Account) -> list[str]:
    """Where an account belongs: its unit's area, and those of its posts that have not ended."""
    posts = Post.objects.filter(_not_ended(today()), account=account).values_list("area", flat=True)
    return [*([account.unit.area] if account.unit else []), *posts]


def account_in_reach(actor: Clerk, account: Account) -> None:
    """All of an account's places must be the actor's: else a street could take over a post of the city.

    An account without a place is for whoever stands in the city.
    """
    places = places_of(account)
    if not actor.system and not places and len(actor.area) != Level.CITY.width:
        raise OutOfReach
    in_reach(actor, *places)


def administrators_apart(actor: Clerk, account: Account) -> None:
    """Whoever sets passwords must not become an administrator of another kind that way."""
    held = set(Post.objects.filter(_not_ended(today()), account=account).values_list("role", flat=True))
    if any(actor.role in terms.excludes for role in held if (terms := roles().get(role))):
        raise AdministratorsApart


# Posts


def role_of(code: str) -> Terms:
    terms = roles().get(code)
    if terms is None:
        raise Invalid(fields={"role": "请选择角色"})
    return terms


def role_fits(terms: Terms, area: str) -> None:
    """A role that is declared for a level is given at that level (a micro-grid is a grid)."""
    level = Level.GRID if level_of(area) in _GRIDS else level_of(area)
    if terms.level and terms.level != level:
        told = {
            "role": gettext(terms.title),
            "level": gettext(Level(terms.level).label),
            "chosen": gettext(level.label),
        }
        raise Invalid(fields={"role": gettext("“%(role)s”须设在%(level)s一级，所选区域是%(chosen)s") % told})


def period(valid_from: dt.date, valid_to: dt.date | None) -> None:
    if valid_to is not None and valid_to <= valid_from:
        raise Invalid(fields={"valid_to": "任职止应晚于任职起"})
    if valid_to is not None and valid_to <= today():
        raise Invalid(fields={"valid_to": "任职止应晚于今天"})


def roles_go_together(account: Account, terms: Terms, start: dt.date, end: dt.date | None) -> None:
    """No account holds roles at the same time that exclude one another."""
    for post in _overlapping(account, start, end):
        other = roles().get(post.role)
        if post.role in terms.excludes or (other is not None and terms.code in other.excludes):
            told = {
                "account": account,
                "held": gettext(title_of(post.role)),
                "role": gettext(terms.title),
                "rule": gettext(RolesExclude.title),
            }
            said = gettext("%(account)s 已任“%(held)s”，不得同时任“%(role)s”：%(rule)s")
            raise RolesExclude(fields={"role": said % told})


def post_is_new(
    account: Account, unit: Unit, role: str, area: str, start: dt.date, end: dt.date | None
) -> None:
    for post in _overlapping(account, start, end):
        if (post.unit_id, post.role, post.area) == (unit.pk, role, area):
            raise Invalid(fields={"role": gettext("%(account)s 在此期间已任此岗位") % {"account": account}})


def administrators_remain(ending: Collection[Post], day: dt.date) -> None:
    """For each administrator's post that ends on ``day`` another one must be in force over its area.

    Administrators are known by their role: one that excludes others is one of a separation of duties.
    """
    gone = {post.pk for post in ending}
    for post in ending:
        terms = roles().get(post.role)
        if terms is None or not terms.excludes or not _is_in_force(post, day):
            continue
        above = [post.area[:width] for width in range(1, len(post.area) + 1)]
        others = Post.objects.valid(day).filter(role=post.role, area__in=above).exclude(pk__in=gone)
        if not others.exists():
            said = gettext("%(account)s 是 %(area)s 最后一名%(role)s，请先任命接任的人")
            told = {"area": areas.name_of(post.area), "role": gettext(terms.title)}
            raise LastAdministrator(said % {"account": post.account, **told})


def _overlapping(account: Account, start: dt.date, end: dt.date | None) -> list[Post]:
    posts = Post.objects.filter(_not_ended(start), account=account)
    return list(posts.filter(valid_from__lt=end) if end else posts)


def _not_ended(day: dt.date) -> Q:
    return Q(valid_to=None) | Q(valid_to__gt=day)


def _is_in_force(post: Post, day: dt.date) -> bool:
    return post.valid_from <= day and (post.valid_to is None or post.valid_to > day)
