"""Reads of the registers for whoever keeps or audits them, cut to the area of the actor's post."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from linli.kernel.areas.levels import Level
from linli.kernel.units.checks import Clerk
from linli.kernel.units.errors import RegisterNotFound
from linli.kernel.units.models import Account, Post, PostQuerySet, RegisterEntry, Token, Unit
from linli.lib.time import now, today

M = TypeVar("M", bound=Model)

VIEW = "units.view"
AUDIT = "units.audit"
"""Abilities to read. Declared by the room of access, which stands above this one."""

POST_STATES = ("in_force", "to_come", "ended")
ACCOUNT_STATES = ("active", "without_post", "one_time", "inactive")
TOKEN_STATES = ("in_force", "over")


def _place(actor: Clerk, field: str = "area") -> Q:
    """Rows whose place lies in the actor's area; none without an area."""
    if actor.system:
        return Q()
    return Q(**{f"{field}__startswith": actor.area}) if actor.area else Q(pk__in=[])


def units(actor: Clerk) -> QuerySet[Unit]:
    """Units of the actor's area, closed ones too."""
    actor.require(VIEW)
    return Unit.objects.filter(_place(actor)).select_related("parent")


def open_units(found: QuerySet[Unit]) -> QuerySet[Unit]:
    """Of some units those that are not closed."""
    return found.filter(Q(valid_to=None) | Q(valid_to__gt=today()))


def top_units(actor: Clerk) -> QuerySet[Unit]:
    """Units of the actor's area whose unit above is none, or stands beyond it."""
    return units(actor).exclude(_place(actor, "parent__area") & Q(parent__isnull=False))


def with_counts(found: QuerySet[Unit]) -> QuerySet[Unit]:
    """Each unit with ``posts_in_force`` and ``units_below``."""
    posts = Post.objects.valid().filter(unit=OuterRef("pk")).order_by().values("unit")
    below = open_units(Unit.objects.filter(parent=OuterRef("pk"))).order_by().values("parent")
    return found.annotate(
        posts_in_force=Coalesce(posts.annotate(n=Count("*")).values("n"), 0),
        units_below=Coalesce(below.annotate(n=Count("*")).values("n"), 0),
    )


def accounts(actor: Clerk) -> QuerySet[Account]:
    """Accounts that belong to a unit of the actor's area or have (had) a post there.

    Those that have neither belong to whoever stands in the city.
    """
    actor.require(VIEW)
    there = Q(Exists(Post.objects.filter(_place(actor), account=OuterRef("pk"))))
    mine = _place(actor, "unit__area") | there
    if actor.system or len(actor.area) == Level.CITY.width:
        mine = mine | (Q(unit=None) & ~Q(Exists(Post.objects.filter(account=OuterRef("pk")))))
    return Account.objects.filter(mine).select_related("unit")


def accounts_in(found: QuerySet[Account], state: str) -> QuerySet[Account]:
    """Of some accounts those in a state of ``ACCOUNT_STATES``; all for any other word."""
    if state == "active":
        return found.filter(is_active=True)
    if state == "inactive":
        return found.filter(is_active=False)
    if state == "one_time":
        return found.filter(is_active=True, one_time_until__isnull=False)
    if state == "without_post":
        return found.filter(~Exists(Post.objects.valid().filter(account=OuterRef("pk"))), is_active=True)
    return found


def posts(actor: Clerk) -> PostQuerySet:
    """Posts over areas in the actor's, ended ones too."""
    actor.require(VIEW)
    return Post.objects.filter(_place(actor)).select_related("account", "unit")


def posts_in(found: PostQuerySet, state: str) -> PostQuerySet:
    """Of some posts those in a state of ``POST_STATES``; all for any other word."""
    day = today()
    if state == "in_force":
        return found.valid()
    if state == "to_come":
        return found.filter(valid_from__gt=day)
    if state == "ended":
        return found.filter(Q(valid_to__lte=day) | Q(account__is_active=False))
    return found


def posts_by_account(account_ids: Iterable[int]) -> Mapping[int, list[Post]]:
    """The posts in force of each account, in one query."""
    by_account: dict[int, list[Post]] = {}
    found = Post.objects.valid().filter(account__in=list(account_ids)).select_related("unit").order_by("pk")
    for post in found:
        by_account.setdefault(post.account_id, []).append(post)
    return by_account


def tokens(actor: Clerk) -> QuerySet[Token]:
    """Tokens of posts in the actor's area, ended ones too."""
    actor.require(VIEW)
    return Token.objects.filter(_place(actor, "post__area")).select_related("post__unit", "post__account")


def tokens_in(found: QuerySet[Token], state: str) -> QuerySet[Token]:
    """Of some tokens those in a state of ``TOKEN_STATES``; all for any other word."""
    in_force = Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now()))
    in_force &= Q(post__in=Post.objects.valid())
    if state == "in_force":
        return found.filter(in_force)
    if state == "over":
        return found.exclude(in_force)
    return found


def entries(actor: Clerk) -> QuerySet[RegisterEntry]:
    """The record of changes in the actor's area."""
    actor.require(AUDIT)
    return RegisterEntry.objects.filter(_place(actor))


def unit(actor: Clerk, pk: int) -> Unit:
    """One unit of ``units``. Refuses with ``RegisterNotFound``."""
    return _one(units(actor), pk)


def account(actor: Clerk, pk: int) -> Account:
    """One account of ``accounts``. Refuses with ``RegisterNotFound``."""
    return _one(accounts(actor), pk)


def post(actor: Clerk, pk: int) -> Post:
    """One post of ``posts``. Refuses with ``RegisterNotFound``."""
    return _one(posts(actor), pk)


def token(actor: Clerk, pk: int) -> Token:
    """One token of ``tokens``. Refuses with ``RegisterNotFound``."""
    return _one(tokens(actor), pk)


def _one(found: QuerySet[M], pk: int) -> M:
    one = found.filter(pk=pk).first()
    if one is None:
        raise RegisterNotFound
    return one


def named(found: QuerySet[M], text: str, *fields: str) -> QuerySet[M]:
    """Of some rows those in which every word of ``text`` occurs in one of ``fields``."""
    for word in text.split():
        any_field = Q()
        for name in fields:
            any_field |= Q(**{f"{name}__icontains": word})
        found = found.filter(any_field)
    return found


def posts_at(area: str) -> int:
    """How many posts in force have exactly this area."""
    return Post.objects.valid().filter(area=area).count()


def units_at(area: str) -> int:
    """How many units in force stand exactly in this area."""
    return open_units(Unit.objects.filter(area=area)).count()
