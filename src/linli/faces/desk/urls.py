"""Addresses of the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.faces.desk.views import cases, notices, pickers, places, posts, registers, reports, worklists

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
    path("cases/<str:number>/filed/", reports.filed, name="filed"),
    path("report/", reports.report, name="report"),
    path("report/likely/", reports.likely, name="likely"),
    path("choices/units/", pickers.units, name="units"),
    path("places/areas.json", places.drawn, name="areas"),
    path("places/search", places.search, name="places"),
    path("places/locate", places.locate_point, name="locate"),
    path("notices/", notices.inbox, name="notices"),
    path("notices/read/", notices.mark_read, name="read-notices"),
    path("matters/", registers.matter_list, name="matters"),
    path("matters/<str:code>/", registers.matter, name="matter"),
    path("refusals/", registers.refusals, name="refusals"),
    path("calendar/", registers.calendar, name="calendar"),
    path("parameters/", registers.flow_parameters, name="parameters"),
    path("import/", registers.import_reports, name="import"),
    path("post/", posts.switch, name="switch-post"),
    path("me/", posts.mine, name="mine"),
]
