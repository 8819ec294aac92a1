"""Who is responsible where, and which token acts as whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from linli.kernel.units import queries
from linli.kernel.units.models import Account, Post, Token, Unit
from linli.lib.time import now, today

pytestmark = pytest.mark.django_db

TOWNSHIP, COMMUNITY = "990101001", "990101001001"


@pytest.fixture
def units() -> dict[str, Unit]:
    made = {}
    for name, kind, area, functions in (
        ("市中心", "centre", "9901", []),
        ("区中心", "centre", "990101", []),
        ("街道中心", "centre", TOWNSHIP, []),
        ("市水务局", "department", "9901", ["water"]),
        ("区城管局", "department", "990101", ["urban", "gardens"]),
        ("居委会", "committee", COMMUNITY, ["committee"]),
        ("社区水站", "enterprise", COMMUNITY, ["water"]),
    ):
        made[name] = Unit.objects.create(name=name, kind=kind, area=area, functions=functions)
    queries.changed()
    return made


def test_the_nearest_unit_above_is_responsible(units: dict[str, Unit]) -> None:
    book = queries.book()
    assert book.responsible("urban", COMMUNITY + "001") == units["区城管局"]
    assert book.responsible("committee", COMMUNITY + "001") == units["居委会"]
    assert book.responsible("fire", COMMUNITY) is None


def test_a_departments_duty_never_falls_to_what_stands_below_the_township(units: dict[str, Unit]) -> None:
    assert queries.book().responsible("water", COMMUNITY + "001") == units["市水务局"]


def test_centres_by_place_and_the_one_above(units: dict[str, Unit]) -> None:
    book = queries.book()
    assert book.centre_of(COMMUNITY + "001") == units["街道中心"]
    assert book.centre_of("990101002001001") == units["区中心"]
    assert [book.centre_above(area) for area in (TOWNSHIP, "990101", "9901")] == [
        units["区中心"],
        units["市中心"],
        None,
    ]


def test_a_unit_that_ended_is_not_in_the_book(units: dict[str, Unit]) -> None:
    Unit.objects.filter(name="街道中心").update(valid_to=today())
    queries.changed()
    book = queries.book()
    assert book.unit(units["街道中心"].pk) is None
    assert book.name(units["街道中心"].pk) == ""
    assert book.centre_of(COMMUNITY) == units["区中心"]


def test_the_book_costs_no_query_once_read(units: dict[str, Unit], django_assert_num_queries: Any) -> None:
    queries.book()
    with django_assert_num_queries(0):
        queries.book().responsible("urban", COMMUNITY)


def test_a_name_is_given_once_per_area(units: dict[str, Unit]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.create(name="居委会", kind="committee", area=COMMUNITY)
    Unit.objects.create(name="居委会", kind="committee", area="990101001002")


@pytest.fixture
def post(units: dict[str, Unit]) -> Post:
    account = Account.objects.create_user("wang", "secret")
    return Post.objects.create(account=account, unit=units["区城管局"], role="clerk", area="990101")


def test_posts_of_a_role_nearest_first(units: dict[str, Unit], post: Post) -> None:
    near = Post.objects.create(
        account=post.account, unit=units["居委会"], role="clerk", area=COMMUNITY, title="近"
    )
    assert list(queries.posts_in(COMMUNITY + "001", "clerk")) == [near.pk, post.pk]
    assert list(queries.posts_in("990102", "clerk")) == []


def test_a_token_acts_as_its_post_and_its_secret_is_not_stored(post: Post) -> None:
    token, secret = Token.issue(post, "接口")
    assert secret not in str(vars(token))
    assert queries.post_of_token(secret) == post
    assert queries.post_of_token(secret + "x") is None
    assert queries.post_of_token("") is None


@pytest.mark.parametrize(
    "end",
    [
        lambda token: Token.objects.update(expires_at=now()),
        lambda token: Token.objects.update(revoked_at=now()),
        lambda token: Post.objects.update(valid_to=today()),
        lambda token: Account.objects.update(is_active=False),
    ],
    ids=["expired", "revoked", "post ended", "account closed"],
)
def test_a_token_ends_with_its_time_its_post_or_its_account(post: Post, end: Any) -> None:
    token, secret = Token.issue(post, "接口")
    end(token)
    assert queries.post_of_token(secret) is None
