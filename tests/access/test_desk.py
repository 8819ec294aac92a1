"""The desk: every page for every role, with a case in and out of sight."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, reverse

from linli.domains.cases import actions
from linli.domains.cases.models import Case
from linli.domains.cases.permissions import JOIN, REPORT
from linli.domains.cases.tests.steps import FAR_GRID, FIRE, GRID, dispatched, go, new_report
from linli.faces.desk import urls
from linli.faces.desk.models import SavedFilter
from linli.faces.portal.tests.conftest import photo
from linli.kernel.files import actions as files
from linli.kernel.files import queries as claims
from linli.kernel.journal.models import Entry
from linli.kernel.notices.models import Notice
from tests.access.conftest import SignIn
from tests.access.sees import (
    BESIDE,
    GRIDS,
    HIDDEN_PART,
    NEAR,
    OTHER,
    PART,
    PLACES,
    SEES,
    STAFF,
    acting,
    places_of,
    told_of,
    unseen,
)
from tests.city import City, centre_of

CENTRES = {"dispatcher", "head"}
REGISTRARS = {"system_admin", "security_admin", "audit_admin"}
ONE_OF_EACH = [
    "worker",
    "committee",
    "dispatcher",
    "head",
    "fire",
    "supervisor",
    "leader",
    *sorted(REGISTRARS),
]
"""One post of every role: what a page asks of the role does not differ by area."""
EVERYBODY = set(ONE_OF_EACH)
AT_WORK = EVERYBODY - REGISTRARS


@dataclass(frozen=True)
class Row:
    """A page: with what it is opened, and who opens it. Everybody else is refused."""

    opens: set[str]
    given: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    refusal: int = 403


UNKNOWN = {"pk": "999999999"}
NO_AREA = {"code": "990199"}

PAGES = {
    # pages that are asked for; what they show of cases is held against SEES below
    "worklist": Row(AT_WORK, refusal=302),
    "export": Row(AT_WORK - {"worker"}, query={"list": "all"}),
    "report": Row({"worker", "committee", "fire"} | CENTRES),
    "likely": Row({"worker", "committee", "fire"} | CENTRES),
    "units": Row(EVERYBODY, query={"q": "消防"}),
    "areas": Row(EVERYBODY),
    "places": Row(EVERYBODY, query={"q": "柳湾"}),
    "locate": Row(EVERYBODY, query={"longitude": "110.005", "latitude": "30.005"}),
    "notices": Row(EVERYBODY),
    "matters": Row(AT_WORK | {"system_admin"}),
    "matter": Row(AT_WORK | {"system_admin"}, given={"code": "NO-SUCH-MATTER"}),
    "refusals": Row(CENTRES | {"supervisor", "leader"}),
    "calendar": Row(EVERYBODY),
    "parameters": Row(EVERYBODY),
    "import": Row(CENTRES),
    "mine": Row(EVERYBODY),
    "password": Row(EVERYBODY),
    "security": Row(EVERYBODY),
    # the registers: who reads them, who makes accounts, who grants posts, who reads what both have done
    "unit-list": Row(REGISTRARS | {"head"}),
    "unit-export": Row(REGISTRARS | {"head"}),
    "unit": Row(REGISTRARS | {"head"}, given=UNKNOWN),
    "unit-new": Row({"system_admin"}),
    "unit-edit": Row({"system_admin"}, given=UNKNOWN),
    "account-list": Row(REGISTRARS | {"head"}),
    "account-export": Row(REGISTRARS | {"head"}),
    "account": Row(REGISTRARS | {"head"}, given=UNKNOWN),
    "account-new": Row({"system_admin"}),
    "account-edit": Row({"system_admin"}, given=UNKNOWN),
    "account-import": Row({"system_admin"}),
    "account-choices": Row(REGISTRARS | {"head"}),
    "post-list": Row(REGISTRARS | {"head"}),
    "post-export": Row(REGISTRARS | {"head"}),
    "post-new": Row({"security_admin"}),
    "post-end": Row({"security_admin"}, given=UNKNOWN),
    "post-import": Row({"security_admin"}),
    "token-list": Row(REGISTRARS | {"head"}),
    "token-new": Row({"security_admin"}, given=UNKNOWN),
    "token": Row({"security_admin"}, given=UNKNOWN),
    "change-list": Row({"audit_admin"}),
    "area-choices": Row(EVERYBODY, query={"q": "柳湾"}),
    "area-list": Row(REGISTRARS | {"head"}),
    "area": Row(REGISTRARS | {"head"}, given=NO_AREA),
    "area-drawn": Row(REGISTRARS | {"head"}, given=NO_AREA),
    "area-edit": Row({"system_admin"}, given=NO_AREA | {"edit": "rename"}),
}
OF_A_CASE = {"case", "move", "contact", "filed"}
"""Opened by sight of the case: ``test_a_case_is_opened_by_who_sees_it`` and what follows it."""
DEEDS = {"bulk", "save-filter", "drop-filter", "read-notices", "switch-post"}
"""Posted only; each has a test of its own below, or in the desk's (``switch-post``)."""
ONES_OWN = {
    "password",
    "security",
    "security-add",
    "security-remove",
    "security-codes",
    "security-end",
    "security-confirm",
}
"""What people do for themselves alone needs no post; it is held to its owner in the tests of the desk."""
OF_THE_REGISTERS = {
    "unit-close": "system_admin",
    "account-reset": "system_admin",
    "account-deactivate": "system_admin",
    "account-activate": "system_admin",
    "account-reset-factors": "security_admin",
}
"""Posted only, and by one role alone."""


