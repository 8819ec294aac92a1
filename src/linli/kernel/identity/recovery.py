"""Recovery codes: made ten at a time, told once, each good for one sign-in."""

from __future__ import annotations

import hashlib
import secrets

from linli.kernel.identity.models import RecoveryCode
from linli.kernel.units.models import Account

COUNT = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Nothing that is misread on paper: no 0 and O, no 1, l and I."""
_GROUPS, _LETTERS = 4, 4


def renew(account: Account) -> list[str]:
    """New codes (79 random bits each) in place of all others; only their digests are kept."""
    account.recovery_codes.all().delete()
    codes = [_code() for _ in range(COUNT)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account=account, digest=_digest(account, code)) for code in codes
    )
    return codes


def use(account: Account, given: str) -> bool:
    """Use a code up. Of two who send the same one at the same time, one is let in."""
    gone, _ = RecoveryCode.objects.filter(account=account, digest=_digest(account, given)).delete()
    return bool(gone)


def looks_like(given: str) -> bool:
    """Whether somebody means a recovery code and not the app's six digits."""
    return len(_bare(given)) == _GROUPS * _LETTERS


def _code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS)) for _ in range(_GROUPS))
    return "-".join(groups)


def _bare(code: str) -> str:
    return "".join(letter for letter in code.casefold() if letter.isalnum())


def _digest(account: Account, code: str) -> str:
    # the codes are random and long: a slow hash would add nothing
    return hashlib.sha256(f"{account.pk}|{_bare(code)}".encode()).hexdigest()
