"""Addresses of the pages between the password and the desk, and of single sign-on."""

from __future__ import annotations

from django.urls import path

from linli.kernel.identity import single_sign_on, views

app_name = "identity"
urlpatterns = [
    path("second", views.second, name="second"),
    path("set-up", views.set_up, name="set-up"),
    path("sso", single_sign_on.start, name="sso"),
    path("sso/back", single_sign_on.back, name="sso-back"),
]