def names() -> set[str]:
    return {one.name or "" for one in urls.urlpatterns if isinstance(one, URLPattern)}


def address(name: str, **given: str) -> str:
    wanted = {"number": "2600000010", "name": "comment", "pk": "1", "code": "NO-SUCH-MATTER"}
    wanted |= {"kind": "totp", "edit": "rename"}
    pattern = next(one for one in urls.urlpatterns if isinstance(one, URLPattern) and one.name == name)
    asked = pattern.pattern.regex.groupindex
    return reverse(f"desk:{name}", kwargs={key: (wanted | given)[key] for key in asked})


def test_every_page_of_the_desk_is_in_the_table() -> None:
    assert names() == PAGES.keys() | OF_A_CASE | DEEDS | OF_THE_REGISTERS.keys() | ONES_OWN


def test_nobody_comes_in_without_signing_in_and_a_post(city: City, sign_in: SignIn) -> None:
    client = sign_in("public")
    for name in names():
        for answer in (client.get(address(name)), client.post(address(name))):
            to_login = answer.status_code == 302 and answer["Location"].startswith("/login")
            assert to_login or answer.status_code == 405, name
    leader = sign_in("leader")
    city.posts["leader"].__class__.objects.filter(pk=city.posts["leader"].pk).update(valid_to="2020-01-01")
    for name in names() - ONES_OWN:
        assert leader.get(address(name)).status_code in (403, 405), name


@pytest.mark.parametrize("who", ONE_OF_EACH)
def test_each_page_opens_for_the_roles_it_is_for(sign_in: SignIn, who: str) -> None:
    client = sign_in(who)
    for name, row in PAGES.items():
        answer = client.get(address(name, **row.given), row.query)
        opened = 404 if row.given else 200  # let in, and nothing is found under the name
        if answer.streaming:
            rows_of(answer)  # a spreadsheet is a file, which is closed at its end
        assert answer.status_code == (opened if who in row.opens else row.refusal), name


def test_the_registers_are_changed_by_one_role_each(sign_in: SignIn) -> None:
    for who in ONE_OF_EACH:
        client = sign_in(who)
        for name, keeper in OF_THE_REGISTERS.items():
            answer = client.post(address(name, **UNKNOWN))
            assert answer.status_code == (404 if who == keeper else 403), (who, name)


def test_the_registers_end_at_the_border_of_ones_own_area(sign_in: SignIn, city: City) -> None:
    far, client = city.posts["far_dispatcher"], sign_in("head")
    for name in ("unit-list", "account-list", "post-list", "token-list", "area-list"):
        page = client.get(address(name), {"q": "西山"}).content.decode()
        assert str(far.unit) not in page, name
        assert "far_dispatcher" not in page, name
    for name, key in (("unit", far.unit_id), ("account", far.account_id)):
        assert client.get(address(name, pk=str(key))).status_code == 404, name
    for name in ("area", "area-drawn"):
        assert client.get(address(name, code=far.area)).status_code == 404, name


# Lists, search, spreadsheets -------------------------------------------------------------------------------


def listed(client: Client, **query: str) -> Any:
    return client.get(reverse("desk:worklist"), {"list": "all", **query})


