"""Addresses of the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.faces.desk.views import cases, notices, pickers, posts, worklists

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", worklists.worklist, name="worklist"),
    path("bulk/", worklists.bulk, name="bulk"),
    path("export/", worklists.export, name="export"),
    path("filters/", worklists.save_filter, name="save-filter"),
    path("filters/<int:pk>/drop/", worklists.drop_filter, name="drop-filter"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/moves/<str:name>/", cases.move, name="move"),
    path("cases/<str:number>/contact/", cases.contact, name="contact"),
    path("choices/units/", pickers.units, name="units"),
    path("notices/", notices.inbox, name="notices"),
    path("notices/read/", notices.mark_read, name="read-notices"),
    path("post/", posts.switch, name="switch-post"),
    path("matters/<str:code>/", posts.mine, name="matter"),
    path("me/", posts.mine, name="mine"),
]
