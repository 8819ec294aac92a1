"""Addresses of the wall."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "wall"
urlpatterns: list[URLPattern | URLResolver] = []
