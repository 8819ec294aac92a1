"""The scan: no model outside the vault may have a field for what belongs into it."""

from __future__ import annotations

import re

from django.apps import apps

PERSONAL_NAME = re.compile(
    r"(^|_)(phone|mobile|telephone|tel|contact|id_?card|identity(_number)?|id_number|wechat|email"
    r"|home_address|birth(day|date|_date)?|health|disability)($|_)"
)
PERSONAL_TITLE = re.compile(r"电话|手机|身份证|住址|微信|邮箱|出生|健康|残疾|联系方式")

ALLOWED = {"cases.Report.contact": "the id of the reporter's entry in the vault"}
"""``app.Model.field``: why it is no personal data, e.g. the published telephone of an office."""


def test_no_model_outside_the_vault_has_a_field_for_personal_data():
    found = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("linli.") and not model.__module__.startswith("linli.kernel.vault.")
        for field in model._meta.concrete_fields
        if PERSONAL_NAME.search(field.name) or PERSONAL_TITLE.search(str(field.verbose_name))
    ]
    assert [field for field in found if field not in ALLOWED] == []
