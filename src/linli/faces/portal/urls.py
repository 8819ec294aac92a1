"""Addresses of the portal."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.faces.portal.views import figures, home, places, report, track

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("help/", home.help_page, name="help"),
    path("notice/", home.notice, name="notice"),
    path("type-size/", home.type_size, name="type-size"),
    path("report/", report.report, name="report"),
    path("report/suggestions/", report.suggestions, name="suggestions"),
    path("report/nearby/", report.nearby, name="nearby"),
    path("report/units/", report.units, name="units"),
    path("track/", track.look_up, name="track"),
    path("r/<str:secret>/", track.tracked, name="tracked"),
    path("r/<str:secret>/answer/", track.answer, name="answer"),
    path("r/<str:secret>/supplement/", track.supplement, name="supplement"),
    path("r/<str:secret>/withdraw/", track.withdraw, name="withdraw"),
    path("grid/", places.grid, name="grid"),
    path("places/areas.json", places.areas_map, name="areas"),
    path("places/search", places.search, name="places"),
    path("places/locate", places.locate_point, name="locate"),
    path("figures/", figures.figures, name="figures"),
]
