from __future__ import annotations

import datetime as dt

import pytest

from linli.kernel.files import actions, links, store
from linli.kernel.files.tests.conftest import phone_photo
from linli.lib.time import at

pytestmark = pytest.mark.urls("linli.kernel.files.tests.urls")
NOON = dt.datetime(2026, 6, 1, 4, 10, tzinfo=dt.UTC)


@pytest.fixture
def photo(db, clerk):
    return actions.receive(clerk, content=phone_photo(), name="消防通道.jpg")


@pytest.fixture
def pdf(db, clerk):
    return actions.receive(clerk, content=b"%PDF-1.7\n%%EOF", name="委托书.pdf")


@pytest.fixture
def voice(db, clerk):
    return actions.receive(clerk, content=b"#!AMR\n" + b"\0" * 40, name="语音.amr")


@pytest.mark.parametrize(
    ("variant", "mime"), [("original", "image/jpeg"), ("display", "image/jpeg"), ("thumb", "image/webp")]
)
def test_an_image_is_shown_in_place_and_harmless(client, photo, variant, mime):
    response = client.get(links.url(photo, variant))
    assert response.status_code == 200
    assert response["Content-Type"] == mime
    assert response["Content-Disposition"].startswith("inline")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Cache-Control"].startswith("private, max-age=")
    assert response.getvalue() == store.path_of(photo.sha256, variant).read_bytes()


def test_a_pdf_opens_in_the_viewer_and_other_kinds_are_saved(client, pdf, voice):
    shown = client.get(links.url(pdf, "original"))
    assert shown["Content-Disposition"].startswith("inline")
    assert "sandbox" not in shown["Content-Security-Policy"]
    assert shown.getvalue().startswith(b"%PDF")
    saved = client.get(links.url(voice, "original"))
    assert saved["Content-Disposition"].startswith("attachment")
    assert saved.getvalue().startswith(b"#!AMR")


def test_a_link_serves_for_half_an_hour_at_least_and_an_hour_at_most(client, photo):
    with at(NOON):
        address = links.url(photo, "thumb")
    for minutes, status in ((30, 200), (49, 200), (50, 410)):
        with at(NOON + dt.timedelta(minutes=minutes)):
            response = client.get(address)
            assert response.status_code == status
            assert response.getvalue()


def test_pages_of_the_same_half_hour_show_the_same_address(photo):
    with at(NOON):
        one = links.url(photo, "thumb")
    with at(NOON + dt.timedelta(minutes=15)):
        assert links.url(photo, "thumb") == one


def test_a_link_to_a_copy_cannot_be_turned_into_one_to_the_original(client, photo):
    address = links.url(photo, "display")
    assert client.get(address.replace("display", "original")).status_code == 410
    assert client.get("/files/nonsense").status_code == 410


def test_there_is_no_link_to_a_copy_that_does_not_exist(pdf):
    with pytest.raises(ValueError, match="no variant"):
        links.url(pdf, "display")


def test_content_missing_from_the_store_is_said_and_logged(client, photo, caplog):
    store.remove(photo.sha256)
    assert client.get(links.url(photo, "thumb")).status_code == 404
    assert "missing from the store" in caplog.text


def test_only_reading_is_served(client, photo):
    assert client.post(links.url(photo, "thumb")).status_code == 405
