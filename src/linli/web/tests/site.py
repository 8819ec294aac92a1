"""A small site over the shell: pages and endpoints that refuse, fail and list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from ninja import NinjaAPI, Query, Schema, Status
from pydantic import Field

from linli.lib.errors import Conflict, NotAllowed
from linli.web import rest
from linli.web.pages import Page, PageQuery, Slice, keyset

Account = get_user_model()


class Place(Schema):
    longitude: float = Field(ge=73, le=136)


class NewReport(rest.ClientId):
    text: str = Field(min_length=2, max_length=20)
    places: list[Place] = []


class AccountOut(Schema):
    username: str


api = NinjaAPI(
    urls_namespace="web-tests",
    parser=rest.JsonParser(),
    auth=rest.Bearer(lambda request, secret: "actor" if secret == "good" else None),  # noqa: S105
)
rest.install(api)


@api.post("/reports", response={201: dict[str, UUID | None]})
def create(request: HttpRequest, payload: NewReport) -> Status[dict[str, UUID | None]]:
    return Status(201, {"client_id": payload.client_id})


@api.get("/accounts", response=Page[AccountOut])
def accounts(request: HttpRequest, query: Query[PageQuery]) -> Slice[Any]:
    return keyset(Account.objects.all(), order=("-created_at", "id"), cursor=query.cursor, size=query.limit)


@api.get("/conflict")
def conflict(request: HttpRequest) -> None:
    raise Conflict(state="closed", version=3)


@api.get("/fails")
def fails(request: HttpRequest) -> None:
    raise RuntimeError("secret of the inside")


def refuse(request: HttpRequest) -> HttpResponse:
    raise NotAllowed("这件事由区综治中心办理")


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the inside")


urlpatterns = [
    path("", include("linli.web.urls")),
    path("api/v1/", api.urls),
    path("refuse", refuse),
    path("fail", fail),
]
handler400 = "linli.web.views.bad_request"
handler403 = "linli.web.views.denied"
handler404 = "linli.web.views.missing"
handler500 = "linli.web.views.failed"
