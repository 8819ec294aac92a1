"""Changing the registers: it works, each refusal, who may, and what is written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.contrib.auth import authenticate
from django.db import ProgrammingError, transaction

from linli.kernel.access.actor import SYSTEM, Actor, actor_of
from linli.kernel.access.roles import ROLES
from linli.kernel.units import actions, entries
from linli.kernel.units.errors import (
    AccountInactive,
    AdministratorsApart,
    LastAdministrator,
    OutOfReach,
    PostEnded,
    RolesExclude,
    SelfServed,
    UnitClosed,
    UnitInUse,
)
from linli.kernel.units.models import Account, Post, RegisterEntry, Token, Unit, UnitKind
from linli.kernel.units.queries import book, post_of_token
from linli.lib.errors import Invalid, NotAllowed, WrongState
from linli.lib.time import at, now, today
from tests.city import CITY, City

STREET, GRID, COMMUNITY = "990101001", "990101001001001", "990101001001"
CENTRE = "柳湾街道综治中心"
KNOWN, OWN = "linli-test-2026", "Hupan-2026-qingfeng"


@pytest.fixture
def keeper(city: City) -> Actor:
    """Who keeps units and accounts of the city."""
    return city.actor("system_admin")


@pytest.fixture
def granter(city: City) -> Actor:
    """Who grants posts in the city."""
    return city.actor("security_admin")


def street(city: City, role: str) -> Actor:
    """An administrator whose post stands in one street."""
    account = Account.objects.create_user(f"street-{role}", name=role)
    post = Post.objects.create(account=account, unit=city.units[CENTRE], role=role, area=STREET)
    return actor_of(post)


def newcomer(city: City, username: str = "lihua", unit: str = CENTRE) -> Account:
    account, _ = actions.create_account(actor=SYSTEM, username=username, name="李华", unit=city.units[unit])
    return account


def last_entry() -> RegisterEntry:
    return RegisterEntry.objects.latest("number")


def give(city: City, actor: Actor, account: Account, **more: object) -> Post:
    given: dict[str, object] = {"unit": city.units[CENTRE], "role": "dispatcher", "area": STREET} | more
    return actions.give_post(actor=actor, account=account, **given)  # type: ignore[arg-type]  # tests mix fields


# Units


def test_registers_a_unit_that_is_responsible_at_once(keeper: Actor, city: City) -> None:
    unit = actions.create_unit(
        actor=keeper,
        name="柳湾街道城管所",
        kind=UnitKind.DEPARTMENT,
        area=STREET,
        parent=city.units["东湖区城市管理局"],
        functions=["lamps", "lamps"],
    )
    assert book().responsible("lamps", GRID) == unit
    entry = last_entry()
    assert (entry.deed, entry.subject, entry.subject_id, entry.area) == (
        "create_unit",
        "unit",
        unit.pk,
        STREET,
    )
    assert (entry.account, entry.post) == (keeper.account, keeper.post)
    assert entry.facts["functions"] == ["lamps"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "长" * 81}, "name"),
        ({"name": CENTRE}, "name"),
        ({"short_name": "长" * 31}, "short_name"),
        ({"kind": "club"}, "kind"),
        ({"area": "99010"}, "area"),
        ({"area": "990101099"}, "area"),
        ({"functions": ["Fire!"]}, "functions"),
    ],
)
def test_refuses_a_unit_that_is_wrong(keeper: Actor, wrong: dict[str, object], field: str) -> None:
    given: dict[str, object] = {"name": "新单位", "kind": "department", "area": STREET} | wrong
    with pytest.raises(Invalid) as refused:
        actions.create_unit(actor=keeper, **given)  # type: ignore[arg-type]  # wrong on purpose
    assert refused.value.fields.keys() == {field}
    assert not RegisterEntry.objects.exists()


def test_a_unit_stands_below_one_whose_area_holds_its_own(keeper: Actor, city: City) -> None:
    for parent in ("西山区城市管理局", "石桥街道综治中心"):
        with pytest.raises(Invalid, match="必须包含"):
            actions.create_unit(
                actor=keeper, name="新单位", kind="department", area=STREET, parent=city.units[parent]
            )


def test_a_unit_never_stands_below_itself(keeper: Actor, city: City) -> None:
    top, below = city.units["柳湾街道办事处"], city.units[CENTRE]
    actions.revise_unit(actor=keeper, unit=below, name=CENTRE, kind=below.kind, parent=top)
    for parent in (top, below):
        with pytest.raises(Invalid, match="不能是本单位"):
            actions.revise_unit(actor=keeper, unit=top, name=top.name, kind=top.kind, parent=parent)


def test_a_revision_tells_what_was_and_what_is(keeper: Actor, city: City) -> None:
    unit = city.units[CENTRE]
    actions.revise_unit(actor=keeper, unit=unit, name="新名称", kind=unit.kind, functions=unit.functions)
    assert last_entry().facts == {"before": {"name": CENTRE}, "after": {"name": "新名称"}}
    assert book().name(unit.pk) == "新名称"
    actions.revise_unit(actor=keeper, unit=unit, name="新名称", kind=unit.kind, functions=unit.functions)
    assert RegisterEntry.objects.count() == 1  # nothing changed, nothing to tell


def test_closes_a_unit_that_nobody_needs_any_more(keeper: Actor) -> None:
    unit = actions.create_unit(actor=keeper, name="临时专班", kind="department", area=STREET)
    actions.close_unit(actor=keeper, unit=unit, reason="专班解散")
    assert book().unit(unit.pk) is None
    assert last_entry().facts == {"reason": "专班解散"}
    with pytest.raises(UnitClosed):
        actions.revise_unit(actor=keeper, unit=unit, name="重来", kind=unit.kind)
    with pytest.raises(UnitClosed):
        actions.create_account(actor=keeper, username="wanle", name="晚了", unit=unit_of(unit))


def unit_of(unit: Unit) -> Unit:
    return Unit.objects.get(pk=unit.pk)


def test_a_unit_in_use_is_not_closed(keeper: Actor, city: City) -> None:
    with pytest.raises(UnitInUse, match="3 个岗位未结束"):
        actions.close_unit(actor=keeper, unit=city.units[CENTRE], reason="合并")
    above = actions.create_unit(actor=keeper, name="上级", kind="department", area=STREET)
    below = actions.create_unit(actor=keeper, name="下级", kind="department", area=STREET, parent=above)
    with pytest.raises(UnitInUse, match="1 个下级单位"):
        actions.close_unit(actor=keeper, unit=above, reason="合并")
    with pytest.raises(Invalid, match="事由"):
        actions.close_unit(actor=keeper, unit=below, reason=" ")


def test_a_unit_with_work_left_is_not_closed(
    keeper: Actor, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "_holding", [lambda unit: "还有 2 件在办事件"])
    with pytest.raises(UnitInUse, match="2 件在办事件"):
        actions.close_unit(actor=keeper, unit=city.units["西山区民政局"], reason="合并")


# Accounts


def test_a_new_account_has_a_one_time_password_and_can_do_nothing(keeper: Actor, city: City) -> None:
    account, secret = actions.create_account(
        actor=keeper, username="lihua", name="李华", unit=city.units[CENTRE]
    )
    assert authenticate(username="lihua", password=secret) == account
    assert Account.objects.get(pk=account.pk).has_one_time_password
    assert not Post.objects.filter(account=account).exists()
    assert secret not in str(last_entry().facts)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "李华"}, "username"),
        ({"username": "l"}, "username"),
        ({"username": "worker"}, "username"),
        ({"name": ""}, "name"),
        ({"name": "长" * 31}, "name"),
    ],
)
def test_refuses_an_account_that_is_wrong(
    keeper: Actor, city: City, wrong: dict[str, str], field: str
) -> None:
    given = {"username": "lihua", "name": "李华"} | wrong
    with pytest.raises(Invalid) as refused:
        actions.create_account(actor=keeper, unit=city.units[CENTRE], **given)
    assert refused.value.fields.keys() == {field}


def test_a_password_is_one_s_own_after_the_first_change(keeper: Actor, city: City) -> None:
    account, secret = actions.create_account(
        actor=keeper, username="lihua", name="李华", unit=city.units[CENTRE]
    )
    me = Actor(post=None, account=account.pk, unit=None, area="", role="")
    actions.change_password(actor=me, account=account, old=secret, new=OWN)
    found = authenticate(username="lihua", password=OWN)
    assert found == account
    assert not Account.objects.get(pk=account.pk).has_one_time_password
    assert last_entry().deed == "change_password"


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wrong", OWN, "old"),
        (None, "short-1A", "new"),
        (None, "onlysmallletters", "new"),
        (None, "Worker-2026-abc", "new"),
        (None, KNOWN, "new"),
    ],
)
def test_refuses_a_weak_or_unchanged_password(city: City, old: str | None, new: str, field: str) -> None:
    me = city.actor("worker")
    with pytest.raises(Invalid) as refused:
        actions.change_password(actor=me, account=city.posts["worker"].account, old=old or KNOWN, new=new)
    assert refused.value.fields.keys() == {field}


def test_nobody_changes_the_password_of_another(city: City) -> None:
    with pytest.raises(SelfServed):
        actions.change_password(
            actor=city.actor("system_admin"),
            account=city.posts["worker"].account,
            old=KNOWN,
            new=OWN,
        )


def test_a_one_time_password_that_lay_about_no_longer_works(keeper: Actor, city: City) -> None:
    account = city.posts["worker"].account
    secret = actions.reset_password(actor=keeper, account=account)
    with at(now() + dt.timedelta(days=4)), pytest.raises(WrongState, match="过期"):
        actions.change_password(actor=city.actor("worker"), account=account, old=secret, new=OWN)


def test_nobody_resets_or_switches_off_themselves(keeper: Actor, city: City) -> None:
    own = city.posts["system_admin"].account
    with pytest.raises(SelfServed):
        actions.reset_password(actor=keeper, account=own)
    with pytest.raises(SelfServed):
        actions.deactivate_account(actor=keeper, account=own, reason="离职")


@pytest.mark.parametrize("word", ["security_admin", "audit_admin"])
def test_no_administrator_takes_over_the_account_of_another_kind(
    keeper: Actor, city: City, word: str
) -> None:
    with pytest.raises(AdministratorsApart):
        actions.reset_password(actor=keeper, account=city.posts[word].account)
    assert actions.reset_password(actor=SYSTEM, account=city.posts[word].account)


def test_an_account_that_is_off_holds_no_post_until_it_is_on_again(keeper: Actor, city: City) -> None:
    account = city.posts["worker"].account
    actions.deactivate_account(actor=keeper, account=account, reason="借调")
    assert authenticate(username="worker", password=KNOWN) is None
    assert not Post.objects.valid().filter(account=account).exists()
    with pytest.raises(AccountInactive):
        actions.deactivate_account(actor=keeper, account=account, reason="借调")
    with pytest.raises(AccountInactive):
        actions.reset_password(actor=keeper, account=account)
    _, secret = actions.activate_account(actor=keeper, account=account)
    assert authenticate(username="worker", password=secret) == account
    assert Post.objects.valid().filter(account=account).exists()
    with pytest.raises(WrongState, match="已是启用"):
        actions.activate_account(actor=keeper, account=account)


def test_an_account_moves_to_another_unit(keeper: Actor, city: City) -> None:
    account = newcomer(city)
    other = city.units["石桥街道综治中心"]
    actions.revise_account(actor=keeper, account=account, name="李桦", unit=other)
    assert last_entry().facts["after"] == {"name": "李桦", "unit": other.pk}


# Posts


def test_gives_a_post_that_holds_from_its_first_day(granter: Actor, city: City) -> None:
    account = newcomer(city)
    first = today() + dt.timedelta(days=3)
    post = give(city, granter, account, valid_from=first, title="分办岗")
    assert post not in Post.objects.valid()
    assert post in Post.objects.valid(first)
    entry = last_entry()
    assert (entry.deed, entry.subject_id, entry.area) == ("give_post", post.pk, STREET)
    assert entry.facts["username"] == "lihua"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "reporter"}, "role"),
        ({"role": "mayor"}, "role"),
        ({"role": "grid_worker"}, "role"),
        ({"role": "committee_clerk", "area": GRID}, "role"),
        ({"area": "990101099"}, "area"),
        ({"area": "x"}, "area"),
        ({"area": "990101"}, "area"),
        ({"title": "长" * 41}, "title"),
        ({"valid_to": dt.date(2020, 1, 1)}, "valid_to"),
        ({"valid_from": dt.date(2020, 1, 1), "valid_to": dt.date(2020, 2, 1)}, "valid_to"),
    ],
)
def test_refuses_a_post_that_is_wrong(
    granter: Actor, city: City, wrong: dict[str, object], field: str
) -> None:
    account = newcomer(city)
    with pytest.raises(Invalid) as refused:
        give(city, granter, account, **wrong)
    assert refused.value.fields.keys() == {field}
    assert not Post.objects.filter(account=account).exists()


def test_a_post_needs_an_open_unit_and_an_active_account(granter: Actor, keeper: Actor, city: City) -> None:
    unit = actions.create_unit(actor=keeper, name="临时专班", kind="department", area=STREET)
    unit = actions.close_unit(actor=keeper, unit=unit, reason="专班解散")
    account = newcomer(city)
    with pytest.raises(UnitClosed):
        give(city, granter, account, unit=unit)
    actions.deactivate_account(actor=keeper, account=account, reason="离职")
    with pytest.raises(AccountInactive):
        give(city, granter, account)


def test_the_same_post_is_not_given_twice_at_a_time(granter: Actor, city: City) -> None:
    account = newcomer(city)
    post = give(city, granter, account)
    with pytest.raises(Invalid, match="已任此岗位"):
        give(city, granter, account)
    actions.end_post(actor=granter, post=post)
    give(city, granter, account)


ADMINISTRATORS = ("system_admin", "security_admin", "audit_admin")


@pytest.mark.parametrize("held", ADMINISTRATORS)
@pytest.mark.parametrize("wanted", ADMINISTRATORS)
def test_administrators_of_different_kinds_are_different_people(city: City, held: str, wanted: str) -> None:
    account = newcomer(city)
    give(city, SYSTEM, account, role=held)
    if held == wanted:
        return
    with pytest.raises(RolesExclude, match="不得同时任") as refused:
        give(city, SYSTEM, account, role=wanted)
    assert refused.value.fields.keys() == {"role"}
    later = today() + dt.timedelta(days=30)
    with pytest.raises(RolesExclude):
        give(city, SYSTEM, account, role=wanted, valid_from=later)


def test_one_may_become_another_kind_of_administrator_afterwards(city: City) -> None:
    account, later = newcomer(city), today() + dt.timedelta(days=30)
    give(city, SYSTEM, account, role="system_admin", valid_to=later)
    give(city, SYSTEM, account, role="audit_admin", valid_from=later)


def test_exclusions_are_declared_from_both_sides() -> None:
    assert all(code in ROLES[other].excludes for code, role in ROLES.items() for other in role.excludes)


def test_nobody_gives_themselves_a_post(granter: Actor, city: City) -> None:
    with pytest.raises(SelfServed):
        give(city, granter, city.posts["security_admin"].account)


def test_ends_a_post(granter: Actor, city: City) -> None:
    post = actions.end_post(actor=granter, post=city.posts["worker"], reason="调离")
    assert post not in Post.objects.valid()
    assert last_entry().facts["reason"] == "调离"
    with pytest.raises(PostEnded):
        actions.end_post(actor=granter, post=post)
    with pytest.raises(Invalid, match="早于今天"):
        actions.end_post(actor=granter, post=city.posts["committee"], on=today() - dt.timedelta(days=1))


def test_a_post_that_has_not_begun_never_holds(granter: Actor, city: City) -> None:
    first = today() + dt.timedelta(days=3)
    post = actions.end_post(actor=granter, post=give(city, granter, newcomer(city), valid_from=first))
    assert post not in Post.objects.valid(first)


@pytest.mark.parametrize("word", ADMINISTRATORS)
def test_the_last_administrator_stays(keeper: Actor, granter: Actor, city: City, word: str) -> None:
    post = city.posts[word]
    with pytest.raises(LastAdministrator):
        actions.end_post(actor=granter, post=post)
    street(city, word)  # one in a street does not stand for the city
    with pytest.raises(LastAdministrator):
        actions.deactivate_account(actor=SYSTEM, account=post.account, reason="离职")
    give(city, SYSTEM, newcomer(city, "jieren"), unit=city.units["市综治中心"], role=word, area=CITY)
    actions.end_post(actor=granter, post=post)
    assert last_entry().deed == "end_post"


# Tokens


def test_a_token_acts_as_its_post_until_it_is_revoked(granter: Actor, city: City) -> None:
    token, secret = actions.issue_token(
        actor=granter, post=city.posts["dispatcher"], label="热线系统", days=30
    )
    assert post_of_token(secret) == city.posts["dispatcher"]
    assert secret not in str(last_entry().facts)
    actions.revoke_token(actor=granter, token=token)
    assert post_of_token(secret) is None
    assert [e.deed for e in RegisterEntry.objects.order_by("number")] == ["issue_token", "revoke_token"]
    with pytest.raises(WrongState, match="已经撤销"):
        actions.revoke_token(actor=granter, token=token)


@pytest.mark.parametrize(
    ("wrong", "field"), [({"label": " "}, "label"), ({"days": 0}, "days"), ({"days": 4000}, "days")]
)
def test_refuses_a_token_that_is_wrong(
    granter: Actor, city: City, wrong: dict[str, object], field: str
) -> None:
    given: dict[str, object] = {"label": "热线系统", "days": 30} | wrong
    before = Token.objects.count()
    with pytest.raises(Invalid) as refused:
        actions.issue_token(actor=granter, post=city.posts["dispatcher"], **given)  # type: ignore[arg-type]
    assert refused.value.fields.keys() == {field}
    assert Token.objects.count() == before


def test_no_token_for_a_post_that_has_ended(granter: Actor, city: City) -> None:
    post = actions.end_post(actor=granter, post=city.posts["worker"])
    with pytest.raises(PostEnded):
        actions.issue_token(actor=granter, post=post, label="热线系统")


# Who may, and where

DEEDS: dict[str, tuple[str, Callable[[Actor, City], object]]] = {
    "create_unit": (
        "system_admin",
        lambda me, city: actions.create_unit(actor=me, name="新", kind="department", area="990102"),
    ),
    "revise_unit": (
        "system_admin",
        lambda me, city: actions.revise_unit(
            actor=me, unit=city.units["西山区民政局"], name="新", kind="department"
        ),
    ),
    "close_unit": (
        "system_admin",
        lambda me, city: actions.close_unit(actor=me, unit=city.units["西山区民政局"], reason="合并"),
    ),
    "create_account": (
        "system_admin",
        lambda me, city: actions.create_account(
            actor=me, username="xinren", name="新人", unit=city.units["西山区民政局"]
        ),
    ),
    "revise_account": (
        "system_admin",
        lambda me, city: actions.revise_account(
            actor=me,
            account=city.posts["far_urban"].account,
            name="新",
            unit=city.units["西山区民政局"],
        ),
    ),
    "reset_password": (
        "system_admin",
        lambda me, city: actions.reset_password(actor=me, account=city.posts["far_urban"].account),
    ),
    "deactivate_account": (
        "system_admin",
        lambda me, city: actions.deactivate_account(
            actor=me, account=city.posts["far_urban"].account, reason="离职"
        ),
    ),
    "give_post": (
        "security_admin",
        lambda me, city: actions.give_post(
            actor=me,
            account=city.posts["far_urban"].account,
            unit=city.units["西山区民政局"],
            role="clerk",
            area="990102",
        ),
    ),
    "end_post": (
        "security_admin",
        lambda me, city: actions.end_post(actor=me, post=city.posts["far_urban"]),
    ),
    "issue_token": (
        "security_admin",
        lambda me, city: actions.issue_token(actor=me, post=city.posts["far_urban"], label="系统"),
    ),
    "revoke_token": (
        "security_admin",
        lambda me, city: actions.revoke_token(
            actor=me, token=Token.issue(city.posts["far_urban"], "系统")[0]
        ),
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_each_deed_is_for_one_kind_of_administrator(city: City, deed: str) -> None:
    may, do = DEEDS[deed]
    for word in city.posts:
        if word != may:
            with pytest.raises(NotAllowed):
                do(city.actor(word), city)
    assert not RegisterEntry.objects.exists()
    do(city.actor(may), city)
    assert last_entry().deed == deed


@pytest.mark.parametrize("deed", DEEDS)
def test_each_deed_is_done_in_one_s_own_area_alone(city: City, deed: str) -> None:
    may, do = DEEDS[deed]
    with pytest.raises(OutOfReach):
        do(street(city, may), city)
    assert not RegisterEntry.objects.exists()


def test_a_street_does_not_take_over_an_account_with_a_post_in_the_city(city: City) -> None:
    account = newcomer(city)
    me = street(city, "system_admin")
    actions.reset_password(actor=me, account=account)
    give(city, SYSTEM, account, unit=city.units["市综治中心"], role="leader", area=CITY)
    for deed in (
        lambda: actions.reset_password(actor=me, account=account),
        lambda: actions.deactivate_account(actor=me, account=account, reason="离职"),
    ):
        with pytest.raises(OutOfReach):
            deed()


def test_an_account_without_a_place_is_for_the_city(keeper: Actor, city: City) -> None:
    account = Account.objects.create_user("nobody", KNOWN)
    with pytest.raises(OutOfReach):
        actions.reset_password(actor=street(city, "system_admin"), account=account)
    assert actions.reset_password(actor=keeper, account=account)


# The record of changes


def test_the_record_of_changes_is_append_only(city: City) -> None:
    newcomer(city)
    for change in (
        lambda: RegisterEntry.objects.update(label="别的"),
        lambda: RegisterEntry.objects.all().delete(),
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


def test_a_change_past_the_platform_is_found(city: City) -> None:
    for number in range(3):
        newcomer(city, f"lihua{number}")
    assert entries.verify() == (3, [])
    broken = RegisterEntry.objects.get(number=2)
    broken.label = "别的"
    assert entries.entry_hash(broken) != bytes(broken.hash)


def test_an_undone_change_leaves_no_gap(keeper: Actor, city: City) -> None:
    newcomer(city)
    with pytest.raises(Invalid):
        actions.create_account(actor=keeper, username="lihua", name="李华", unit=city.units[CENTRE])
    newcomer(city, "lihua2")
    assert entries.verify() == (2, [])
