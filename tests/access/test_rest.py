"""The REST API: every address, for every post and for who brings no usable token."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.test import Client

from linli.config.api import api
from linli.domains.cases import indicators
from linli.domains.cases import permissions as may
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseState, Report
from linli.domains.cases.queries import WORKLISTS
from linli.domains.cases.tests import steps
from linli.domains.cases.tests.steps import CENTRE, FIRE, GRID, POLICE, URBAN, filed, go
from linli.domains.matters import queries as matters
from linli.kernel.access.roles import Scope
from linli.kernel.journal.models import Entry
from linli.kernel.records.editions import drop_all
from linli.kernel.units.models import Post, Token
from linli.lib.time import now, today
from tests.access.conftest import Ask, Town
from tests.access.sees import (
    ADMINS,
    COUNTS,
    NEAR,
    PLACES,
    SEES,
    STAFF,
    acting,
    told_of,
    unseen,
)
from tests.city import City

NOWHERE = "2600000010"
BODY = steps.new_report().model_dump(mode="json", include={"text", "lng", "lat"})

OPEN_TO_ALL = {
    # by the secret of a tracking link alone
    ("get", "/reports/{tracking}"),
    ("post", "/reports/{tracking}/answer"),
    ("post", "/reports/{tracking}/photos"),
    ("post", "/reports/{tracking}/supplements"),
}
NEEDS_A_POST = {
    ("post", "/reports"),
    ("post", "/reports/solved"),
    ("post", "/sync"),
    ("post", "/cases/{number}/reports"),
    ("get", "/cases"),
    ("get", "/cases/{number}"),
    ("get", "/cases/{number}/journal"),
    ("get", "/cases/{number}/moves"),
    ("post", "/cases/{number}/moves"),
    ("get", "/tasks"),
    ("get", "/stats"),
    ("post", "/files"),
}
TO_EVERY_POST = {
    # lists that are no secret; a token is asked for so that it is known which program asks
    ("get", "/areas"),
    ("get", "/areas/locate"),
    ("get", "/areas/{code}"),
    ("get", "/areas/{code}/children"),
    ("get", "/units"),
}
TO_WHO_SEES_MATTERS = {
    # all lists, also what is not published
    ("get", "/matters"),
    ("get", "/matters/suggest"),
    ("get", "/matters/{code}"),
}


def operations() -> set[tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return {(method, path.removeprefix("/api/v1")) for path, found in paths.items() for method in found}


def test_every_address_of_the_api_is_in_the_table() -> None:
    assert operations() == OPEN_TO_ALL | NEEDS_A_POST | TO_EVERY_POST | TO_WHO_SEES_MATTERS


def test_who_brings_no_usable_token_is_let_in_nowhere(town: Town, cases: dict[str, Case]) -> None:
    post = town.city.posts["dispatcher"]
    ended_post = Post.objects.create(account=post.account, unit=post.unit, role="dispatcher", area=post.area)
    closed_account = town.city.posts["head"]
    secrets = {
        "ended": Token.issue(post, "过期", expires_at=now() - dt.timedelta(seconds=1))[1],
        "revoked": Token.issue(post, "撤销")[1],
        "of a post that has ended": Token.issue(ended_post, "离任")[1],
        "of an account that is closed": Token.issue(closed_account, "停用")[1],
        "unknown": "ll_0000000000000000",
    }
    Token.objects.filter(digest=Token.digest_of(secrets["revoked"])).update(revoked_at=now())
    Post.objects.filter(pk=ended_post.pk).update(valid_to=today())
    type(post.account).objects.filter(pk=closed_account.account_id).update(is_active=False)
    drop_all()
    headers = [{}, *({"Authorization": f"Bearer {secret}"} for secret in secrets.values())]
    client = Client()
    for method, path in NEEDS_A_POST | TO_EVERY_POST | TO_WHO_SEES_MATTERS:
        address = "/api/v1" + path.format(number=cases[NEAR].number, code="990101")
        for one in headers:
            answer = getattr(client, method)(address, headers=one)
            assert answer.status_code == 401, (method, path, one)
            assert cases[NEAR].number not in answer.content.decode()
    drop_all()


# Lists -----------------------------------------------------------------------------------------------------


def listed(ask: Ask, who: str, path: str, **query: str) -> set[str]:
    """The numbers on all pages of a list, two at a time."""
    found: list[str] = []
    cursor = ""
    while True:
        page = ask(who, "get", path, cursor=cursor, limit="2", **query)
        assert page.status_code == 200, (who, path, query, page.content.decode())
        told = page.json()
        found += [item["case"] if "case" in item else item["number"] for item in told["items"]]
        cursor = told["next"] or ""
        if not cursor:
            assert len(found) == len(set(found))
            return set(found)


def test_lists_and_search_show_what_is_seen(ask: Ask, numbers: dict[str, str]) -> None:
    for who in STAFF:
        seen = {numbers[place] for place in SEES[who]}
        assert listed(ask, who, "/cases") == seen, who
        assert listed(ask, who, "/cases", q="消防通道") == seen, who
        for code in WORKLISTS:
            assert listed(ask, who, "/cases", list=code) <= seen, (who, code)
        for place in unseen(who):
            assert listed(ask, who, "/cases", q=numbers[place]) == set(), (who, place)


def test_filters_narrow_and_never_widen(ask: Ask, city: City, cases: dict[str, Case]) -> None:
    fire, matter = city.unit(FIRE), matters.by_id(cases[NEAR].matter_id or 0)
    filters: list[tuple[dict[str, str], Callable[[Case], bool]]] = [
        ({"area": "990101001"}, lambda case: case.area.startswith("990101001")),
        ({"area": "990102"}, lambda case: case.area.startswith("990102")),
        ({"area": "9901"}, lambda case: True),
        ({"unit": str(fire)}, lambda case: fire in case.units),
        ({"state": "handling"}, lambda case: case.state == CaseState.HANDLING),
        ({"matter": matter.code}, lambda case: case.matter_id == matter.pk),
        ({"category": matter.category}, lambda case: case.matter_id == matter.pk),
        ({"channel": "portal", "opened_from": today().isoformat()}, lambda case: True),
        ({"closed_from": "2020-01-01"}, lambda case: case.closed_at is not None),
    ]
    for who in STAFF:
        for query, holds in filters:
            expected = {cases[place].number for place in SEES[who] if holds(cases[place])}
            assert listed(ask, who, "/cases", **query) == expected, (who, query)


def test_a_cursor_of_another_post_opens_nothing(ask: Ask, numbers: dict[str, str]) -> None:
    page = ask("city_dispatcher", "get", "/cases", limit="1").json()
    for who in STAFF:
        told = ask(who, "get", "/cases", cursor=page["next"]).content.decode()
        assert told_of(told, numbers) <= SEES[who], who


def test_open_tasks_are_those_of_ones_own_unit(ask: Ask, numbers: dict[str, str]) -> None:
    for who in STAFF:
        expected = {numbers[place] for place in SEES["fire"]} if who == "fire" else set()
        assert listed(ask, who, "/tasks") == expected, who


# One case --------------------------------------------------------------------------------------------------


def test_a_case_its_journal_and_its_moves_are_told_to_who_sees_it(ask: Ask, numbers: dict[str, str]) -> None:
    for part in ("", "/journal", "/moves"):
        nowhere = ask("fire", "get", f"/cases/{NOWHERE}{part}").json() | {"request_id": ""}
        for who in STAFF:
            for place, number in numbers.items():
                answer = ask(who, "get", f"/cases/{number}{part}")
                assert answer.status_code == (200 if place in SEES[who] else 404), (who, place, part)
                if place not in SEES[who]:
                    assert answer.json() | {"request_id": ""} == nowhere, (who, place, part)


def test_no_move_is_made_on_what_is_not_seen(ask: Ask, numbers: dict[str, str]) -> None:
    for who in STAFF:
        for place in unseen(who):
            for move in ("accept", "comment", "join"):
                body = {"move": move, "opinion": "看不到", "version": 1}
                assert ask(who, "post", f"/cases/{numbers[place]}/moves", body).status_code == 404
            # what is wrong by itself is told without a look at the case: the same for one that there is not
            given = {"move": "no_such_move", "version": 1}
            seen, nowhere = (
                ask(who, "post", f"/cases/{number}/moves", given) for number in (numbers[place], "2600000000")
            )
            assert (seen.status_code, nowhere.status_code) == (422, 422)
            assert seen.json()["errors"] == nowhere.json()["errors"]
    assert not Entry.objects.filter(move="comment").exists()


# Reports ---------------------------------------------------------------------------------------------------


def test_a_report_is_taken_from_whoever_may_report(ask: Ask, city: City) -> None:
    for who in STAFF:
        with transaction.atomic():
            answer = ask(who, "post", "/reports", BODY)
            assert answer.status_code == (201 if acting(city, who).can(may.REPORT) else 403), who
            solved = ask(who, "post", "/reports/solved", BODY | {"statement": "已当场处理"})
            transaction.set_rollback(True)
        by_area = acting(city, who).can(may.SOLVE) and GRID.startswith(acting(city, who).area)
        assert solved.status_code == (201 if by_area else 403), who


def test_a_report_joins_where_one_may_add_and_tells_nothing_of_the_case(
    ask: Ask, city: City, cases: dict[str, Case]
) -> None:
    Case.objects.update(title="先上报的人写的话")
    body = BODY | {"text": "后上报的人写的话，路口积水很深"}
    for who in STAFF:
        me = acting(city, who)
        for place, case in cases.items():
            over_area = Scope.AREA in me.scopes(may.JOIN) and case.area.startswith(me.area)
            reaches = not case.sensitive or Scope.AREA in me.scopes(may.SENSITIVE)
            expected = 403 if not me.can(may.REPORT) else 201 if over_area and reaches else 404
            if place in SEES[who] and expected == 404:
                expected = 403  # seen by its part, and not to be added to
            with transaction.atomic():
                answer = ask(who, "post", f"/cases/{case.number}/reports", body)
                assert answer.status_code == expected, (who, place)
                if expected == 201:
                    slip = ask("public", "get", f"/reports/{answer.json()['tracking']}")
                    assert "先上报的人" not in answer.content.decode() + slip.content.decode(), (who, place)
                transaction.set_rollback(True)


# Figures and lists that are published ----------------------------------------------------------------------


def test_figures_are_a_plain_count_of_what_is_seen_or_overseen(ask: Ask, cases: dict[str, Case]) -> None:
    counts: dict[str, Callable[[Case], bool]] = {
        "reported": lambda case: True,
        "moves_report": lambda case: True,
        "open": lambda case: True,
        "at_reported": lambda case: case.state == CaseState.REPORTED,
        "at_handling": lambda case: case.state == CaseState.HANDLING,
        "moves_dispatch": lambda case: case.state == CaseState.HANDLING,
        "closed": lambda case: False,
    }
    assert set(counts) <= set(indicators.INDICATORS)
    for who in STAFF:
        for area in ("", "990102") if who in ADMINS | {"leader", "fire", "dispatcher"} else ("",):
            answer = ask(who, "get", "/stats", area=area)
            if who in ADMINS:
                assert answer.status_code == 403
                continue
            told = answer.json()
            mine = [cases[place] for place in COUNTS[who] if cases[place].area.startswith(area)]
            figures = {one["code"]: one["numerator"] for one in told["figures"]}
            for code, holds in counts.items():
                assert figures[code] == sum(map(holds, mine)), (who, area, code)
            for child in told["children"]:
                below = [case for case in mine if case.area.startswith(child["area"])]
                number = next(one["numerator"] for one in child["figures"] if one["code"] == "open")
                assert number == len(below), (who, child["area"])


def test_lists_that_belong_to_nobody_are_told_alike_to_all_who_may_read_them(ask: Ask) -> None:
    query = {"lng": str(BODY["lng"]), "lat": str(BODY["lat"]), "text": "消防通道堵塞"}
    known = {"/areas/{code}": "990101", "/matters/{code}": matters.current(area="9901")[0].code}
    for _method, path in sorted(TO_EVERY_POST | TO_WHO_SEES_MATTERS):
        address = path.replace("{code}", known.get(path.removesuffix("/children"), ""))
        refused = {"security_admin", "audit_admin"} if path.startswith("/matters") else set()
        answers = {who: ask(who, "get", address, **query) for who in STAFF}
        assert {who for who, answer in answers.items() if answer.status_code == 403} == refused, path
        assert len({answer.content for who, answer in answers.items() if who not in refused}) == 1, path


# Moves -----------------------------------------------------------------------------------------------------

CENTRES = {"dispatcher", "head", "district_dispatcher", "city_dispatcher"}
HOLDING = {"dispatcher", "head"}
"""The post that decides in the centre which holds the case, and its head."""
ON_THE_SPOT = {"worker", "committee"}

MAKES: dict[str, tuple[str, set[str]]] = {
    # move: the case on which it is tried, and the posts that make it; everybody else is refused
    "accept": ("reported", HOLDING),
    "return": ("reported", HOLDING),
    "classify": ("reported", HOLDING),
    "dispatch": ("reported", HOLDING),
    "assist": ("handling", CENTRES),
    "escalate": ("accepted", HOLDING),
    "pass_down": ("escalated", {"district_dispatcher"}),
    "hand_back": ("handling", {"fire", "police"}),
    "handle": ("handling", {"fire"}),
    "finish": ("handling", {"police"}),
    "ask_suspension": ("handling", {"fire"}),
    "ask_extension": ("handling", {"fire"}),
    "approve": ("requested", CENTRES),
    "refuse": ("requested", CENTRES),
    "resume": ("suspended", CENTRES),
    "verify": ("handled", CENTRES | ON_THE_SPOT),
    "send_back": ("handled", CENTRES | ON_THE_SPOT),
    "close": ("verified", CENTRES),
    "answer": ("verified", set()),
    "reopen": ("closed", CENTRES),
    "withdraw": ("reported", set()),
    "join": ("handling", CENTRES | ON_THE_SPOT | {"fire", "police"}),
    "merge": ("reported", HOLDING),
    "unmerge": ("merged", HOLDING),
    "split": ("reported", HOLDING),
    "supplement": ("reported", set()),
    "comment": ("handling", CENTRES | ON_THE_SPOT | {"fire", "police", "supervisor"}),
    "note": ("handling", CENTRES | ON_THE_SPOT | {"fire", "police"}),
    "supervise": ("handling", {"head", "supervisor"}),
    "reply": ("supervised", {"fire"}),
    "follow_calendar": ("handling", set()),  # the platform's own, after a revision of the calendar
}
TAKE_PART = {"fire", "police"}
WITH_PARTS = {"handling", "requested", "suspended", "handled", "verified", "closed", "supervised"}


def at_every_stage(city: City) -> dict[str, Case]:
    """A case of the street at each stage of the flow; the fire brigade leads, the police assist."""
    dispatcher, fire = city.actor("dispatcher"), city.actor("fire")

    def handling() -> Case:
        return steps.dispatched(city, assist=(POLICE,))

    def handled() -> Case:
        return go(fire, handling(), "handle", opinion="通道已畅通", without_assists=True)

    def asked() -> Case:
        return go(fire, handling(), "ask_suspension", reason="等待配件")

    into = filed()
    return {
        "reported": filed(),
        "accepted": go(dispatcher, filed(), "accept"),
        "escalated": go(dispatcher, go(dispatcher, filed(), "accept"), "escalate", reason="请区里协调"),
        "handling": handling(),
        "requested": asked(),
        "suspended": go(dispatcher, asked(), "approve"),
        "handled": handled(),
        "verified": steps.verified(city, handled()),
        "closed": steps.closed(city, steps.verified(city, handled())),
        "merged": go(dispatcher, filed(), "merge", into=into.number),
        "into": into,
        "supervised": go(
            city.actor("supervisor"), handling(), "supervise", unit=city.unit(FIRE), opinion="请抓紧"
        ),
    }


def given_to(move: str, city: City, into: Case, report: int) -> dict[str, Any]:
    """What the move is given, so that nothing but who asks can be wrong."""
    urban, fire = city.unit(URBAN), city.unit(FIRE)
    words = {"opinion": "按要求办理"}
    reason = {"reason": "写明的理由"}
    given: dict[str, dict[str, Any]] = {
        "return": reason | {"go_to": "供电公司 95598"},
        "classify": {"matter": next(m.code for m in matters.current(area=GRID) if m.active)},
        "dispatch": {"lead": fire},
        "assist": {"units": [urban]},
        "escalate": reason,
        "pass_down": {"unit": city.unit(CENTRE)},
        "hand_back": reason,
        "handle": words | {"without_assists": True},
        "ask_suspension": reason,
        "ask_extension": reason | {"amount": 1},
        "send_back": reason,
        "close": words | {"result": "explained"},
        "answer": {"solved": True},
        "reopen": reason,
        "join": BODY,
        "merge": {"into": into.number},
        "unmerge": reason,
        "split": reason | {"parts": [{"text": "另一处路灯不亮"}]},
        "supplement": {"text": "又堵上了", "report": report},
        "supervise": words | {"unit": fire},
        "follow_calendar": reason,
    }
    return given.get(move, words if "opinion" in flow.moves[move].given.model_fields else {})


def test_every_move_is_in_the_table() -> None:
    assert set(MAKES) == set(flow.moves)


def test_each_move_is_made_by_who_may_and_refused_to_all_others(ask: Ask, city: City) -> None:
    stages = at_every_stage(city)
    for move, (stage, makers) in MAKES.items():
        case = stages[stage]
        report = Report.objects.filter(first_case=case.pk).values_list("pk", flat=True)[0]
        body = {"move": move, **given_to(move, city, stages["into"], report)}
        for who in STAFF:
            is_seen = NEAR in SEES[who] or (who in TAKE_PART and stage in WITH_PARTS)
            with transaction.atomic():
                answer = ask(who, "post", f"/cases/{case.number}/moves", body)
                transaction.set_rollback(True)
            expected = {200} if who in makers else {403, 409} if is_seen else {404}
            assert answer.status_code in expected, (move, who, answer.content.decode())
        assert ask("public", "post", f"/cases/{case.number}/moves", body).status_code == 401


def synced(ask: Ask, who: str, *acts: dict[str, Any]) -> list[int]:
    """What a batch is answered, by act."""
    sent = [{"client_id": str(uuid4()), "at": now().isoformat()} | act for act in acts]
    answer = ask(who, "post", "/sync", {"acts": sent})
    assert answer.status_code == 200, (who, answer.content.decode())
    return [one["status"] for one in answer.json()["done"]]


def test_an_act_in_a_batch_is_judged_as_at_its_own_door(
    ask: Ask, city: City, numbers: dict[str, str]
) -> None:
    stages = at_every_stage(city)
    asked = []
    for move, (stage, makers) in MAKES.items():
        report = Report.objects.filter(first_case=stages[stage].pk).values_list("pk", flat=True)[0]
        given = given_to(move, city, stages["into"], report)
        asked.append((move, stage, makers, {"kind": "move", "number": stages[stage].number, "given": given}))
    for who in STAFF:
        me = acting(city, who)
        for move, stage, makers, act in asked:
            is_seen = NEAR in SEES[who] or (who in TAKE_PART and stage in WITH_PARTS)
            with transaction.atomic():
                (status,) = synced(ask, who, act | {"move": move})
                transaction.set_rollback(True)
            assert status in ({200} if who in makers else {403, 409} if is_seen else {404}), (move, who)
        with transaction.atomic():
            report, solved, *hidden = synced(
                ask,
                who,
                {"kind": "report", "given": BODY},
                {"kind": "solved", "given": BODY | {"statement": "已当场处理"}},
                *({"kind": "move", "move": "comment", "number": numbers[p]} for p in sorted(unseen(who))),
            )
            transaction.set_rollback(True)
        assert report == (201 if me.can(may.REPORT) else 403), who
        assert solved == (201 if me.can(may.SOLVE) and GRID.startswith(me.area) else 403), who
        assert set(hidden) <= {404}, who
    assert ask("public", "post", "/sync", {"acts": []}).status_code == 401


def test_what_is_named_in_a_move_must_be_seen_too(ask: Ask, city: City, numbers: dict[str, str]) -> None:
    """A case cannot be merged into one out of sight, and the refusal is that of a number that is none."""
    case = filed()
    for place in sorted(PLACES - SEES["dispatcher"] | {"nowhere"}):
        body = {"move": "merge", "into": numbers.get(place, NOWHERE)}
        answer = ask("dispatcher", "post", f"/cases/{case.number}/moves", body)
        assert answer.status_code == 422, place
        assert [one["field"] for one in answer.json()["errors"]] == ["into"]
    assert not Entry.objects.filter(move__in=["merge", "take_in"]).exists()
