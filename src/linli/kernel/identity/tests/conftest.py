from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.city import City

from linli.kernel.identity import actions, app_codes
from linli.kernel.units.models import Account

PASSWORD = "linli-test-2026"  # noqa: S105 - of the made-up accounts


@pytest.fixture(autouse=True)
def _plain_files(settings: Any) -> None:
    """Static files under their own names: nothing has been collected for tests."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def account(city: City) -> Account:
    """Somebody whose role needs no second factor."""
    return city.posts["dispatcher"].account


@pytest.fixture
def admin(city: City) -> Account:
    """Somebody whose role needs one."""
    return city.posts["system_admin"].account


@pytest.fixture
def give_password(client: Client) -> Callable[..., Any]:
    """Send the sign-in form."""

    def given(who: Account, **more: str) -> Any:
        return client.post("/login", {"username": who.username, "password": PASSWORD, **more})

    return given


class App:
    """An authenticator app on somebody's phone."""

    def __init__(self, account: Account) -> None:
        self.secret = app_codes.new_secret()
        self.recovery = actions.add_app(account=account, name="工作手机", secret=self.secret)

    def code(self, later: int = 0) -> str:
        from linli.lib.time import now

        return app_codes.code_at(self.secret, int(now().timestamp()) // app_codes.STEP + later)


@pytest.fixture
def app(account: Account) -> App:
    return App(account)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
