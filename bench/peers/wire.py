"""Requests to servers that are not ours, and what is read from their answers.

HTTP/1.0 and a connection for each request, as a plain reverse proxy asks the servers behind it: peers'
servers serve one connection per process, so that connections that are kept would keep each other out.
Connecting is part of the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import orjson

from bench.client import Answer, Request, Script, drive

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
ALONE = 600.0
"""Seconds that a request by itself may take."""


def fetch(name: str, path: str, *, cookies: Mapping[str, str]) -> Request:
    return Request(name, _head("GET", path, cookies) + b"\r\n")


def send(name: str, path: str, kind: str, content: bytes, *, cookies: Mapping[str, str]) -> Request:
    head = _head("POST", path, cookies)
    about = f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    return Request(name, head + about.encode() + content)


def send_json(name: str, path: str, content: object, *, cookies: Mapping[str, str]) -> Request:
    return send(name, path, JSON, orjson.dumps(content), cookies=cookies)


def send_form(name: str, path: str, fields: Mapping[str, str], *, cookies: Mapping[str, str]) -> Request:
    return send(name, path, FORM, urlencode(fields).encode(), cookies=cookies)


def _head(method: str, path: str, cookies: Mapping[str, str]) -> bytes:
    head = f"{method} {path} HTTP/1.0\r\nHost: localhost\r\nReferer: http://localhost/\r\n"
    if cookies:
        head += "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()) + "\r\n"
    return head.encode()


def ask(port: int, *requests: Request) -> list[Answer]:
    """The answers to some requests, one after the other."""
    answers: list[Answer] = []

    def script() -> Script:
        for request in requests:
            answers.append((yield request))

    drive(port, [script()], seconds=ALONE)
    return answers


def cookies(answer: Answer) -> dict[str, str]:
    """What an answer tells the browser to remember."""
    found = re.findall(rb"\r\nset-cookie: ([^=;\s]+)=([^;\r]*)", answer.head, re.IGNORECASE)
    return {name.decode(): value.decode() for name, value in found}


def header(answer: Answer, name: str) -> str:
    """A header's value; empty where there is none."""
    found = re.search(rb"\r\n" + name.encode() + rb": ([^\r]*)", answer.head, re.IGNORECASE)
    return found[1].decode() if found else ""
