"""Titles of cases, and personal numbers in what people write."""

from __future__ import annotations

import pytest

from linli.domains.cases.texts import TITLE_LENGTH, title_of, without_personal_numbers


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("您好！北门消防通道被堵。请尽快处理", "北门消防通道被堵"),
        ("路灯不亮", "路灯不亮"),
        ("  井盖翘起来了，走路要小心。谢谢  ", "井盖翘起来了，走路要小心"),
        ("长" * 100, "长" * (TITLE_LENGTH - 1) + "…"),
    ],
)
def test_a_title_is_the_first_sentence_that_says_something(text: str, title: str) -> None:
    assert title_of(text) == title


def test_personal_numbers_are_covered_and_told() -> None:
    covered, found = without_personal_numbers("电话13912345678，身份证11010519491231002X，编号2600010002")
    assert covered == "电话139****5678，身份证110***********002X，编号2600010002"
    assert found == ["13912345678", "11010519491231002X"]
