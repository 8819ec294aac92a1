"""A small OpenID provider, a process of its own that is spoken to by HTTP: ``python -m … <client> <secret>``.

It prints its address when it is ready. Whoever opens ``authorize`` says who they are (``as``) and, in tests,
what shall be wrong with the answer (``fault``). Tokens are signed here with ``cryptography`` alone, so that
the platform's way of checking them is not used to make them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from linli.lib.time import now

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FORGED = rsa.generate_private_key(public_exponent=65537, key_size=2048)
GRANTS: dict[str, dict[str, str]] = {}
TOKENS: dict[str, dict[str, str]] = {}
PAGE = (
    "<!doctype html><title>统一身份认证</title>"
    '<form><label>用户名 <input name="as"></label>{}<button>登录</button></form>'
)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def signed(claims: dict[str, Any], fault: str) -> str:
    header = {"alg": "none"} if fault == "unsigned" else {"alg": "RS256", "kid": "1", "typ": "JWT"}
    body = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    if fault == "unsigned":
        return f"{body}."
    key = FORGED if fault == "forged" else KEY
    return f"{body}.{b64(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class Handler(BaseHTTPRequestHandler):
    client = secret = ""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def do_GET(self) -> None:
        path, given = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        if path == "/.well-known/openid-configuration":
            self.answer(self.description())
        elif path == "/keys":
            public = KEY.public_key().public_numbers()
            key = {"kty": "RSA", "kid": "1", "use": "sig", "n": number(public.n), "e": number(public.e)}
            self.answer({"keys": [key]})
        elif path == "/authorize":
            self.authorize(given)
        elif path == "/userinfo":
            grant = TOKENS[self.headers["Authorization"].removeprefix("Bearer ")]
            sub = "somebody else" if grant.get("fault") == "userinfo" else grant["as"]
            self.answer({"sub": sub, "preferred_username": grant["as"], "phone_number": "13800138000"})
        else:
            self.send_error(404)

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def authorize(self, given: dict[str, str]) -> None:
        if "as" not in given:
            hidden = "".join(f'<input type="hidden" name="{k}" value="{v}">' for k, v in given.items())
            self.send(200, "text/html; charset=utf-8", PAGE.format(hidden).encode())
            return
        code = secrets.token_urlsafe(16)
        GRANTS[code] = given
        back = {"code": code, "state": given["state"], "iss": self.issuer}
        self.send_response(302)
        self.send_header("Location", f"{given['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        given = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        grant = GRANTS.pop(given["code"], None)
        pair = base64.b64encode(f"{self.client}:{self.secret}".encode()).decode()
        challenge = b64(hashlib.sha256(given["code_verifier"].encode()).digest())
        if (
            grant is None
            or self.headers["Authorization"] != f"Basic {pair}"
            or grant["code_challenge"] != challenge
            or grant["redirect_uri"] != given["redirect_uri"]
        ):
            self.answer({"error": "invalid_grant"}, 400)
            return
        token = secrets.token_urlsafe(16)
        TOKENS[token] = grant
        self.answer({"access_token": token, "token_type": "Bearer", "id_token": self.id_token(grant)})

    def id_token(self, grant: dict[str, str]) -> str:
        fault, at = grant.get("fault", ""), int(now().timestamp())
        claims: dict[str, Any] = {
            "iss": "https://elsewhere.example" if fault == "issuer" else self.issuer,
            "sub": grant["as"],
            "aud": "another client" if fault == "audience" else self.client,
            "nonce": "another nonce" if fault == "nonce" else grant["nonce"],
            "iat": at,
            "exp": at - 3600 if fault == "expired" else at + 300,
        }
        if grant.get("amr"):
            claims["amr"] = [grant["amr"]]
        return signed(claims, fault)

    def answer(self, body: dict[str, Any], status: int = 200) -> None:
        self.send(status, "application/json", json.dumps(body).encode())

    def send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *given: object) -> None:
        """Silent: what it prints is its address."""


if __name__ == "__main__":
    Handler.client, Handler.secret = sys.argv[1:]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
