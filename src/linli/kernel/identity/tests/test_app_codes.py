"""The codes of authenticator apps."""

from __future__ import annotations

import base64
import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest

from linli.kernel.identity import app_codes
from linli.lib.time import at

RFC = base64.b32encode(b"12345678901234567890").decode()
MOMENT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_says_what_rfc_6238_says(seconds: int, code: str) -> None:
    assert app_codes.code_at(RFC, seconds // app_codes.STEP) == code


def test_takes_a_phone_whose_clock_is_half_a_minute_off_and_no_more() -> None:
    step = int(MOMENT.timestamp()) // app_codes.STEP
    with at(MOMENT):
        found = [app_codes.step_of(RFC, app_codes.code_at(RFC, step + off)) for off in (-2, -1, 0, 1, 2)]
    assert found == [None, step - 1, step, step + 1, None]


@pytest.mark.django_db
def test_a_step_counts_once_for_each_factor() -> None:
    with at(MOMENT):
        assert [app_codes.is_first_use(n, 7) for n in (1, 1, 2)] == [True, False, True]


def test_apps_are_told_the_secret_and_who_issued_it() -> None:
    found = urlsplit(app_codes.address(RFC, username="zhang", issuer="云汀市"))
    assert (found.scheme, found.netloc) == ("otpauth", "totp")
    assert parse_qs(found.query) == {
        "secret": [RFC],
        "issuer": ["云汀市"],
        "digits": ["6"],
        "period": ["30"],
    }


def test_every_secret_is_another_and_has_160_bits() -> None:
    first, second = app_codes.new_secret(), app_codes.new_secret()
    assert first != second
    assert len(base64.b32decode(first)) * 8 == 160
