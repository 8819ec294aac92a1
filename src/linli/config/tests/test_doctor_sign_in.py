"""What ``linli doctor`` says of signing in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linli.config.commands.doctor import _encrypted, _second_factor, _single_sign_on
from linli.kernel.identity import oidc
from linli.kernel.identity.tests import provider as provider_script


@pytest.fixture
def configured(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A provider that runs, and our secret for it."""
    secret = tmp_path / "oidc_secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    command = [sys.executable, str(provider_script.__file__), "linli", "secret"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        settings.OIDC_ISSUER = process.stdout.readline().strip()
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET_FILE = "linli", str(secret)
        oidc._metadata.clear()
        yield secret
        process.terminate()


def test_a_city_without_single_sign_on_is_sound() -> None:
    assert _single_sign_on().is_sound


def test_a_provider_that_answers_is_sound(configured: Path) -> None:
    found = _single_sign_on()
    assert found.is_sound
    assert "可以连接" in found.note


def test_a_client_without_id_is_told(configured: Path, settings: Any) -> None:
    settings.OIDC_CLIENT_ID = ""
    assert "LINLI_OIDC_CLIENT_ID" in _single_sign_on().note


def test_a_secret_that_others_can_read_is_told(configured: Path) -> None:
    configured.chmod(0o644)
    assert "他人可读" in _single_sign_on().note


def test_a_secret_that_is_missing_is_told(configured: Path) -> None:
    configured.unlink()
    assert "无法读取" in _single_sign_on().note


def test_a_provider_that_is_away_is_told(configured: Path, settings: Any) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    found = _single_sign_on()
    assert not found.is_sound
    assert "LINLI_OIDC_ISSUER" in found.note


def test_roles_that_must_have_a_second_factor_are_named(settings: Any) -> None:
    assert "系统管理员、安全管理员、审计管理员" in _second_factor().note
    settings.SECOND_FACTOR_ROLES = ["boss"]
    found = _second_factor()
    assert not found.is_sound
    assert "boss" in found.note


def test_a_site_for_others_without_https_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _encrypted().is_sound
    monkeypatch.setenv("LINLI_ALLOWED_HOSTS", "linli.example.gov.cn")
    assert "LINLI_HTTPS=1" in _encrypted().note
    monkeypatch.setenv("LINLI_HTTPS", "1")
    assert _encrypted().is_sound


def test_behind_https_every_cookie_travels_encrypted_and_out_of_reach_of_scripts() -> None:
    ask = "from linli.config import settings as s; print(*(getattr(s, n) for n in {names!r}))"
    names = [f"{kind}_COOKIE_{what}" for kind in ("SESSION", "CSRF") for what in ("SECURE", "HTTPONLY")]
    environment = {**os.environ, "LINLI_HTTPS": "1"}
    command = [sys.executable, "-c", ask.format(names=names)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True"] * 4
