"""What the stored facts are: who refers to whom, and what is never stored."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import models

from linli.config import migrations
from tests.architecture.rooms import may_use, room_of

PERSONAL = re.compile(
    r"phone|mobile|telephone|(^|_)tel($|_)|id_?card|identity_(no|number)|id_number|passport|real_name|birth"
    r"|home_address|bank_(card|account)|wechat|身份证|证件号|手机|电话号码|联系电话|出生日期|家庭住址|银行卡|微信号"
)
"""Names under which personal data is stored. It belongs into the vault alone (design, Vault)."""

WATCHING_PEOPLE = re.compile(
    r"online_(time|minutes|hours)|login_(count|minutes|days|streak)|last_login|streak|(^|_)points($|_)|(^|_)rank(ing)?($|_)"
    r"|leaderboard|(^|_)tracks?($|_)|trajectory|check_?in|clock_?in|sign_?in_(days|count)|attendance|install_rate"
    r"|在线时长|登录次数|登录天数|打卡|签到|积分|排名|轨迹|安装率|活跃度"
)
"""What the national rules on government apps forbid (国办函〔2026〕12号, GA3–GA5): no clock-in, no points or
ranking of persons, no time online, no tracks."""


def _ours() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("linli."):
            yield model


def _fields() -> Iterator[tuple[type[models.Model], models.Field[object, object]]]:
    for model in _ours():
        for field in model._meta.local_fields:
            yield model, field


def _names(model: type[models.Model], field: models.Field[object, object]) -> str:
    return f"{field.name} {field.column} {field.verbose_name} {field.help_text}"


def test_no_foreign_key_points_to_a_room_above_or_beside() -> None:
    wrong = [
        f"{model._meta.label}.{field.name} -> {target._meta.label}"
        for model, field in _fields()
        if isinstance(field, models.ForeignKey) and (target := field.remote_field.model)
        if target.__module__.startswith("linli.")
        if not may_use(room_of(model.__module__), room_of(target.__module__))
    ]
    assert not wrong


def test_other_rooms_keep_codes_of_areas_and_no_foreign_keys_to_them() -> None:
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model, field in _fields()
        if isinstance(field, models.ForeignKey)
        and room_of(field.remote_field.model.__module__) == ("kernel", "areas")
        and room_of(model.__module__) != ("kernel", "areas")
    ]
    assert not wrong


def test_personal_data_is_stored_in_the_vault_alone() -> None:
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model, field in _fields()
        if room_of(model.__module__) != ("kernel", "vault") and PERSONAL.search(_names(model, field))
    ]
    assert not wrong


def test_nothing_is_stored_that_watches_ranks_or_clocks_people() -> None:
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model, field in _fields()
        if WATCHING_PEOPLE.search(_names(model, field))
    ]
    wrong += [
        m._meta.label for m in _ours() if WATCHING_PEOPLE.search(f"{m._meta.db_table} {m._meta.verbose_name}")
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("pattern", "caught", "let_through"),
    [
        (
            PERSONAL,
            ["mobile", "id_card", "reporter_phone", "身份证号码"],
            ["person_id", "modified", "tracking_code"],
        ),
        (
            WATCHING_PEOPLE,
            ["points", "last_login", "tracks", "person_rank", "签到时间"],
            ["tracking_code", "locate_point"],
        ),
    ],
)
def test_the_patterns_catch_what_they_are_for(
    pattern: re.Pattern[str], caught: list[str], let_through: list[str]
) -> None:
    assert [name for name in caught if not pattern.search(name)] == []
    assert [name for name in let_through if pattern.search(name)] == []


def test_every_change_of_a_model_has_its_migration() -> None:
    assert migrations.missing() == []
