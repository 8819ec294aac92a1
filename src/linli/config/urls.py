"""Root of all addresses."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from linli.config.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("linli.web.urls")),
    path("login/", include("linli.kernel.identity.urls")),
    path("", include("linli.faces.portal.urls")),
    path("desk/", include("linli.faces.desk.urls")),
    path("wall/", include("linli.faces.wall.urls")),
    path("files/", include("linli.kernel.files.urls")),
    path("api/v1/", api.urls),
]

handler400 = "linli.web.views.bad_request"
handler403 = "linli.web.views.denied"
handler404 = "linli.web.views.missing"
handler500 = "linli.web.views.failed"
