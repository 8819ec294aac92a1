"""A request acts as one post that is in force, or as the public."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from linli.kernel.access.actor import PUBLIC, actor_of
from linli.kernel.access.middleware import SESSION_POST, actor_of_request
from linli.kernel.units.models import Account, Post, Unit
from linli.lib.time import at, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def posts() -> list[Post]:
    account = Account.objects.create_user("zhang", "secret", name="张三")
    unit = Unit.objects.create(name="某局", kind="department", area="990101")
    return [
        Post.objects.create(account=account, unit=unit, role=role, area="990101", title=role)
        for role in ("clerk", "leader")
    ]


def request(account: Account | AnonymousUser, chosen: int | None = None) -> HttpRequest:
    made = RequestFactory().get("/")
    made.user = account  # type: ignore[assignment]
    made.session = {SESSION_POST: chosen} if chosen else {}  # type: ignore[assignment]
    return made


def test_the_first_post_unless_another_was_chosen(posts: list[Post]) -> None:
    account = posts[0].account
    assert actor_of_request(request(account)).post == posts[0].pk
    assert actor_of_request(request(account, posts[1].pk)).role == "leader"


def test_another_persons_post_cannot_be_chosen(posts: list[Post]) -> None:
    stranger = Account.objects.create_user("li", "secret")
    assert actor_of_request(request(stranger, posts[0].pk)) == PUBLIC


def test_who_is_not_signed_in_is_the_public() -> None:
    assert actor_of_request(request(AnonymousUser())) == PUBLIC


def test_a_post_counts_from_its_first_day_to_the_day_before_its_last(posts: list[Post]) -> None:
    post, day = posts[0], today()
    Post.objects.filter(pk=post.pk).update(valid_from=day, valid_to=day + dt.timedelta(days=2))
    found = []
    for offset in (-1, 0, 1, 2):
        with at(dt.datetime.combine(day, dt.time(4), dt.UTC) + dt.timedelta(days=offset)):
            found.append(Post.objects.valid().filter(pk=post.pk).exists())
    assert found == [False, True, True, False]


def test_an_account_that_was_closed_has_no_posts(posts: list[Post]) -> None:
    Account.objects.update(is_active=False)
    assert not Post.objects.valid().exists()
    assert actor_of_request(request(Account.objects.get())) == PUBLIC


def test_the_actor_carries_what_the_post_says(posts: list[Post]) -> None:
    actor = actor_of(posts[0])
    assert (actor.name, actor.unit_name, actor.unit_kind, actor.area, actor.role, actor.system) == (
        "张三",
        "某局",
        "department",
        "990101",
        "clerk",
        False,
    )
