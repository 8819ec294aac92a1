"""What the style page shows: every component in every state, with plainly invented content."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from django import forms
from django.core.exceptions import ValidationError

from linli.lib.time import now
from linli.web import components
from linli.web.components import Chip, Choice, Column, Crumb, Entry, Fact, Photo, Stat, Tone
from linli.web.icons import ICONS


@dataclass(frozen=True)
class Sample:
    """An invented case."""

    number: str
    title: str
    state: str
    tone: Tone
    urgency: str
    due_in: dt.timedelta | None
    place: str
    unit: str


SAMPLES = [
    Sample(
        "20260001-4",
        "消防通道被杂物堵塞",
        "待分办",
        Tone.INFO,
        "very_urgent",
        dt.timedelta(hours=1, minutes=20),
        "云岭街道·望江社区·第3网格",
        "望江社区居委会",
    ),
    Sample(
        "20260002-2",
        "楼道照明损坏已有一周，老人夜间出入不便，请尽快安排维修",
        "办理中",
        Tone.PROGRESS,
        "normal",
        dt.timedelta(days=3),
        "云岭街道·望江社区·第5网格",
        "区住房和城乡建设局",
    ),
    Sample(
        "20260003-0",
        "电动自行车飞线充电",
        "已超期",
        Tone.DANGER,
        "urgent",
        dt.timedelta(days=-2, hours=-3),
        "柳溪镇·石桥村·第1网格",
        "柳溪镇综治中心",
    ),
    Sample(
        "20260004-8",
        "污水井盖缺失",
        "待核查",
        Tone.WARNING,
        "urgent",
        dt.timedelta(hours=26),
        "柳溪镇·石桥村·第2网格",
        "区水务局",
    ),
    Sample(
        "20260005-6",
        "路面积水",
        "已结案",
        Tone.SUCCESS,
        "normal",
        None,
        "云岭街道·松林社区·第2网格",
        "区市政管理处",
    ),
]


class SampleForm(forms.Form):
    title = forms.CharField(
        label="问题概述", max_length=60, help_text="一句话说明地点和情况，不写他人姓名、电话"
    )
    kind = forms.ChoiceField(
        label="类别", choices=[("", "请选择"), ("fire", "消防安全"), ("road", "市政道路")]
    )
    text = forms.CharField(label="详细情况", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    when = forms.DateTimeField(
        label="发现时间", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    channel = forms.ChoiceField(
        label="告知方式", choices=[("page", "网页查询"), ("call", "电话回访")], widget=forms.RadioSelect
    )
    is_hidden = forms.BooleanField(label="对被反映单位隐藏我的身份", required=False, initial=True)
    photos = forms.FileField(
        label="照片", required=False, widget=forms.FileInput(attrs={"data-photos": True, "accept": "image/*"})
    )
    longitude = forms.FloatField(label="经度", min_value=73, max_value=136)
    latitude = forms.FloatField(label="纬度", min_value=3, max_value=54)

    def clean_title(self) -> str:
        title = str(self.cleaned_data["title"])
        if title == "堵":
            raise ValidationError("请写明地点和情况，至少 5 个字")
        return title


def samples() -> dict[str, Any]:
    """The context of ``web/ui.html``."""
    columns = _columns()
    form = SampleForm(prefix="blank")
    wrong = SampleForm({"wrong-title": "堵", "wrong-longitude": "7", "wrong-latitude": ""}, prefix="wrong")
    wrong.is_valid()
    return {
        "trail": [Crumb("工作台", "#"), Crumb("事件", "#"), Crumb("20260001-4")],
        "icons": sorted(ICONS),
        "tones": [(tone.value, _tone_name(tone)) for tone in Tone],
        "dues": _dues(),
        "columns": columns,
        "rows": [
            components.row(one, columns, key=one.number, url=f"#{one.number}", tone=_row_tone(one))
            for one in SAMPLES
        ],
        "tabs": [
            Choice("全部", "#", True, 1204),
            Choice("我的待办", "#", False, 12),
            Choice("即将到期", "#", False, 3),
            Choice("已超期", "#", False, 1),
            Choice("督办", "#", False, 0),
            Choice("待我核查", "#"),
        ],
        "chips": [Chip("状态", "办理中", "#"), Chip("区域", "云岭街道", "#")],
        "saved": [Choice("我的街道·本周", "#", True, 38), Choice("消防类", "#", False, 7)],
        "facts": [
            Fact("事项", "消防通道占用堵塞"),
            Fact("来源", "居民端"),
            Fact("主办单位", "望江社区居委会"),
            Fact("协办单位", ""),
            Fact("办理依据", "《基层治理条例》第二十条（示例）", True),
        ],
        "photos": _photos(),
        "entries": _entries(),
        "stats": _stats(),
        "areas": [
            Crumb("云滨市（示例）", "#"),
            Crumb("云岭区", "#"),
            Crumb("望江社区", "#"),
            Crumb("第3网格"),
        ],
        "form": form,
        "wrong": wrong,
        "map_areas": _map_areas(),
        "map_points": _map_points(),
        "chart_columns": ["日期", "受理", "办结"],
        "chart_rows": [
            ("周一", 42, 35),
            ("周二", 51, 44),
            ("周三", 38, 47),
            ("周四", 60, 52),
            ("周五", 47, 49),
        ],
        "search_url": "/ui",
        "notices_url": "#",
        "notices_unread": 3,
        "post_url": "/ui",
        "posts": [
            {"id": 1, "label": "云岭街道综治中心·值班长", "is_current": True},
            {"id": 2, "label": "望江社区·网格长", "is_current": False},
        ],
        "now": now(),
    }


def _columns() -> list[Column[Sample]]:
    return [
        Column("编号", lambda one: one.number, role="wide"),
        Column("事件", lambda one: one.title, role="title"),
        Column("状态", lambda one: components.pill(one.state, one.tone), role="mark"),
        Column("紧急程度", lambda one: components.urgency(one.urgency)),
        Column("时限", _due_of, sort_url="#", sorted="ascending"),
        Column("地点", lambda one: one.place),
        Column("主办单位", lambda one: one.unit),
    ]


def _due_of(one: Sample) -> object:
    if one.due_in is None:
        return components.due(now(), "met")
    return components.due(now() + one.due_in)


def _row_tone(one: Sample) -> Tone | Literal[""]:
    return Tone.DANGER if one.tone == Tone.DANGER else ""


def _tone_name(tone: Tone) -> str:
    names = {"neutral": "待受理", "info": "待分办", "progress": "办理中", "success": "已结案"}
    return {**names, "warning": "待核查", "danger": "已超期"}[tone.value]


def _dues() -> list[tuple[dt.datetime | None, str]]:
    present = now()
    return [
        (present + dt.timedelta(days=3, minutes=1), "running"),
        (present + dt.timedelta(hours=3, minutes=1), "running"),
        (present + dt.timedelta(minutes=16), "running"),
        (present - dt.timedelta(days=2), "running"),
        (present, "paused"),
        (present, "met"),
        (present, "missed"),
        (None, "running"),
    ]


_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="480">'
    '<rect width="640" height="480" fill="{colour}"/></svg>'
)


def _photos() -> list[Photo]:
    colours = [("#8aa3ae", "处理前：杂物堆放在三单元门口"), ("#6f9c86", "处理后：通道已清空")]
    drawn = ["data:image/svg+xml," + quote(_PICTURE.format(colour=colour)) for colour, _ in colours]
    return [Photo(url, url, caption) for url, (_, caption) in zip(drawn, colours, strict=True)]


def _entries() -> list[Entry]:
    start = now() - dt.timedelta(hours=5)
    hours = [start + dt.timedelta(hours=n) for n in range(5)]
    return [
        Entry(
            "居民上报",
            hours[0],
            "居民",
            "三单元门口堆了很多杂物，消防车进不来。",
            "report",
            Tone.NEUTRAL,
            _photos()[:1],
        ),
        Entry("受理", hours[1], "云岭街道综治中心", "", "accept", Tone.INFO),
        Entry(
            "分办",
            hours[2],
            "云岭街道综治中心",
            "主办：望江社区居委会；协办：区消防救援大队",
            "dispatch",
            Tone.PROGRESS,
        ),
        Entry(
            "退回",
            hours[3],
            "区消防救援大队",
            "不属于本单位职责，依据事项清单第 12 项。",
            "hand_back",
            Tone.WARNING,
        ),
        Entry(
            "办结", hours[4], "望江社区居委会", "已清理并张贴提示。", "success", Tone.SUCCESS, _photos()[1:]
        ),
    ]


def _stats() -> list[Stat]:
    return [
        Stat("按时办结率", "96.4", "%", "1,161 / 1,204 件", "#", Tone.SUCCESS, "不含已挂起 17 件"),
        Stat("超期未结", "1", "件", "在办 43 件", "#", Tone.DANGER),
        Stat("退回", "8", "次", "分办 310 次", "#", Tone.WARNING),
        Stat("居民评价已解决", "88.2", "%", "评价 204 / 办结 1,161 件", "#", Tone.INFO, "未评价的不计入"),
    ]


WEST, NORTH, STEP = 104.06, 30.68, 0.008


def _map_areas() -> dict[str, Any]:
    names = ["望江", "松林", "石桥", "云岭", "柳溪", "青石", "东湖", "西苑", "南门", "北辰", "长乐", "永安"]
    features = []
    for place, name in enumerate(names):
        west, north = WEST + (place % 4) * STEP, NORTH - (place // 4) * STEP
        east, south = west + STEP, north - STEP
        ring = [[west, north], [east, north], [east, south], [west, south], [west, north]]
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {
                    "code": str(place),
                    "name": f"{name}社区",
                    "shade": place % 5,
                    "detail": f"在办 {place * 3} 件",
                    "url": f"#{place}",
                },
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _map_points() -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {
                    "type": "Point",
                    "coordinates": [WEST + STEP * n * 0.9 + 0.002, NORTH - STEP * n * 0.6 - 0.003],
                },
                "properties": {"name": f"示例事件 {n + 1}", "tone": tone},
            }
            for n, tone in enumerate(["info", "warning", "danger", "success"])
        ],
    }