def test_the_worklist_and_its_search_show_what_is_seen(sign_in: SignIn, numbers: dict[str, str]) -> None:
    for who in STAFF:
        client, sees = sign_in(who), SEES[who]
        if who not in REGISTRARS:
            assert told_of(listed(client).content.decode(), numbers) == sees, who
        for place in [*sorted(sees), *sorted(unseen(who))[:1]]:
            answer = client.get(reverse("desk:worklist"), {"q": numbers[place]})
            found = answer.status_code == 302 and numbers[place] in answer["Location"]
            assert found == (place in sees), (who, place)
    assert told_of(listed(sign_in("fire"), q="消防通道").content.decode(), numbers) == SEES["fire"]


def rows_of(answer: Any) -> list[tuple[Any, ...]]:
    content = b"".join(answer.streaming_content)
    sheet = openpyxl.load_workbook(BytesIO(content), read_only=True).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def test_a_spreadsheet_holds_the_rows_of_the_list_and_no_others(
    sign_in: SignIn, numbers: dict[str, str]
) -> None:
    by_number = {number: place for place, number in numbers.items()}
    for who in STAFF:
        answer = sign_in(who).get(reverse("desk:export"), {"list": "all"})
        if who in REGISTRARS | {"worker", "other_worker"}:
            assert answer.status_code == 403, who
            continue
        found = [by_number[row[0]] for row in rows_of(answer)[1:] if row[0] in by_number]
        assert sorted(found) == sorted(SEES[who]), who
    for query in ({"state": "handling"}, {"area": "990101002"}, {"list": "todo"}):
        client = sign_in("district_dispatcher")
        found = [row[0] for row in rows_of(client.get(reverse("desk:export"), {"list": "all", **query}))[1:]]
        shown = told_of(listed(client, **query).content.decode(), numbers)
        assert {by_number[number] for number in found if number in by_number} == shown, query


def test_a_saved_filter_is_its_own_posts_alone(sign_in: SignIn, city: City) -> None:
    worker, dispatcher = sign_in("worker"), sign_in("dispatcher")
    worker.post(reverse("desk:save-filter"), {"name": "只给自己的", "query": "list=all&area=990101001001001"})
    kept = SavedFilter.objects.get()
    assert kept.post == city.posts["worker"].pk
    assert "只给自己的" not in dispatcher.get(reverse("desk:worklist")).content.decode()
    dispatcher.post(reverse("desk:drop-filter", args=[kept.pk]))
    assert SavedFilter.objects.filter(pk=kept.pk).exists()
    assert "只给自己的" in worker.get(reverse("desk:worklist")).content.decode()


def test_a_filter_with_an_area_or_unit_elsewhere_widens_nothing(
    sign_in: SignIn, city: City, numbers: dict[str, str]
) -> None:
    for who in ("worker", "leader"):
        for query in ({"area": "990102"}, {"unit": str(city.unit(FIRE))}):
            assert told_of(listed(sign_in(who), **query).content.decode(), numbers) <= SEES[who], (who, query)


# One case --------------------------------------------------------------------------------------------------


def test_a_case_is_opened_by_who_sees_it(sign_in: SignIn, numbers: dict[str, str]) -> None:
    for who in STAFF:
        client = sign_in(who)
        for place, number in numbers.items():
            page = client.get(reverse("desk:case", args=[number]), headers={"HX-Request": "true"})
            assert page.status_code == (200 if place in SEES[who] else 404), (who, place)
            others = {p: n for p, n in numbers.items() if p != place}
            assert told_of(page.content.decode(), others) <= SEES[who], (who, place)


def test_what_belongs_to_a_case_out_of_sight_is_not_there_either(
    sign_in: SignIn, cases: dict[str, Case]
) -> None:
    for who in ONE_OF_EACH:
        client = sign_in(who)
        for place in unseen(who):
            number = cases[place].number
            answers = [
                client.get(reverse("desk:case", args=[number]), {"print": "1"}),
                client.get(reverse("desk:move", args=[number, "comment"])),
                client.post(reverse("desk:move", args=[number, "comment"]), {"opinion": "看不到"}),
                client.post(reverse("desk:contact", args=[number]), {"report": "1", "reason": "核实"}),
                client.get(reverse("desk:filed", args=[number])),
            ]
            assert {answer.status_code for answer in answers} == {404}, (who, place)
            assert not any(cases[place].title in answer.content.decode() for answer in answers)
    assert not Entry.objects.filter(move="comment").exists()


def test_the_sheet_for_paper_shows_one_case_alone(sign_in: SignIn, numbers: dict[str, str]) -> None:
    for place in sorted(SEES["dispatcher"]):
        page = sign_in("dispatcher").get(reverse("desk:case", args=[numbers[place]]), {"print": "1"})
        assert told_of(page.content.decode(), numbers) == {place}


