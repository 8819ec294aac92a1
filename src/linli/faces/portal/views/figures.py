"""The public figures of art. 44."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.domains.cases.indicators import PublicLevel
from linli.faces.portal.published import FEWEST, Line, Share, month_of, months, told
from linli.web.components import Choice, Column, row


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """One month of every district or township: counts, shares, and what they stand on."""
    offered = months()
    month = _month(request.GET.get("month", ""), offered)
    level: PublicLevel = "township" if request.GET.get("level") == "township" else "district"
    kept = month_of(month, level)
    found = kept.lines
    columns = _columns(found)
    chart = [(line.name, line.reported, line.closed) for line in found if _is_told(line)]
    levels = [("district", _("按区（市）县")), ("township", _("按乡镇（街道）"))]
    return render(
        request,
        "portal/figures.html",
        {
            "month": month,
            "months": offered,
            "counted_at": kept.counted_at,
            "level": level,
            "tabs": [
                Choice(title, f"?month={month:%Y-%m}&level={code}", is_current=code == level)
                for code, title in levels
            ],
            "columns": columns,
            "rows": [row(line, columns, key=str(place), url="") for place, line in enumerate(found)],
            "chart_columns": [_("区域"), _("上报（件）"), _("结案（件）")],
            "chart_rows": chart,
            "definitions": found[0].shares if found else (),
            "is_empty": not any(line.reported or line.closed for line in found),
            "fewest": FEWEST,
        },
    )


def _month(text: str, offered: list[dt.date]) -> dt.date:
    return next((month for month in offered if f"{month:%Y-%m}" == text), offered[0])


def _is_told(line: Line) -> bool:
    return line.reported >= FEWEST and line.closed >= FEWEST


def _columns(found: Sequence[Line]) -> list[Column[Line]]:
    made: list[Column[Line]] = [
        Column(_("区域"), lambda line: line.name, role="title", is_content=True),
        Column(_("上报（件）"), lambda line: told(line.reported), is_number=True),
        Column(_("结案（件）"), lambda line: told(line.closed), is_number=True),
    ]
    titles = [share.title for share in found[0].shares] if found else []
    made += [_share_column(place, title) for place, title in enumerate(titles)]
    made.append(Column(_("办理时长中位数"), _hours, is_number=True))
    return made


def _share_column(place: int, title: str) -> Column[Line]:
    return Column(_(title), lambda line: _share(line.shares[place]), is_number=True)


def _share(share: Share) -> Any:
    if share.value is None:
        return _("件数不足")
    return format_html(
        '<strong>{}%</strong> <small class="portal-of">{} / {}{}</small>',
        share.percent,
        f"{share.numerator:,}",
        f"{share.denominator:,}",
        _excluded(share),
    )


def _excluded(share: Share) -> SafeString | str:
    left_out = sum(number for _reason, number in share.excluded)
    if not left_out:
        return ""
    reasons = _("；").join(f"{_(reason)} {told(number)}" for reason, number in share.excluded if number)
    return format_html(
        '<span title="{}">{}</span>', reasons, _("；剔除 %(number)s") % {"number": told(left_out)}
    )


def _hours(line: Line) -> str:
    if line.hours is None:
        return _("件数不足")
    return _("%(hours).1f 小时") % {"hours": line.hours}
