"""The portal: everybody comes in, and is told of no case but by the secret of its tracking link."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse

from linli.domains.cases.models import Case, Report
from linli.domains.cases.tests.steps import filed, go
from linli.faces.portal import urls
from linli.kernel.journal.models import Entry
from tests.access.conftest import Ask
from tests.access.sees import FAR, GRIDS, HIDDEN, NEAR, NOT_PUBLIC, OTHER, PLACES, told_of
from tests.city import City, centre_of

TO_ALL = {
    "home",
    "help",
    "notice",
    "type-size",
    "report",
    "suggestions",
    "nearby",
    "units",
    "track",
    "grid",
    "areas",
    "places",
    "locate",
    "figures",
}
BY_SECRET = {"tracked", "answer", "supplement", "withdraw"}
TEXT = "柳湾花园北门消防通道被私家车堵塞，救护车进不来"


@pytest.fixture
def secrets(cases: dict[str, Case]) -> dict[str, str]:
    found = {report.case_id: report.secret for report in Report.objects.all()}
    return {place: found[case.pk] for place, case in cases.items()}


def form(place: str, **more: Any) -> dict[str, Any]:
    lng, lat = centre_of(GRIDS[place])
    return {"text": TEXT, "lng": lng, "lat": lat, "client_id": str(uuid4())} | more


def test_every_address_of_the_portal_is_in_the_table() -> None:
    assert {one.name for one in urls.urlpatterns if isinstance(one, URLPattern)} == TO_ALL | BY_SECRET


def test_no_open_page_tells_of_a_case(numbers: dict[str, str]) -> None:
    client = Client()
    query = {"q": "柳湾", "area": GRIDS[NEAR], "about": "消防", "longitude": "110.005", "latitude": "30.005"}
    for name in TO_ALL - {"nearby"}:
        for answer in (client.get(reverse(f"portal:{name}"), query), client.post(reverse(f"portal:{name}"))):
            assert told_of(answer.content.decode(), numbers) == set(), name


def test_a_secret_opens_its_own_case_and_no_other(secrets: dict[str, str], numbers: dict[str, str]) -> None:
    for place, secret in secrets.items():
        cache.clear()
        page = Client().get(reverse("portal:tracked", args=[secret])).content.decode()
        assert told_of(page, numbers) == {place}


def test_what_is_no_secret_opens_nothing(secrets: dict[str, str], cases: dict[str, Case], ask: Ask) -> None:
    near = secrets[NEAR]
    wrong = [cases[NEAR].number, str(cases[NEAR].pk), near[:-1], near[::-1], "0" * 24]
    for guess in wrong:
        for name in sorted(BY_SECRET):
            cache.clear()
            send = Client().get if name == "tracked" else Client().post
            answer = send(reverse(f"portal:{name}", args=[guess]), {"solved": "yes", "text": "补充"})
            assert answer.status_code == 404, (name, guess)
            assert cases[NEAR].title not in answer.content.decode()
        assert ask("public", "get", f"/reports/{guess}").status_code == 404
        body = {"solved": True, "text": "补充"}
        for part in ("answer", "supplements"):
            assert ask("public", "post", f"/reports/{guess}/{part}", body).status_code in (404, 422)
    assert untouched(cases)


def test_the_number_and_the_code_must_belong_together(
    secrets: dict[str, str], numbers: dict[str, str]
) -> None:
    sent = {"code": secrets[NEAR], "number": numbers[OTHER]}
    answer = Client().post(reverse("portal:track"), sent)
    assert answer.status_code == 404
    assert Client().post(reverse("portal:track"), sent | {"number": numbers[NEAR]}).status_code == 302


def test_a_reporter_answers_adds_and_takes_back_by_their_own_link_alone(
    secrets: dict[str, str], cases: dict[str, Case]
) -> None:
    """Naming another's report or case in the form changes nothing: the link says whose it is."""
    other = Report.objects.get(case=cases[OTHER])
    sent = {"text": "又堵上了", "solved": "no", "report": other.pk, "number": cases[OTHER].number}
    for name in ("answer", "supplement", "withdraw"):
        Client().post(reverse(f"portal:{name}", args=[secrets[NEAR]]), {**sent, "client_id": str(uuid4())})
    moved = {
        entry.record_id for entry in Entry.objects.filter(seq__gt=1, move__in=["supplement", "withdraw"])
    }
    assert moved == {cases[NEAR].pk}
    assert untouched({place: case for place, case in cases.items() if place != NEAR})


def test_duplicates_tell_only_of_what_anybody_may_know(
    cases: dict[str, Case], numbers: dict[str, str]
) -> None:
    for place in sorted(PLACES):
        told = Client().post(reverse("portal:nearby"), form(place)).content.decode()
        here = {other for other in PLACES if GRIDS[other] == GRIDS[place]}
        assert told_of(told, numbers) == here - NOT_PUBLIC, place
        assert cases[place].title not in told, "another resident's words stay theirs"


def test_a_report_joins_only_what_was_offered(cases: dict[str, Case], numbers: dict[str, str]) -> None:
    for place in (HIDDEN, FAR, OTHER):
        cache.clear()
        sent = form(NEAR, join=numbers[place])
        answer = Client().post(reverse("portal:report"), sent)
        assert answer.status_code == 404, place
        assert Case.objects.get(pk=cases[place].pk).reports_count == 1
    joined = Client().post(reverse("portal:report"), form(NEAR, join=numbers[NEAR]))
    assert joined.status_code == 302
    assert Case.objects.get(pk=cases[NEAR].pk).reports_count == 2


def test_whoever_joins_reads_their_own_words_and_none_of_the_others(
    city: City, cases: dict[str, Case]
) -> None:
    Case.objects.filter(pk=cases[NEAR].pk).update(title="先上报的人写的话", address="某栋某单元")
    go(city.actor("dispatcher"), cases[NEAR], "comment", opinion="同事之间的话")
    joined = Client().post(reverse("portal:report"), form(NEAR, join=cases[NEAR].number))
    page = Client().get(joined["Location"]).content.decode()
    for words in ("先上报的人", "某栋某单元", "同事之间的话"):
        assert words not in page


def test_a_link_follows_its_report_when_cases_are_merged_and_shows_no_more(city: City) -> None:
    one, into = filed(), filed()
    Case.objects.filter(pk=into.pk).update(title="另一件上报的人写的话")
    secret = Report.objects.get(case=one).secret
    go(city.actor("dispatcher"), one, "merge", into=into.number)
    for address in (reverse("portal:tracked", args=[secret]), f"/api/v1/reports/{secret}"):
        page = Client().get(address).content.decode()
        assert into.number in page
        assert "另一件上报的人" not in page


def untouched(cases: dict[str, Case]) -> bool:
    now = dict(Case.objects.filter(pk__in=[c.pk for c in cases.values()]).values_list("pk", "version"))
    return now == {case.pk: case.version for case in cases.values()}
