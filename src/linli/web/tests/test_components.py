from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory

from linli.lib.time import at
from linli.web import components, style
from linli.web.components import Column, Tone

NOON = dt.datetime(2026, 5, 6, 4, 0, tzinfo=dt.UTC)


def show(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def test_the_style_page_shows_everything_to_developers(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    page = client.get("/ui").content.decode()
    for mark in [
        "ll-table",
        "ll-timeline",
        "ll-stat",
        "ll-pill--danger",
        "ll-due--overdue",
        "data-pin",
        "ll-chart",
    ]:
        assert mark in page


def test_the_style_page_is_closed_to_everybody_else(client: Client) -> None:
    assert client.get("/ui").status_code == 404


@pytest.mark.parametrize("page", ["/login", "/ui"])
def test_pages_hold_no_inline_script_style_or_handler(client: Client, settings: Any, page: str) -> None:
    settings.DEBUG = True
    source = client.get(page).content.decode()
    for script in re.findall(r"<script\b[^>]*>", source):
        assert "src=" in script or 'type="application/json"' in script
    assert "<style" not in source
    assert not re.search(r"\s(style|on[a-z]+)=", re.sub(r"data:image[^\"]*", "", source))


def test_every_control_of_the_style_page_has_a_name(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    source = client.get("/ui").content.decode()
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', source))
    for control in re.findall(r"<(?:input|select|textarea)\b[^>]*>", source):
        if 'type="hidden"' in control or "aria-label" in control:
            continue
        found = re.search(r' id="([^"]+)"', control)
        assert found, control
        assert found[1] in labelled, control


def test_ids_are_unique(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    ids = re.findall(r' id="([^"]+)"', client.get("/ui").content.decode())
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("shell", ["web/desk.html", "web/portal.html", "web/wall.html"])
def test_each_shell_has_a_skip_link_to_its_main_part(shell: str) -> None:
    request = RequestFactory().get("/")
    page = Template(f"{{% extends '{shell}' %}}").render(Context({"request": request, "city_name": "云滨市"}))
    assert 'href="#main"' in page
    assert page.count("<main") == 1
    assert 'id="main"' in page


@pytest.mark.parametrize(
    ("left", "mark", "said"),
    [
        (dt.timedelta(days=2, hours=5), "running", "剩 2 天"),
        (dt.timedelta(hours=3), "soon", "剩 3 小时"),
        (dt.timedelta(minutes=9), "soon", "剩 9 分钟"),
        (dt.timedelta(seconds=5), "soon", "剩 1 分钟"),
        (dt.timedelta(days=-2), "overdue", "超期 2 天"),
        (dt.timedelta(minutes=-1), "overdue", "超期 1 分钟"),
    ],
)
def test_a_due_time_is_said_as_people_do(left: dt.timedelta, mark: str, said: str) -> None:
    with at(NOON):
        told = components.due(NOON + left)
    assert f"ll-due--{mark}" in told
    assert said in told


def test_a_due_time_shows_the_exact_time_of_the_city() -> None:
    with at(NOON):
        assert "2026-05-06 15:00" in components.due(NOON + dt.timedelta(hours=3))


@pytest.mark.parametrize(("state", "said"), [("paused", "时限暂停"), ("met", "按时"), ("missed", "逾期办理")])
def test_a_stopped_clock_says_how_it_stopped(state: str, said: str) -> None:
    assert said in components.due(NOON, state)


def test_no_due_time_is_said_too() -> None:
    assert "无时限" in components.due(None)


def test_each_tone_has_a_shape_of_its_own() -> None:
    shapes = {re.findall(r"#(\w+)", components.pill("x", tone))[0] for tone in Tone}
    assert len(shapes) == len(Tone)


def test_texts_are_escaped_everywhere() -> None:
    evil = "<script>alert(1)</script>"
    columns: list[Column[str]] = [Column("标题", lambda one: one, role="title")]
    rows = [components.row(evil, columns, key="1", url="/x")]
    told = [
        components.pill(evil),
        show("{% table rows columns '表' %}", rows=rows, columns=columns),
        show("{% message text %}", text=evil),
        show("{% button text hx_vals=text %}", text=evil),
        show("{{ text|whole_moments|linebreaksbr }}", text=evil),
        show("{% page_header text %}{% endpage_header %}", text=evil),
        show("{% chart 'c' '图' columns rows %}", columns=["a", "b"], rows=[(evil, 1)]),
    ]
    for one in told:
        assert "<script>alert" not in one


def test_a_wrong_field_is_joined_to_its_error() -> None:
    form = style.SampleForm({"title": "堵"})
    told = show("{% field form.title %}", form=form)
    assert 'aria-describedby="id_title_help id_title_error"' in told
    assert 'aria-invalid="true"' in told
    assert 'id="id_title_error"' in told


def test_an_instant_within_a_text_is_not_broken() -> None:
    told = show("{{ text|whole_moments }}", text="限 2 天，至 2026-11-23 17:30；<b>2026-11-24")
    assert (
        'class="ll-nowrap">2026-11-23 17:30</span>；&lt;b&gt;<span class="ll-nowrap">2026-11-24</span>'
        in told
    )


def test_an_empty_table_says_so() -> None:
    assert "今天没有待办" in show(
        "{% table rows columns '表' empty_text='今天没有待办' %}", rows=[], columns=[]
    )


def test_a_button_takes_attributes_as_they_are_named() -> None:
    told = show(
        "{% button '退回' hx_post='/x' data_confirm='退回？' disabled=off aria_busy=none %}",
        off=False,
        none=None,
    )
    assert 'hx-post="/x"' in told
    assert 'data-confirm="退回？"' in told
    assert "disabled" not in told
    assert "aria-busy" not in told


def test_unknown_kinds_icons_and_states_are_mistakes_of_the_caller() -> None:
    with pytest.raises(ValueError, match="loud"):
        show("{% button 'x' kind='loud' %}")
    with pytest.raises(ValueError, match="no such icon"):
        components.icon("no such icon")
    with pytest.raises(ValueError, match="asleep"):
        components.due(NOON, "asleep")
