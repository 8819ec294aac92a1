"""Passwords: what an own one must be, and one-time ones that are handed out."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

if TYPE_CHECKING:
    from linli.kernel.units.models import Account

ONE_TIME_FOR = dt.timedelta(hours=72)
"""How long a one-time password can be used. Handed over in person or by letter, it should not lie about."""

KINDS = 3
"""Of four kinds of characters (small, capital, digit, other) so many must occur: GB/T 22239-2019, 8.1.4.1,
asks for complexity and leaves the measure to the operator."""

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Nothing that is misread on paper: no 0 and O, no 1, l and I."""
_GROUPS, _LETTERS = 3, 4
_FAST = 1_000
"""Rounds for a one-time password. It is random (59 bits) and short-lived: a slow hash adds nothing, and
would keep an import of a thousand accounts waiting for minutes. The first sign-in raises the count."""


def one_time() -> str:
    """A random password to read out or print: ``k7xm-2fqp-9hzt``."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS))
    return "-".join(groups)


def hash_one_time(secret: str) -> str:
    """The stored form of a password made by ``one_time``; of no other."""
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return hasher.encode(secret, hasher.salt(), iterations=_FAST)
    return make_password(secret)


def faults(password: str, account: Account) -> list[str]:
    """What is wrong with ``password`` as an own one of ``account``; empty when nothing is."""
    found: list[str] = []
    try:
        validate_password(password, account)
    except ValidationError as error:
        found += error.messages
    if _kinds(password) < KINDS:
        said = gettext("密码须含大写字母、小写字母、数字、其他符号中的至少 %(n)d 种")
        found.append(said % {"n": KINDS})
    if account.username.casefold() in password.casefold():
        found.append(gettext("密码不能包含用户名"))
    return found


def _kinds(password: str) -> int:
    tests = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())
    return sum(any(test(letter) for letter in password) for test in tests)
