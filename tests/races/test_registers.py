"""Two administrators at the same moment: duties stay apart, and somebody stays in office."""

from __future__ import annotations

import pytest

from linli.kernel.access.actor import SYSTEM
from linli.kernel.units import actions, entries
from linli.kernel.units.errors import LastAdministrator, RolesExclude
from linli.kernel.units.models import Account, Post
from linli.lib.errors import Invalid, Refusal
from tests.city import CITY, City
from tests.races.test_cases import ROUNDS, at_once

pytestmark = pytest.mark.django_db(transaction=True)
TOP = "市综治中心"


def newcomer(city: City, username: str) -> Account:
    account, _ = actions.create_account(actor=SYSTEM, username=username, name="新人", unit=city.units[TOP])
    return account


def appoint(city: City, account: Account, role: str) -> Post:
    return actions.give_post(
        actor=city.actor("security_admin"), account=account, unit=city.units[TOP], role=role, area=CITY
    )


def test_of_two_posts_that_exclude_each_other_one_is_given(city: City) -> None:
    for number in range(ROUNDS):
        account = newcomer(city, f"xinren{number}")
        outcomes = at_once(
            [
                lambda account=account: appoint(city, account, "system_admin"),
                lambda account=account: appoint(city, account, "audit_admin"),
            ]
        )
        assert sorted(type(one) for one in outcomes if isinstance(one, Refusal)) == [RolesExclude]
        assert Post.objects.filter(account=account).count() == 1
    assert entries.verify()[1] == []


def test_of_the_last_two_administrators_one_stays(city: City) -> None:
    for number in range(ROUNDS):
        second = appoint(city, newcomer(city, f"xinren{number}"), "audit_admin")
        standing = Post.objects.valid().filter(role="audit_admin", area=CITY).exclude(pk=second.pk).get()
        outcomes = at_once(
            [
                lambda post=second: actions.end_post(actor=SYSTEM, post=post),
                lambda post=standing: actions.end_post(actor=SYSTEM, post=post),
            ]
        )
        assert [type(one) for one in outcomes if isinstance(one, Refusal)] == [LastAdministrator]
        assert Post.objects.valid().filter(role="audit_admin", area=CITY).count() == 1


def test_a_user_name_is_given_once(city: City) -> None:
    for number in range(ROUNDS):
        outcomes = at_once([lambda name=f"xinren{number}": newcomer(city, name)] * 3)
        assert [type(one) for one in outcomes if isinstance(one, Refusal)] == [Invalid, Invalid]
    count, faults = entries.verify()
    assert (count, faults) == (ROUNDS, [])
