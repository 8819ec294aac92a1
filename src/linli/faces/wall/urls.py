"""Addresses of the wall."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.faces.wall import screen, views

app_name = "wall"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.show, name="board"),
    path("live", views.live, name="live"),
    path("screen/", screen.screen, name="screen"),
    path("screen/leave/", screen.leave, name="leave"),
    path("figures/<slug:code>/", views.figure, name="figure"),
]
