"""Passkeys: the site's half of WebAuthn, done by ``fido2``.

Loaded only where a passkey is added or asked for.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from linli.kernel.identity.models import Factor
from linli.kernel.units.models import Account

Options = dict[str, Any]
"""What the browser is asked to do, as JSON (WebAuthn level 3, 5.8)."""
State = dict[str, Any]
"""What we must remember until it answers, as JSON: the challenge."""


def ask_to_make(request: HttpRequest, account: Account) -> tuple[Options, State]:
    """Have the browser make a passkey for ``account``, on none of the devices that already have one."""
    options, state = _server(request).register_begin(
        PublicKeyCredentialUserEntity(
            id=f"account-{account.pk}".encode(), name=account.username, display_name=str(account)
        ),
        credentials=_credentials(account),
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return _as_json(options), state


def made(request: HttpRequest, state: State, answer: str) -> AttestedCredentialData | None:
    """The passkey that the browser made, or None when its answer does not fit what it was asked."""
    try:
        found = _server(request).register_complete(state, json.loads(answer))
    except _UNFIT:
        return None
    return found.credential_data


def ask_to_sign(request: HttpRequest, account: Account) -> tuple[Options, State]:
    """Have the browser sign with one of the account's passkeys."""
    options, state = _server(request).authenticate_begin(
        _credentials(account), user_verification=UserVerificationRequirement.PREFERRED
    )
    return _as_json(options), state


def signed(request: HttpRequest, account: Account, state: State, answer: str) -> bool:
    """Whether the answer is signed by one of the account's passkeys, for this site and this question."""
    try:
        _server(request).authenticate_complete(state, _credentials(account), json.loads(answer))
    except _UNFIT:
        return False
    return True


_UNFIT = (ValueError, TypeError, KeyError, AttributeError)
"""What ``fido2`` raises when a browser's answer is malformed or does not fit (a wrong signature included)."""


def can_be_used(request: HttpRequest) -> bool:
    """Passkeys belong to a name and need a secure page: browsers refuse bare addresses and plain http."""
    host, _ = split_domain_port(request.get_host())
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost" or host.endswith(".localhost")
    return False


def _server(request: HttpRequest) -> Fido2Server:
    host, _ = split_domain_port(request.get_host())
    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name=settings.CITY_NAME or "邻里"))


def _credentials(account: Account) -> list[AttestedCredentialData]:
    kept = account.factors.filter(kind=Factor.Kind.PASSKEY).order_by("pk")
    return [AttestedCredentialData(bytes(one.credential)) for one in kept if one.credential is not None]


def _as_json(options: Any) -> Options:
    return cast(Options, json.loads(json.dumps(dict(options))))
