from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from tests.city import City, centre_of

from linli.domains.cases import actions
from linli.domains.cases.actions import Filed, NewReport
from linli.domains.cases.contacts import Contact
from linli.kernel.access.actor import PUBLIC

GRID = "990101001001001"


@pytest.fixture(autouse=True)
def _plain_files(settings: Any) -> None:
    """Static files under their own names: nothing has been collected for tests."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    cache.clear()


@pytest.fixture
def sign_in(city: City) -> Callable[[str], Client]:
    """A browser signed in as the account of that post."""

    def entered(word: str) -> Client:
        client = Client()
        client.force_login(city.posts[word].account)
        return client

    return entered


@pytest.fixture
def file_report(city: City) -> Callable[..., Filed]:
    """A resident's report of a blocked fire lane, or what is given."""

    def filed(
        text: str = "3栋旁消防通道被私家车堵塞", grid: str = GRID, *, with_contact: bool = False
    ) -> Filed:
        lng, lat = centre_of(grid)
        contact = Contact(name="王小明", phone="13800138000") if with_contact else None
        given = NewReport(text=text, lng=lng, lat=lat, contact=contact)
        return actions.report(PUBLIC, given=given, channel="portal")

    return filed
