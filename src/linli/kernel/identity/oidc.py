"""OpenID Connect, the part of the relying party: authorization code with PKCE, state and nonce.

Tokens are checked by ``pyjwt``, which is loaded when somebody first comes back from the provider. What the
provider tells of a person is used to find their account and then dropped; nothing of it is stored.
Source: OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE); RFC 9207 (issuer in the answer).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings

from linli.kernel.identity.errors import SignOnFailed, SignOnUnavailable
from linli.lib.time import now

SECONDS = 8
"""A provider that does not answer by then is away: a thread of the web waits for it."""
LARGEST = 512 * 1024
METADATA_FOR = dt.timedelta(minutes=10)
LEEWAY = dt.timedelta(seconds=60)
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a key of the provider's own; never ``none``, and never one made with our shared secret."""

Claims = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """What we send somebody away with, and must see again when they come back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Question:
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True)
class Provider:
    """The city's provider, as ``LINLI_OIDC_*`` describe it."""

    issuer: str
    client_id: str
    secret_file: str
    scope: str

    @classmethod
    def configured(cls) -> Provider | None:
        """The provider, or None where the city has none."""
        if not settings.OIDC_ISSUER:
            return None
        return cls(
            settings.OIDC_ISSUER.rstrip("/"),
            settings.OIDC_CLIENT_ID,
            settings.OIDC_CLIENT_SECRET_FILE,
            settings.OIDC_SCOPE,
        )

    def address(self, question: Question, redirect_uri: str) -> str:
        """Where to send somebody who wants to sign in."""
        terms = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.scope,
            "state": question.state,
            "nonce": question.nonce,
            "code_challenge": question.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = _checked(self.metadata()["authorization_endpoint"])
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(terms)}"

    def claims(self, code: str, question: Question, redirect_uri: str) -> Claims:
        """What the provider says of whoever brought ``code``. Refuses a token that does not hold."""
        answer = self._redeem(code, question, redirect_uri)
        claims = self._read(str(answer.get("id_token", "")), question.nonce)
        endpoint = self.metadata().get("userinfo_endpoint")
        if endpoint and answer.get("access_token"):
            told = _fetch(endpoint, headers={"Authorization": f"Bearer {answer['access_token']}"})
            if told.get("sub") != claims["sub"]:  # Core 5.3.2: else it may be about somebody else
                raise SignOnFailed
            claims = {**told, **claims}
        return claims

    def metadata(self) -> Claims:
        """The provider's description of itself, fetched at most every ten minutes."""
        kept = _metadata.get(self.issuer)
        if kept is None or now() - kept[0] > METADATA_FOR:
            found = _fetch(f"{self.issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self.issuer:
                raise SignOnUnavailable
            kept = _metadata[self.issuer] = (now(), found)
        return kept[1]

    def secret(self) -> str:
        """The client's secret, from its file; empty for a public client, which PKCE alone protects."""
        try:
            return Path(self.secret_file).read_text().strip() if self.secret_file else ""
        except OSError as error:
            raise SignOnUnavailable from error

    def _redeem(self, code: str, question: Question, redirect_uri: str) -> Claims:
        terms = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": question.verifier,
        }
        headers = {}
        # Discovery 3: a provider that names no method takes the basic one
        methods = self.metadata().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self.secret() and "client_secret_basic" in methods:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.secret(), safe='')}"  # RFC 6749, 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            terms["client_id"] = self.client_id
            if self.secret():
                terms["client_secret"] = self.secret()
        return _fetch(self.metadata()["token_endpoint"], headers=headers, form=terms)

    def _read(self, id_token: str, nonce: str) -> Claims:
        """The claims of an ID token that is signed by the provider, for us, now, and for this question."""
        import jwt  # brings much of its own along: only where somebody signs in this way

        try:
            kid = jwt.get_unverified_header(id_token).get("kid")
            keys = jwt.PyJWKSet.from_dict(_fetch(self.metadata()["jwks_uri"])).keys
            key = next(key for key in keys if kid is None or key.key_id == kid)
            claims: Claims = jwt.decode(
                id_token,
                key,
                algorithms=ALGORITHMS,
                audience=self.client_id,
                issuer=self.metadata()["issuer"],
                leeway=LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, StopIteration) as error:
            raise SignOnFailed from error
        if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
            raise SignOnFailed
        if claims.get("azp", self.client_id) != self.client_id:
            raise SignOnFailed
        return claims


_metadata: dict[str, tuple[dt.datetime, Claims]] = {}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead a token or our secret to another place."""

    def redirect_request(self, *given: Any) -> None:
        return None


def _fetch(url: str, *, headers: dict[str, str] | None = None, form: dict[str, str] | None = None) -> Claims:
    """One JSON object from the provider. A refusal of the provider is ``SignOnFailed``, silence
    ``SignOnUnavailable``."""
    request = urllib.request.Request(
        _checked(url),
        data=urlencode(form).encode() if form is not None else None,
        headers={"Accept": "application/json", **(headers or {})},
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS) as response:
            found = json.loads(response.read(LARGEST))
    except urllib.error.HTTPError as error:
        error.close()
        raise (SignOnFailed if error.code < 500 else SignOnUnavailable) from error
    except (OSError, HTTPException, ValueError) as error:
        raise SignOnUnavailable from error
    if not isinstance(found, dict):
        raise SignOnUnavailable
    return cast(Claims, found)


def _checked(url: str) -> str:
    """An address of the provider: by TLS, except on this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    ):
        return url
    raise SignOnUnavailable
