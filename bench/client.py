"""Many keep-alive connections from one process, as cheap as Python allows.

Each connection follows a *script*: a generator that yields prepared requests and is sent the answers. One
loop over ``selectors`` serves all of them; a request costs the client some 30 µs of CPU, which is counted.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import orjson

WITHOUT_BODY = (204, 304)
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: close", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """Bytes for the wire, and the name under which its time is noted."""

    name: str
    wire: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    head: bytes = b""


Script = Generator[Request, Answer, None]


@dataclass(frozen=True)
class Sample:
    name: str
    seconds: float
    status: int
    """0: the connection failed, or no answer came in time."""
    received: int = 0
    """Bytes of the answer, its head among them."""
    at: float = 0.0
    """When it was asked, in seconds since all began."""


def get(path: str, token: str) -> Request:
    return Request("get", _head("GET", path, token) + b"\r\n")


def view(path: str, session: str, *, known: str = "") -> Request:
    """A page as a browser that is signed in asks for it; ``known``: the ETag of the answer it has."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}\r\n"
    if known:
        head += f"If-None-Match: {known}\r\n"
    return Request("view", (head + "\r\n").encode())


def post(path: str, token: str, body: object, *, name: str = "post") -> Request:
    content = orjson.dumps(body)
    head = _head("POST", path, token)
    length = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
    return Request(name, head + length + content)


def each(requests: Iterable[Request]) -> Script:
    """Requests one after the other, whatever is answered. (An iterator by itself takes no answers.)"""
    for request in requests:
        _answer = yield request


def _head(method: str, path: str, token: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n".encode()


class Line:
    """One connection and where its script stands; made anew for each request where the server closes it."""

    def __init__(self, port: int, script: Script) -> None:
        self.port = port
        self.connect()
        self.script = script
        self.received = b""
        self.request: Request
        self.sent_at = 0.0

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.is_kept = True

    def close(self) -> None:
        self.socket.close()

    def send(self, request: Request) -> None:
        self.request, self.received = request, b""
        self.sent_at = time.perf_counter()
        if not self.is_kept:
            self.connect()
        self.socket.sendall(request.wire)  # small: it fits the socket's buffer

    def receive(self) -> Answer | None:
        """The answer once it is whole: as long as it says, else until the server closes the connection."""
        piece = self.socket.recv(1 << 18)
        self.received += piece
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not piece and (not end or _LENGTH.search(head)):
            raise ConnectionError(f"{self.request.name}: closed by the server")
        if not end:
            return None
        status, length = int(head[9:12]), _LENGTH.search(head)
        self.is_kept = _CLOSE.search(head) is None
        if status in WITHOUT_BODY:
            return Answer(status, b"", head)
        if length is None and self.is_kept:
            raise ValueError(f"no length: {head!r}")
        if len(body) < int(length[1]) if length else piece:
            return None
        return Answer(status, body, head)

    def sample(self, answer: Answer, begun: float, ended: float) -> Sample:
        """What is noted of an answer; instants as ``perf_counter`` tells them."""
        taken, at = ended - self.sent_at, self.sent_at - begun
        return Sample(self.request.name, taken, answer.status, len(self.received), at)


def drive(port: int, scripts: Sequence[Script], *, seconds: float) -> tuple[list[Sample], float]:
    """Run all scripts side by side; (samples, seconds that passed).

    After ``seconds`` no script is resumed any more: what is under way is waited for and counts.
    """
    lines = [Line(port, script) for script in scripts]
    samples: list[Sample] = []
    with selectors.DefaultSelector() as selector, ExitStack() as ending:
        for line in lines:
            ending.callback(line.close)
        begun = time.perf_counter()
        for line in lines:
            line.send(next(line.script))
            selector.register(line.socket, selectors.EVENT_READ, line)
        while selector.get_map():
            for key, _ in selector.select(timeout=30):
                line = key.data
                answer = line.receive()
                if answer is None:
                    continue
                ended = time.perf_counter()
                samples.append(line.sample(answer, begun, ended))
                was_closed = not line.is_kept
                if was_closed:
                    selector.unregister(line.socket)
                    line.close()
                try:
                    if ended - begun > seconds:
                        raise StopIteration
                    line.send(line.script.send(answer))
                except StopIteration:
                    if not was_closed:
                        selector.unregister(line.socket)
                        line.close()
                else:
                    if was_closed:
                        selector.register(line.socket, selectors.EVENT_READ, line)
        return samples, time.perf_counter() - begun
