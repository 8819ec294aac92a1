"""Adapters read what their systems answer, and the driver asks servers that keep no connection."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import psycopg
import pytest
from bench.client import Answer
from bench.figures import Run, Spread
from bench.ground import Web
from bench.peers import helpdesk, tracker
from bench.peers.linli import Desk, Dispatchers
from bench.peers.measure import Running, compare
from bench.peers.multiply import Marks, multiply
from bench.peers.protocol import HEADING, Family, Missing, Peer, Said, System, Ticket, Unexpected
from bench.peers.wire import ask, cookies, fetch, header
from django.db import connection

SAID = Said("人民路与解放街交叉口井盖破损，" * 4, 115.9, 28.7, "人民路 12 号")


def desk_clerk() -> helpdesk.Clerk:
    return helpdesk.Clerk(
        {"csrftoken": "r1"}, {"csrftoken": "c1", "sessionid": "s1"}, "/datatables_ticket_list/e30="
    )


def queue_clerk() -> tracker.Clerk:
    return tracker.Clerk([{"RT_SID_bench.80": "s1"}, {"RT_SID_bench.80": "s2"}])


def moved_to(location: str) -> Answer:
    return Answer(302, b"", f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0".encode())


# -- the wire ----------------------------------------------------------------------------------


@contextmanager
def serving(wire: bytes) -> Iterator[int]:
    """A server that gives every connection one answer and closes it; its port."""

    class Once(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1 << 16)
            self.request.sendall(wire)

    with socketserver.TCPServer(("127.0.0.1", 0), Once) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("length", [b"Content-Length: 4\r\n", b""])
def test_a_server_that_closes_each_connection_is_asked_over_new_ones(length: bytes) -> None:
    with serving(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + length + b"\r\nwell") as port:
        answers = ask(port, *[fetch("list", "/", cookies={})] * 3)
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"well")] * 3


def test_an_answer_that_is_cut_short_is_no_answer() -> None:
    with (
        serving(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nwell") as port,
        pytest.raises(ConnectionError, match="list"),
    ):
        ask(port, fetch("list", "/", cookies={}))


def test_cookies_and_headers_are_read() -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nLocation: /x"
    answer = Answer(200, b"", head)
    assert cookies(answer) == {"a": "1", "b": "2"}
    assert header(answer, "location") == "/x"
    assert header(answer, "etag") == ""


# -- django-helpdesk ---------------------------------------------------------------------------


def test_helpdesk_takes_reports_from_somebody_who_is_not_signed_in() -> None:
    wire = desk_clerk().create(SAID).wire
    assert wire.startswith(b"POST /tickets/submit/ HTTP/1.0\r\n")
    assert b"sessionid" not in wire
    assert b"csrfmiddlewaretoken=r1" in wire


def test_helpdesk_names_a_ticket_where_it_sends_the_resident() -> None:
    ticket = desk_clerk().created(SAID, moved_to("/view/?ticket=reports-2026-41&email=a%40b.example&key=k"))
    assert ticket == Ticket("41", heading=SAID.text[:HEADING])


def test_helpdesk_showing_the_form_again_has_taken_nothing_in() -> None:
    with pytest.raises(Unexpected, match="required"):
        desk_clerk().created(SAID, Answer(200, b"This field is required.", b"HTTP/1.1 200 OK"))


def test_helpdesk_keeps_the_heading_when_a_ticket_is_answered() -> None:
    wire = desk_clerk().move(Ticket("41", heading="a b")).wire
    assert wire.startswith(b"POST /tickets/41/update/ ")
    assert b"title=a+b" in wire
    assert b"new_status=3" in wire


def test_helpdesk_lists_what_its_page_has_its_script_fetch() -> None:
    page = Answer(200, b'ajax: {"url": "/datatables_ticket_list/eyJ9",')
    assert helpdesk.table_of(page) == "/datatables_ticket_list/eyJ9"
    assert len(desk_clerk().list()) == 2
    rows = Answer(200, orjson.dumps({"data": [{"id": 1}, {"id": 2}], "recordsTotal": 9}))
    assert desk_clerk().listed([page, rows]) == 2


def test_helpdesk_without_a_table_in_its_list_is_not_understood() -> None:
    with pytest.raises(Unexpected):
        helpdesk.table_of(Answer(200, b"<html>"))


# -- Request Tracker ---------------------------------------------------------------------------


def test_tracker_names_the_ticket_it_has_made() -> None:
    made = Answer(201, b'{"type":"ticket","id":"7","_url":"http://localhost/REST/2.0/ticket/7"}')
    assert queue_clerk().created(SAID, made).number == "7"


def test_tracker_refusing_has_made_no_ticket() -> None:
    with pytest.raises(Unexpected, match="Could not create"):
        queue_clerk().created(SAID, Answer(400, b'{"message":"Could not create ticket"}'))


def test_tracker_is_asked_under_its_sessions_in_turn() -> None:
    clerk = queue_clerk()
    used = [clerk.detail(Ticket("7"))[0].wire for _ in range(3)]
    assert [b"s1" in wire for wire in used] == [True, False, True]


def test_tracker_tells_how_many_tickets_a_page_shows() -> None:
    page = Answer(200, orjson.dumps({"total": 90, "items": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}))
    assert queue_clerk().listed([page]) == 3


def test_tracker_begins_a_session() -> None:
    head = b"HTTP/1.1 200 OK\r\nSet-Cookie: RT_SID_bench.80=abc; path=/; HttpOnly"
    assert tracker.session_of(Answer(200, b"", head)) == {"RT_SID_bench.80": "abc"}
    with pytest.raises(Unexpected):
        tracker.session_of(Answer(200, b"", b"HTTP/1.1 200 OK"))


# -- Linli -------------------------------------------------------------------------------------


def test_linli_names_the_case_it_has_made() -> None:
    body = {"number": "SJ1", "version": 1, "area": "330102001", "tracking": "t"}
    made = Dispatchers.created(Dispatchers.__new__(Dispatchers), SAID, Answer(201, orjson.dumps(body)))
    assert made == Ticket("SJ1", SAID.heading, 1, "330102001")


# -- the comparison ----------------------------------------------------------------------------


def measured(step: str, *rates: float, p50: float = 1.0) -> list[Run]:
    """Rounds of a step with these rates; CPU of 2 ms for each thing done."""
    spread = Spread(9, p50, p50, p50)
    return [Run(step, 1.0, int(rate), 0, spread, {"web": 1.5, "database": 0.5}) for rate in rates]


def running(peer: Peer, **steps: list[Run]) -> Running:
    return Running(peer, Web(0, 0), steps)


def test_rates_are_compared_round_by_round_and_looks_like_with_like() -> None:
    rest, pages = Dispatchers.__new__(Dispatchers), Desk.__new__(Desk)
    looks = {"list": measured("list", 1, p50=2.0), "detail": measured("detail", 1, p50=4.0)}
    ours = running(rest, create=measured("create", 500, 100, 900), move=measured("move", 30), **looks)
    desk = running(pages, list=measured("list", 1, p50=5.0), detail=measured("detail", 1, p50=10.0))
    rounds = {"create": measured("create", 100, 50, 100), "move": measured("move", 10)}
    slow = {"list": measured("list", 1, p50=20.0), "detail": measured("detail", 1, p50=20.0)}
    wanted = {"create": 5.0, "move": 3.0, "CPU of create": 1.0}
    assert compare(ours, desk, running(queue_clerk(), **rounds, **slow)) == wanted | {
        "list": 10.0,
        "detail": 5.0,
    }
    assert compare(ours, desk, running(desk_clerk(), **rounds, **slow)) == wanted | {
        "list": 4.0,
        "detail": 2.0,
    }


# -- systems that are not there, and their databases -------------------------------------------


@pytest.mark.parametrize("kind", [helpdesk.Helpdesk, tracker.Tracker])
def test_a_system_that_is_not_installed_says_how_to_install_it(kind: type[System], tmp_path: Path) -> None:
    with pytest.raises(Missing, match="--install"):
        kind(tmp_path).check()  # type: ignore[call-arg] # a protocol tells nothing of how one is made


FAMILIES = (
    Family("peer_ticket", "ticket", {"merged_to": "ticket"}, ("created",)),
    Family("peer_answer", "answer", {"ticket": "ticket"}),
)
TABLES = (
    "CREATE TABLE peer_ticket (id serial PRIMARY KEY, merged_to int, title text, created timestamptz)",
    "CREATE TABLE peer_answer (id serial PRIMARY KEY, ticket int, words text)",
    "INSERT INTO peer_ticket (title, created) VALUES ('before', '2026-01-01T00:00Z')",
)
WRITTEN = (
    "INSERT INTO peer_ticket (merged_to, title, created) VALUES (1, 'a', '2026-01-02T00:00Z'),"
    " (2, 'b', '2026-01-02T00:00Z')",
    "INSERT INTO peer_answer (ticket, words) VALUES (3, 'well'), (1, 'old')",
)


@pytest.fixture
def conninfo(transactional_db: None) -> Iterator[str]:
    """A database with the tables of a small peer."""
    told = connection.get_connection_params()
    names = {name: told[name] for name in ("dbname", "host", "port", "user", "password") if told.get(name)}
    info = psycopg.conninfo.make_conninfo(**names)
    with connection.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
    yield info
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE peer_ticket, peer_answer")


def test_tickets_told_again_refer_to_each_other_as_the_first_ones_do(conninfo: str) -> None:
    since = Marks.now(conninfo, FAMILIES)
    with psycopg.connect(conninfo) as peer:
        for statement in WRITTEN:
            peer.execute(statement)
    multiply(conninfo, FAMILIES, since, 2)
    with psycopg.connect(conninfo) as peer:
        tickets = peer.execute("SELECT id, merged_to, title FROM peer_ticket ORDER BY id").fetchall()
        answers = peer.execute("SELECT id, ticket, words FROM peer_answer ORDER BY id").fetchall()
        (following,) = (
            peer.execute("INSERT INTO peer_ticket (title) VALUES ('c') RETURNING id").fetchone() or ()
        )
        (days,) = peer.execute("SELECT count(DISTINCT created) FROM peer_ticket").fetchone() or ()
    assert tickets == [
        (1, None, "before"),
        *[(2, 1, "a"), (3, 2, "b")],
        *[(4, 1, "a"), (5, 4, "b")],
        *[(6, 1, "a"), (7, 6, "b")],
    ]
    assert answers == [
        *[(1, 3, "well"), (2, 1, "old")],
        *[(3, 5, "well"), (4, 1, "old")],
        *[(5, 7, "well"), (6, 1, "old")],
    ]
    assert following == 8
    assert days == 4


def test_nothing_is_told_again_when_no_copy_is_wanted(conninfo: str) -> None:
    since = Marks.now(conninfo, FAMILIES)
    multiply(conninfo, FAMILIES, since, 0)
    assert Marks.now(conninfo, FAMILIES) == since
