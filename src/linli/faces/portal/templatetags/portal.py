"""Marks that only the portal needs."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from linli.web.components import icon

register = template.Library()

CATEGORY_ICONS = {
    "民生诉求": "home",
    "政策咨询与代办": "help",
    "其他": "more",
    "安全隐患": "warning",
    "市容环境": "refresh",
    "公用设施": "settings",
    "突发情况": "flame",
    "特殊人群关爱": "people",
    "治安风险": "shield",
    "矛盾纠纷": "scale",
    "街面秩序": "area",
    "交通设施": "map",
    "施工管理": "building",
    "园林绿化": "star",
    "宣传广告": "bookmark",
    "公共卫生": "add",
}
"""By the top categories of the demonstration list; a city's own categories get the plain mark."""


@register.simple_tag
def category_icon(category: str) -> SafeString:
    """The icon of a top category of matters."""
    return icon(CATEGORY_ICONS.get(category, "tag"))
