"""Addresses of the shell. The root includes these, and names the error pages:

handler400 = "linli.web.views.bad_request"; handler403 = "linli.web.views.denied"
handler404 = "linli.web.views.missing"; handler500 = "linli.web.views.failed"
"""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from linli.web import views

app_name = "web"
urlpatterns = [
    path("login", views.login, name="login"),
    path("logout", views.logout, name="logout"),
    path("language", set_language, name="language"),
    path("ui", views.ui, name="ui"),
]