def test_pickers_offer_only_cases_in_sight(sign_in: SignIn, numbers: dict[str, str]) -> None:
    """The same problem nearby, as it is offered beside a case, in the form to merge, and to a new report."""
    lng, lat = centre_of(GRIDS[NEAR])
    words = {"text": "柳湾花园北门消防通道被私家车堵塞", "lng": str(lng), "lat": str(lat)}
    for who in ONE_OF_EACH:
        client = sign_in(who)
        likely = client.get(reverse("desk:likely"), words).content.decode()
        assert told_of(likely, numbers) <= SEES[who], who
        if NEAR in SEES[who]:
            form = client.get(reverse("desk:move", args=[numbers[NEAR], "merge"])).content.decode()
            assert told_of(form, numbers) <= SEES[who], who


def test_a_case_in_sight_is_offered_however_many_out_of_sight_lie_nearer(
    sign_in: SignIn, city: City, numbers: dict[str, str]
) -> None:
    lng, lat = centre_of(GRIDS[NEAR])
    for _ in range(6):
        actions.report(acting(city, "public"), given=new_report(GRID), channel="portal")
    words = {"text": "柳湾花园北门消防通道被私家车堵塞", "lng": str(lng), "lat": str(lat)}
    assert numbers[PART] in sign_in("fire").get(reverse("desk:likely"), words).content.decode()


# Deeds -----------------------------------------------------------------------------------------------------


def test_a_deed_on_many_passes_over_rows_out_of_sight(sign_in: SignIn, cases: dict[str, Case]) -> None:
    by_place = {place: case.pk for place, case in cases.items()}
    chosen = [f"{case.number}-{case.version}" for case in cases.values()]
    for who in ONE_OF_EACH:
        client = sign_in(who)
        sent = {"move": "accept", "chosen": chosen}
        form = client.post(reverse("desk:bulk"), sent)
        assert form.status_code == (200 if who in CENTRES else 403), who
        if who in CENTRES:
            assert places_of(by_place, form.context["cases"]) == SEES[who]
    outcome = sign_in("other_dispatcher").post(reverse("desk:bulk"), {**sent, "confirmed": "1"})
    assert outcome.status_code == 200
    moved = Case.objects.filter(version__gt=1).exclude(state="handling")
    assert places_of(by_place, moved) == {OTHER}


def test_a_report_joins_by_number_only_where_one_may_add(
    sign_in: SignIn, city: City, cases: dict[str, Case]
) -> None:
    lng, lat = centre_of(GRIDS[NEAR])
    sent = {"channel": "desk", "text": "同一处又堵住了", "lng": str(lng), "lat": str(lat)}
    for who in ("worker", "dispatcher", "fire", "far_urban"):
        me = acting(city, who)
        assert me.can(REPORT)
        for place, case in cases.items():
            may_add = case.area.startswith(me.area) and me.can(JOIN)
            may_add = may_add and (not case.sensitive or who == "dispatcher")
            before = Case.objects.get(pk=case.pk).reports_count
            answer = sign_in(who).post(reverse("desk:report"), {**sent, "join": case.number})
            joined = Case.objects.get(pk=case.pk).reports_count > before
            assert joined == may_add, (who, place)
            assert answer.status_code == (302 if may_add else 422), (who, place)
    assert Case.objects.count() == len(PLACES)


@pytest.mark.parametrize("grid", [GRID, FAR_GRID])
def test_who_takes_a_report_down_gets_its_slip_wherever_the_case_lies(
    sign_in: SignIn, cases: dict[str, Case], grid: str
) -> None:
    """A grid worker may report what lies across the border of the grid, and a clerk join what is not theirs:
    the slip is the reporter's, and tells nothing of the case that is not on it."""
    lng, lat = centre_of(grid)
    sent = {"channel": "desk", "text": "围墙外的路灯不亮了", "lng": str(lng), "lat": str(lat)}
    clerk, worker = sign_in("urban"), sign_in("worker")
    Case.objects.filter(pk=cases[NEAR].pk).update(title="先上报的人写的话", address="某栋某单元")
    for client, more in ((worker, {}), (clerk, {}), (clerk, {"join": cases[NEAR].number})):
        answer = client.post(reverse("desk:report"), {**sent, **more})
        slip = client.get(answer["Location"])
        assert slip.status_code == 200, more
        assert "/r/" in slip.content.decode()
        assert "先上报的人" not in slip.content.decode()
        assert "某栋某单元" not in slip.content.decode()
        assert sign_in("far_dispatcher").get(answer["Location"]).status_code == 404


# Messages --------------------------------------------------------------------------------------------------


