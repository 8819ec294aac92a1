"""The codes of authenticator apps: TOTP with the terms every app knows (RFC 6238: SHA-1, 30 s, 6 digits)."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

from linli.lib.time import now
from linli.web.counting import Count

SECRET_BYTES = 20
"""As long as the digest (RFC 4226, 4 R6)."""
STEP = 30
DIGITS = 6
DRIFT = 1
"""Steps by which a phone's clock may be wrong (RFC 6238, 5.2)."""


def new_secret() -> str:
    """A random secret in base 32, as apps take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def grouped(secret: str) -> str:
    """The secret in groups of four, for typing it over."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def address(secret: str, *, username: str, issuer: str) -> str:
    """The address that a QR code hands to the app."""
    label = quote(f"{issuer}:{username}")
    terms = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP}, quote_via=quote)
    return f"otpauth://totp/{label}?{terms}"


def code_at(secret: str, step: int) -> str:
    """The code of one time step (RFC 4226, 5.3)."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    start = mac[-1] & 0x0F
    (number,) = struct.unpack(">I", mac[start : start + 4])
    return f"{(number & 0x7FFF_FFFF) % 10**DIGITS:0{DIGITS}d}"


def step_of(secret: str, code: str) -> int | None:
    """The time step, near the present one, that ``code`` belongs to."""
    present = int(now().timestamp()) // STEP
    near = range(present - DRIFT, present + DRIFT + 1)
    return next((step for step in near if hmac.compare_digest(code_at(secret, step), code)), None)


def is_first_use(factor: int, step: int) -> bool:
    """Whether a step's code comes for the first time: a code looked over a shoulder is worth nothing.

    That it came is forgotten as soon as the code has run out.
    """
    window = dt.timedelta(seconds=STEP * (2 * DRIFT + 1))
    return Count.of("app code", f"{factor}:{step}", window).add() == 1
