"""Encryption of single values, bound to the row and field they belong to; the blind index for phones.

``settings.VAULT_KEY`` holds one secret, or several for rotation: ``2:newsecret,1:oldsecret``, the first of
which seals while all open. A bare secret is version 1. ``settings.VAULT_CIPHER`` chooses the suite:

    sm4    SM4-GCM (GB/T 32907, 128-bit key), HMAC-SM3 (GB/T 32905): the default, 商用密码管理条例
    aes    AES-256-GCM, HMAC-SHA256

Keys proper are derived from the secret (HKDF-SHA256), one for each use, so none serves twice. The nonce is
96 random bits; a key version should seal fewer than 2**32 values (NIST SP 800-38D 8.3), far beyond a city.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, SM4
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from linli.kernel.vault.errors import SealBroken

NONCE, TAG = 12, 16
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class Suite:
    code: str
    algorithm: Callable[[bytes], CipherAlgorithm]
    key_bytes: int
    digest: Callable[[], hashes.HashAlgorithm]


SUITES = {
    "sm4": Suite("sm4", SM4, 16, hashes.SM3),
    "aes": Suite("aes", AES256, 32, hashes.SHA256),
}


class Key:
    """One version of the vault's key under one suite. ``label`` is stored beside what it sealed."""

    def __init__(self, suite: Suite, version: int, secret: str) -> None:
        self.label = f"{suite.code}.{version}"
        self._suite = suite
        self._cipher = suite.algorithm(self._derive(secret, "seal", suite.key_bytes))
        self._mac = HMAC(self._derive(secret, "index", 32), suite.digest())

    def _derive(self, secret: str, use: str, length: int) -> bytes:
        info = f"linli vault {use} {self._suite.code}".encode()
        return HKDF(hashes.SHA256(), length, salt=None, info=info).derive(secret.encode())

    def _bound(self, person: int, field: str) -> bytes:
        return f"{self.label}|{person}|{field}".encode()

    def seal(self, value: str, *, person: int, field: str) -> str:
        """Base64 of nonce, ciphertext and tag; opens only for the same person and field."""
        nonce = os.urandom(NONCE)
        encryptor = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(self._bound(person, field))
        body = encryptor.update(value.encode()) + encryptor.finalize()
        return base64.b64encode(nonce + body + encryptor.tag).decode()

    def open(self, sealed: str, *, person: int, field: str) -> str:
        """The value. Raises ``SealBroken`` where it was moved, altered or sealed by another key."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            nonce, body, tag = raw[:NONCE], raw[NONCE:-TAG], raw[-TAG:]
            decryptor = Cipher(self._cipher, modes.GCM(nonce, tag)).decryptor()
            decryptor.authenticate_additional_data(self._bound(person, field))
            return (decryptor.update(body) + decryptor.finalize()).decode()
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise SealBroken(person=person, field=field) from error

    def blind(self, value: str) -> bytes:
        """The keyed digest by which a value is found again without being readable."""
        mac = self._mac.copy()  # the key is taken in once
        mac.update(value.encode())
        return mac.finalize()


@dataclass(frozen=True)
class Keyring:
    current: Key
    by_label: dict[str, Key]

    def of(self, label: str) -> Key:
        """The key of that label. Raises ``SealBroken`` where it is no longer configured."""
        key = self.by_label.get(label)
        if key is None:
            raise SealBroken(key=label)
        return key

    def blinds(self, value: str) -> list[bytes]:
        """The value's digest under every key, so that entries not yet resealed are found too."""
        return [key.blind(value) for key in self.by_label.values()]


def _secrets(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        version, _, secret = part.rpartition(":")
        found.append((int(version or 1), secret))
    if not found or any(len(secret) < SHORTEST_SECRET for _, secret in found):
        raise ImproperlyConfigured(f"VAULT_KEY needs secrets of at least {SHORTEST_SECRET} characters")
    if len({version for version, _ in found}) != len(found):
        raise ImproperlyConfigured("VAULT_KEY names a version twice")
    return found


@lru_cache(maxsize=8)
def _keyring(text: str, cipher: str) -> Keyring:
    if cipher not in SUITES:
        raise ImproperlyConfigured(f"VAULT_CIPHER must be one of {', '.join(SUITES)}")
    first, *older = _secrets(text)
    # every suite stays openable, so that changing the cipher is a rotation like any other
    keys = [Key(suite, version, secret) for version, secret in (first, *older) for suite in SUITES.values()]
    by_label = {key.label: key for key in keys}
    return Keyring(by_label[f"{cipher}.{first[0]}"], by_label)


def keyring() -> Keyring:
    """The keys as configured now. Raises ``ImproperlyConfigured`` for a missing or weak key."""
    # without a key of the vault's own the process's secret serves: it, too, lies outside the database
    text = getattr(settings, "VAULT_KEY", settings.SECRET_KEY)
    return _keyring(text, getattr(settings, "VAULT_CIPHER", "sm4"))