def test_messages_tell_only_of_cases_in_sight(
    sign_in: SignIn, city: City, cases: dict[str, Case], numbers: dict[str, str]
) -> None:
    """A centre is told of every case of its street; not everybody who has a post there sees them all."""
    dispatched(city, cases[BESIDE], lead=FIRE)
    for place in (PART, BESIDE, HIDDEN_PART):
        go(city.actor("fire"), cases[place], "ask_extension", amount=1, reason="等待配件")
    go(city.actor("supervisor"), cases[HIDDEN_PART], "supervise", unit=city.unit(FIRE), opinion="请抓紧")
    go(city.actor("fire"), cases[HIDDEN_PART], "reply", opinion="已安排")
    seen = {who: SEES[who] | ({BESIDE} if who == "fire" else set()) for who in STAFF}
    shown: dict[str, set[str]] = {}
    for who in STAFF:
        page = sign_in(who).get(reverse("desk:notices")).content.decode()
        shown[who] = told_of(page, numbers)
        assert shown[who] <= seen[who], who
    assert shown["dispatcher"] == {PART, BESIDE, HIDDEN_PART}
    assert shown["supervisor"] == {HIDDEN_PART}
    assert shown["fire"] == {PART, BESIDE, HIDDEN_PART}


def test_messages_of_another_unit_are_neither_shown_nor_marked(sign_in: SignIn, city: City) -> None:
    theirs = Notice.objects.filter(to_unit=city.unit(FIRE))
    assert theirs.exists()
    for who in STAFF:
        if who != "fire":
            client = sign_in(who)
            client.post(reverse("desk:read-notices"), {"notice": [one.pk for one in theirs]})
            client.post(reverse("desk:read-notices"), {"until": "2099-01-01T00:00:00+00:00"})
    assert not theirs.filter(is_read=True).exists()


# Files -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pictured(city: City, cases: dict[str, Case], settings: Any, tmp_path: Any) -> dict[str, Case]:
    """The cases, each with a photo."""
    settings.MEDIA_ROOT = tmp_path
    for case in cases.values():
        file = files.receive(city.actor("city_dispatcher"), content=photo(), name="现场.jpg")
        given = {"opinion": "附照片", "files": [claims.claim_of(file)]}
        actions.move(city.actor("city_dispatcher"), case_id=case.pk, move="comment", given=given)
    return cases


def links_in(page: str) -> set[str]:
    return {part.split('"')[0] for part in page.split('"/files/')[1:]}


def test_links_to_files_stand_on_pages_of_cases_in_sight_alone(
    sign_in: SignIn, pictured: dict[str, Case]
) -> None:
    for who in ("worker", "fire", "leader"):
        client = sign_in(who)
        for place, case in pictured.items():
            links = links_in(client.get(reverse("desk:case", args=[case.number])).content.decode())
            assert bool(links) == (place in SEES[who]), (who, place)
            kinds = {link.split("-")[1] for link in links}
            assert kinds <= {"display", "thumb"}, "an original tells where and by what device it was taken"


def test_a_link_is_good_for_what_it_was_signed_for_and_nothing_else(
    sign_in: SignIn, pictured: dict[str, Case]
) -> None:
    page = sign_in("worker").get(reverse("desk:case", args=[pictured[NEAR].number])).content.decode()
    link = next(one for one in links_in(page) if "-thumb-" in one)
    client = sign_in("public")
    opened = client.get(f"/files/{link}")
    assert opened.status_code == 200
    assert b"".join(opened.streaming_content)  # type: ignore[attr-defined]  # a file
    file, _variant, rest = link.split("-", 2)
    for forged in (
        f"{file}-original-{rest}",
        f"{file}-display-{rest}",
        f"{int(file) + 1}-thumb-{rest}",
        f"{file}-thumb-9{rest}",
        link[:-1],
    ):
        assert client.get(f"/files/{forged}").status_code == 410, forged


def test_a_file_is_attached_by_who_uploaded_it(
    city: City, sign_in: SignIn, cases: dict[str, Case], settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    file = files.receive(city.actor("far_dispatcher"), content=photo(), name="现场.jpg")
    client, move = sign_in("worker"), reverse("desk:move", args=[cases[NEAR].number, "comment"])
    sent = {"opinion": "别人的照片", "version": "1", "files": [claims.claim_of(file)]}
    assert client.post(move, sent).status_code == 403
    own = SimpleUploadedFile("现场.jpg", photo(size=(64, 48)).read(), "image/jpeg")
    assert client.post(move, {**sent, "files": [], "uploads": own}).status_code == 302
