"""Accounts and posts of the demo city, and the friendly ones that it is tried out with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from django.contrib.auth.hashers import make_password

from linli.config.demo.data import read
from linli.config.demo.geometry import CityMap
from linli.config.demo.names import Namer
from linli.config.demo.units import LEVELS, Units
from linli.kernel.units.models import Account, Post, Token, Unit, UnitKind

WIDTHS = {level: width for width, level in LEVELS.items()}


@dataclass(frozen=True)
class PlannedPost:
    """One account with its one post."""

    username: str
    name: str
    role: str
    unit: int
    """Index into ``Units.planned``."""
    area: str
    title: str
    about: str = ""
    """What to try with it: only for the accounts that are shown."""


@dataclass(frozen=True)
class DemoAccount:
    """A line of ``demo.json``."""

    username: str
    password: str
    name: str
    role: str
    unit: str
    area: str
    about: str
    token: str


def plan_posts(city: CityMap, units: Units, namer: Namer) -> list[PlannedPost]:
    """The shown accounts first, then a grid worker for every grid and the staff of every unit."""
    shown = list(_shown(city, units, namer))
    taken = {(post.role, post.area) for post in shown if post.role == "grid_worker"}
    return [
        *shown,
        *(post for post in _grid_workers(city, units, namer) if (post.role, post.area) not in taken),
        *_staff(units, namer),
    ]


def create_posts(planned: list[PlannedPost], units: list[Unit], *, on: dt.date) -> list[Post]:
    """Write accounts and posts, in force from ``on``. All have the one demo password, hashed once."""
    hashed = make_password(read("units")["password"])
    accounts = Account.objects.bulk_create(
        [
            Account(username=post.username, name=post.name, password=hashed, unit=units[post.unit])
            for post in planned
        ],
        batch_size=5000,
    )
    return Post.objects.bulk_create(
        [
            Post(
                account=account,
                unit=units[post.unit],
                role=post.role,
                area=post.area,
                title=post.title[:40],
                valid_from=on,
            )
            for account, post in zip(accounts, planned, strict=True)
        ],
        batch_size=5000,
    )


def show_where_work_waits(planned: list[PlannedPost], posts: list[Post], waiting: Mapping[str, int]) -> None:
    """Give the shown grid worker's name to whoever works in the grid of the same community where most waits.

    Names to sign in with change hands, posts do not: what the year's journal says of them stays true.
    ``waiting`` counts by grid.
    """
    shown = next(n for n, post in enumerate(planned) if post.about and post.role == "grid_worker")
    neighbours = [
        n
        for n, post in enumerate(planned)
        if post.role == "grid_worker" and post.area[:12] == planned[shown].area[:12]
    ]
    busiest = max(neighbours, key=lambda n: (waiting.get(planned[n].area, 0), n == shown))
    if busiest == shown:
        return
    one, other = planned[shown], planned[busiest]
    planned[shown] = replace(one, username=other.username, title=other.title, about=other.about)
    planned[busiest] = replace(other, username=one.username, title=one.title, about=one.about)
    for post, name in (
        (posts[shown], f"{one.username}*"),  # nobody can sign in so, and names are unique at every moment
        (posts[busiest], one.username),
        (posts[shown], other.username),
    ):
        Account.objects.filter(pk=post.account_id).update(username=name)


def show_accounts(planned: list[PlannedPost], posts: list[Post], city: CityMap) -> list[DemoAccount]:
    """The accounts for ``demo.json``, each with a fresh API token bound to its post."""
    shown: list[DemoAccount] = []
    for plan, post in zip(planned, posts, strict=True):
        if plan.about:
            _, secret = Token.issue(post, "演示")
            shown.append(
                DemoAccount(
                    username=plan.username,
                    password=read("units")["password"],
                    name=plan.name,
                    role=plan.role,
                    unit=post.unit.name,
                    area=f"{plan.area} {city.named(plan.area).name}",
                    about=f"{plan.title}：{plan.about}",
                    token=secret,
                )
            )
    order = [one["username"] for one in read("units")["shown"]]
    return sorted(shown, key=lambda account: order.index(account.username))


def _shown(city: CityMap, units: Units, namer: Namer) -> Iterator[PlannedPost]:
    grid = next(grid.code for grid in city.grids if grid.kind == "comprehensive")
    for one in read("units")["shown"]:
        area = grid[: WIDTHS[one["at"]]]
        unit = _unit_at(units, one["unit"], area[:12])
        yield PlannedPost(
            one["username"], namer.person(), one["role"], unit, area, one["title"], about=one["about"]
        )


def _unit_at(units: Units, what: str, area: str) -> int:
    """The unit of a kind or function that stands exactly at ``area``."""
    return next(
        index
        for index, unit in enumerate(units.planned)
        if unit.area == area and (what == unit.kind or what in unit.functions)
    )


def _grid_workers(city: CityMap, units: Units, namer: Namer) -> Iterator[PlannedPost]:
    committees = {unit.area: n for n, unit in enumerate(units.planned) if unit.kind == UnitKind.COMMITTEE}
    title = read("units")["titles"]["grid_worker"]
    for grid in city.grids:
        yield PlannedPost(
            f"wg{grid.code}", namer.person(), "grid_worker", committees[grid.code[:12]], grid.code, title
        )


def _staff(units: Units, namer: Namer) -> Iterator[PlannedPost]:
    words = read("units")
    for index, unit in enumerate(units.planned):
        roles = words["staff"].get(str(unit.kind), {}).get(unit.level, {})
        for role, count in roles.items():
            for number in range(1, count + 1):
                yield PlannedPost(
                    username=f"u{index + 1}{'' if role == 'clerk' else role[0]}{number}",
                    name=namer.person(),
                    role=role,
                    unit=index,
                    area=unit.area,
                    title=words["titles"][role],
                )
