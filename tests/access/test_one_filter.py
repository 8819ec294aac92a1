"""Every door goes through the one row filter (``kernel.access.rows``): shown by closing it, and in code."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse

from linli.domains.cases import actions, finding, indicators, queries
from linli.domains.cases import permissions as may
from linli.domains.cases.contacts import Contact
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, Report
from linli.domains.cases.purposes import REPORTER
from linli.domains.cases.queries import WORKLISTS
from linli.domains.cases.tests.steps import FIRE, GRID, dispatched, filed, new_report
from linli.kernel.access import rows
from linli.kernel.access.actor import Actor
from linli.kernel.flow import perform
from linli.kernel.insight.declaration import Period
from linli.kernel.records.models import Placed
from linli.kernel.vault import actions as vault
from linli.kernel.vault.errors import PersonUnknown, PurposeRefused, ReporterHidden
from linli.kernel.vault.models import Reading
from linli.lib.errors import Invalid, NotAllowed, NotFound, Refusal
from tests.access.conftest import Ask, SignIn
from tests.access.sees import NEAR, PART, SEES, STAFF, acting, told_of
from tests.architecture.rooms import SOURCE
from tests.city import City, centre_of

ASKING = ("dispatcher", "city_dispatcher", "fire", "supervisor")


KEPT = (
    (finding, "_counting"),
    (finding, "_kept_one"),
    (finding, "_kept_soonest"),
    (perform, "_rights"),
)
"""Statements whose text is kept for each actor."""


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch, city: City) -> None:
    """The filter lets nothing through, under whatever name a room has taken it."""
    whole = {"branches": rows.branches, "filter_of": rows.filter_of, "sees_all": rows.sees_all}
    closed = {
        "branches": lambda *_, **__: [],
        "filter_of": lambda *_, **__: rows.NOTHING,
        "sees_all": lambda *_: False,
    }
    for module in [m for name, m in sys.modules.items() if name.startswith("linli.")]:
        for name, original in whole.items():
            if getattr(module, name, None) is original:
                monkeypatch.setattr(module, name, closed[name])
    # the text of these is kept, filter and all: the open ones are not asked here, nor these later
    for module, name in KEPT:
        monkeypatch.setattr(module, name, getattr(module, name).__wrapped__)


# Closed, nothing comes through ----------------------------------------------------------------------------


def test_nothing_comes_through_the_rest_api(
    closed: None, ask: Ask, cases: dict[str, Case], numbers: dict[str, str]
) -> None:
    near = cases[NEAR].number
    for who in ASKING:
        for code in WORKLISTS:
            assert ask(who, "get", "/cases", list=code).json()["items"] == [], (who, code)
        assert ask(who, "get", "/cases", q="消防通道").json()["items"] == []
        assert ask(who, "get", "/tasks").json()["items"] == []
        figures = ask(who, "get", "/stats").json()["figures"]
        assert not any(one["numerator"] or one["denominator"] for one in figures if one["grain"] != "day")
        for path in (f"/cases/{near}", f"/cases/{near}/journal", f"/cases/{near}/moves"):
            assert ask(who, "get", path).status_code == 404
        for move in flow.moves:
            assert ask(who, "post", f"/cases/{near}/moves", {"move": move}).status_code == 404
        body = new_report().model_dump(mode="json", include={"text", "lng", "lat"})
        assert ask(who, "post", f"/cases/{near}/reports", body).status_code in (403, 404)


def test_nothing_comes_through_the_desk(
    closed: None, sign_in: SignIn, cases: dict[str, Case], numbers: dict[str, str]
) -> None:
    lng, lat = centre_of(GRID)
    words = {"text": "消防通道被私家车堵塞", "lng": str(lng), "lat": str(lat)}
    for who in ("dispatcher", "fire"):
        client = sign_in(who)
        for query in ({"list": "all"}, {"list": "todo"}, {"list": "all", "q": "消防通道"}):
            page = client.get(reverse("desk:worklist"), query)
            assert told_of(page.content.decode(), numbers) == set(), (who, query)
            assert not any(tab.count for tab in page.context["tabs"]), who
        assert told_of(client.get(reverse("desk:likely"), words).content.decode(), numbers) == set()
        for place in (NEAR, PART):
            number = cases[place].number
            assert client.get(reverse("desk:case", args=[number])).status_code == 404
            assert client.get(reverse("desk:move", args=[number, "comment"])).status_code == 404
            assert client.post(reverse("desk:contact", args=[number]), {"reason": "x"}).status_code == 404
        content = b"".join(client.get(reverse("desk:export"), {"list": "all"}).streaming_content)  # type: ignore[attr-defined]
        assert told_of(content.decode("latin-1"), numbers) == set()
    chosen = [f"{case.number}-{case.version}" for case in cases.values()]
    bulk = sign_in("dispatcher").post(reverse("desk:bulk"), {"move": "accept", "chosen": chosen})
    assert bulk.status_code == 422


def test_nothing_comes_through_the_wall(closed: None, sign_in: SignIn, numbers: dict[str, str]) -> None:
    client = sign_in("city_dispatcher")
    for path in ("/wall/", "/wall/live", "/wall/figures/open/", "/wall/figures/moves_report/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert told_of(answer.content.decode(), numbers) == set(), path
    assert client.get("/wall/live").json()["marks"] == {}


def test_nothing_comes_through_the_domain(closed: None, city: City, cases: dict[str, Case]) -> None:
    case = cases[PART]
    for who in ASKING:
        me = city.actor(who)
        assert not queries.worklist(me, "all").exists()
        assert queries.nearby(case.lng, case.lat, text=case.title, actor=me) == []
        assert queries.open_tasks(me).items == []
        assert queries.may_do(me, case) == []
        told = indicators.whole(indicators.seen_by(me), indicators.INDICATORS.values(), Period.days(2))
        assert not any(figure.numerator for figure in told.values())
        with pytest.raises(NotFound):
            queries.detail(me, case.number)
        with pytest.raises(NotFound):
            actions.move(me, case_id=case.pk, move="comment", given={"opinion": "好的"})
        many = actions.move_many(me, move="accept", cases=[(one.pk, None) for one in cases.values()])
        assert all(isinstance(one.refusal, NotFound) for one in many)
    assert {c.pk: c.version for c in cases.values()} == dict(Case.objects.values_list("pk", "version"))


# A reporter's contact --------------------------------------------------------------------------------------

READS = {"dispatcher", "head", "district_dispatcher", "city_dispatcher", "urban"}
"""Who reaches the reporter of the case below: the centres of the place, and the unit that leads."""


@pytest.fixture
def person(city: City) -> int:
    """The reporter of a case in the grid, who complained about the fire brigade, which has a part in it."""
    contact = Contact(name="王小明", phone="13800138000")
    case = dispatched(city, filed(GRID, contact=contact, about=city.unit(FIRE)), lead="东湖区城市管理局")
    Case.objects.filter(pk=case.pk).update(units=[*case.units, city.unit(FIRE)])
    return Report.objects.get(case=case).contact or 0


def refusal_of(me: Actor, person: int) -> Refusal | None:
    try:
        values = vault.read(me, person=person, fields=["phone"], purpose=REPORTER, reason="核实地点")
    except Refusal as refusal:
        return refusal
    assert values == {"phone": "13800138000"}
    return None


def test_a_contact_is_read_for_its_purpose_by_who_may_and_every_attempt_is_kept(
    city: City, person: int
) -> None:
    for number, who in enumerate(STAFF, start=1):
        me = city.actor(who)
        refusal = refusal_of(me, person)
        if who in READS:
            assert refusal is None, who
        elif who == "fire":
            assert isinstance(refusal, ReporterHidden)
        else:
            assert isinstance(refusal, PersonUnknown | NotAllowed), who
        kept = Reading.objects.latest("pk")
        assert Reading.objects.count() == number
        assert (kept.post, kept.person_id, kept.reason) == (me.post, person, "核实地点")
        assert kept.outcome == ("allowed" if refusal is None else refusal.code), who


def test_a_contact_is_read_for_no_other_purpose_and_not_without_a_reason(city: City, person: int) -> None:
    me = city.actor("dispatcher")
    with pytest.raises(PurposeRefused):
        vault.read(me, person=person, fields=["phone"], purpose="statistics", reason="看看")
    with pytest.raises(Invalid):
        vault.read(me, person=person, fields=["phone"], purpose=REPORTER, reason=" ")


def test_the_vault_asks_the_same_filter(city: City, person: int, closed: None) -> None:
    with pytest.raises(PersonUnknown):
        vault.read(
            city.actor("dispatcher"), person=person, fields=["phone"], purpose=REPORTER, reason="核实地点"
        )


# Read in the code ------------------------------------------------------------------------------------------

UNCUT = {
    # (file, function): why it asks a record family itself, without the filter
    ("faces/desk/history.py", "_numbers"): "numbers that the journal of a visible case names, and no more",
    ("faces/desk/views/cases.py", "_requests"): "parts of a case that was fetched through the filter",
    ("faces/portal/queries.py", "filed_before"): "by the id of one's own submission, which nobody else knows",
    ("faces/portal/queries.py", "first_number"): "the number on the slip of who holds its secret",
}
DOORS = ("faces/*/*.py", "faces/*/views/*.py", "faces/*/keeping/*.py", "domains/*/*api.py", "kernel/*/api.py")
MANAGERS = {"objects", "_default_manager", "_base_manager"}


def families() -> set[str]:
    """Models of records and of what belongs to them: everything that has a place, and the words beside it."""
    placed = {model.__name__ for model in apps.get_models() if issubclass(model, Placed)}
    return placed | {"CaseText", "Entry", "Remark", "Attachment", "File", "Notice", "Message", "CaseRequest"}


def uncut() -> Iterator[tuple[str, str]]:
    """(file, function) of every place in a door that asks a record family without the filter."""
    known = families()
    for pattern in DOORS:
        for path in sorted(SOURCE.glob(pattern)):
            for function, node in _within(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
                    owner = node.value.id if isinstance(node.value, ast.Name) else "?"
                    if owner in known or owner == "?":
                        yield str(path.relative_to(SOURCE)), function


def _within(tree: ast.AST, function: str = "") -> Iterator[tuple[str, ast.AST]]:
    for node in ast.iter_child_nodes(tree):
        inner = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield inner, node
        yield from _within(node, inner)


def test_doors_ask_records_through_queries_and_actions_alone() -> None:
    assert {"Case", "Report", "Task", "Request", "Person"} <= families()
    assert set(uncut()) == set(UNCUT), "a new place: go through the domain's queries, or say why not"


def test_only_the_filter_tells_sight_from_columns() -> None:
    """Nobody but the room of access cuts rows by the area or unit of whoever looks."""
    found = []
    for pattern in DOORS:
        for path in sorted(SOURCE.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            if "units__contains" in text or "within(actor.area" in text:
                found.append(str(path.relative_to(SOURCE)))
    assert found == []


def test_the_table_of_sight_agrees_with_the_filter(city: City, ids: dict[str, int]) -> None:
    """Nothing is reached by any ability that is not seen, but for adding a report."""
    for who in STAFF:
        me = acting(city, who)
        for ability in {flow.view, *(move.ability for move in flow.moves.values())}:
            found: Any = rows.rows(me, ability, Case.objects.all())
            places = {place for place, pk in ids.items() if pk in set(found.values_list("pk", flat=True))}
            if ability == flow.view:
                assert places == SEES[who], who
            elif ability != "cases.join":
                assert places <= SEES[who], (who, ability)


def test_who_is_said_to_see_all_of_an_area_is_let_through_to_all_of_it(
    city: City, cases: dict[str, Case]
) -> None:
    """Figures that are kept ready are shown by area alone, to who passes ``sees_all``."""
    for who in STAFF:
        me = acting(city, who)
        for ability in (may.VIEW, may.OVERSEE):
            if rows.sees_all(me, ability):
                found = set(rows.rows(me, ability, Case.objects.all()).values_list("pk", flat=True))
                assert found == {c.pk for c in cases.values() if c.area.startswith(me.area)}, (who, ability)
