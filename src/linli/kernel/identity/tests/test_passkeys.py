"""Passkeys, answered by a device made of software: what fits lets in, and nothing else does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)
from tests.city import City

from linli.kernel.identity import actions
from linli.kernel.identity.models import Factor
from linli.kernel.identity.tests.conftest import is_in
from linli.kernel.units.models import Account

ORIGIN = "http://localhost"
Give = Callable[..., Any]


class Device:
    """Makes one passkey, and signs with it whatever it is asked."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = AttestedCredentialData.create(
            Aaguid.NONE,
            hashlib.sha256(str(id(self)).encode()).digest(),
            ES256.from_cryptography_key(self.public),
        )

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        return self.key.public_key()

    def make(self, options: dict[str, Any]) -> str:
        flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(self.site(), flags, 0, self.credential)
        told = self.told("webauthn.create", options, ORIGIN)
        response = {"attestationObject": AttestationObject.create("none", data, {}), "clientDataJSON": told}
        return self.answer(response)

    def sign(self, options: dict[str, Any], *, origin: str = ORIGIN, kind: str = "webauthn.get") -> str:
        data = AuthenticatorData.create(self.site(), AuthenticatorData.FLAG.UP, 0)
        told = self.told(kind, options, origin)
        signature = self.key.sign(bytes(data) + told.hash, ec.ECDSA(hashes.SHA256()))
        return self.answer({"authenticatorData": data, "signature": signature, "clientDataJSON": told})

    def answer(self, response: dict[str, bytes]) -> str:
        own = websafe_encode(self.credential.credential_id)
        packed = {name: websafe_encode(bytes(value)) for name, value in response.items()}
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": packed})

    @staticmethod
    def site() -> bytes:
        return hashlib.sha256(b"localhost").digest()

    @staticmethod
    def told(kind: str, options: dict[str, Any], origin: str) -> CollectedClientData:
        return CollectedClientData.create(kind, options["publicKey"]["challenge"], origin)


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def device(account: Account) -> Device:
    """The device of somebody who has added a passkey."""
    made = Device()
    actions.add_passkey(account=account, name="办公电脑", credential=made.credential)
    return made


@pytest.fixture
def asked(client: Client, device: Device, account: Account, give_password: Give) -> dict[str, Any]:
    """The question for the passkey, after the password."""
    give_password(account)
    options: dict[str, Any] = client.get("/login/second").context["options"]
    return options


def send(client: Client, answer: str) -> int:
    return int(client.post("/login/second", {"answer": answer}).status_code)


def test_a_right_answer_lets_in(client: Client, device: Device, asked: dict[str, Any]) -> None:
    assert send(client, device.sign(asked)) == 302
    assert is_in(client)


def test_only_the_accounts_own_passkeys_are_asked_for(asked: dict[str, Any], device: Device) -> None:
    own = websafe_encode(device.credential.credential_id)
    assert [one["id"] for one in asked["publicKey"]["allowCredentials"]] == [own]


def test_an_answer_to_another_question_does_not(
    client: Client, device: Device, asked: dict[str, Any]
) -> None:
    client.get("/login/second")
    assert send(client, device.sign(asked)) == 422
    assert not is_in(client)


def test_an_answer_that_was_wrong_cannot_be_mended(
    client: Client, device: Device, asked: dict[str, Any]
) -> None:
    """Each question is asked once."""
    send(client, "{}")
    assert send(client, device.sign(asked)) == 422


def test_an_answer_given_to_another_site_does_not(
    client: Client, device: Device, asked: dict[str, Any]
) -> None:
    assert send(client, device.sign(asked, origin="https://1ocalhost.example")) == 422
    assert not is_in(client)


def test_the_making_of_a_passkey_is_no_signature(
    client: Client, device: Device, asked: dict[str, Any]
) -> None:
    assert send(client, device.sign(asked, kind="webauthn.create")) == 422


def test_another_device_does_not(client: Client, device: Device, asked: dict[str, Any], city: City) -> None:
    stranger, colleagues = Device(), Device()
    actions.add_passkey(account=city.posts["head"].account, name="她的", credential=colleagues.credential)
    forged = Device()
    forged.credential = device.credential
    for one in (stranger, colleagues, forged):
        question = client.get("/login/second").context["options"]
        assert send(client, one.sign(question)) == 422
    assert not is_in(client)


@pytest.mark.parametrize("answer", ["x", "{}", "[]", "null", '{"id": 1}', '{"rawId": "", "response": {}}'])
def test_nonsense_is_refused_and_breaks_nothing(
    client: Client, device: Device, asked: dict[str, Any], answer: str
) -> None:
    assert send(client, answer) == 422
    assert not is_in(client)


def test_whoever_must_have_a_factor_may_set_up_a_passkey(
    client: Client, admin: Account, give_password: Give
) -> None:
    give_password(admin)
    page = "/login/set-up?kind=passkey"
    options = client.get(page).context["adding"].options
    device = Device()
    assert client.post(page, {"name": "安全钥匙", "answer": "{}"}).status_code == 422
    options = client.get(page).context["adding"].options
    done = client.post(page, {"name": "安全钥匙", "answer": device.make(options)})
    assert len(done.context["codes"]) == 10
    assert is_in(client)
    kept = Factor.objects.get(account=admin)
    assert (kept.kind, kept.name) == ("passkey", "安全钥匙")
    assert bytes(kept.credential or b"") == bytes(device.credential)


def test_under_a_bare_address_the_page_says_why_there_are_none(
    device: Device, account: Account, city: City
) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    client.post("/login", {"username": account.username, "password": "linli-test-2026"})
    said = client.get("/login/second").content.decode()
    assert "通行密钥只能在以 https 打开的平台域名下使用" in said
