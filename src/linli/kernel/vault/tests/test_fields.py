from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.vault.errors import PersonalDataInvalid
from linli.kernel.vault.fields import FIELDS, checked, masks_of


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("138 1234 1234", "13812341234"),
        ("+86 138-1234-1234", "13812341234"),
        ("008613812341234", "13812341234"),
        ("１３８１２３４１２３４", "13812341234"),
        ("02887654321", "028-87654321"),
        ("（010）62345678", "010-62345678"),
        ("0833-2345678转12", "0833-2345678-12"),
        ("+86-28-8765 4321".replace("-28", "-028"), "028-87654321"),
        ("+852 9123 4567", "+85291234567"),
    ],
)
def test_a_phone_has_one_stored_form(written, stored):
    assert checked({"phone": written}) == {"phone": stored}


@pytest.mark.parametrize("wrong", ["12812341234", "1381234123", "138123412345", "8765", "电话", "+8612345"])
def test_a_wrong_phone_is_refused_by_name(wrong):
    with pytest.raises(PersonalDataInvalid) as refused:
        checked({"phone": wrong})
    assert refused.value.fields["phone"].startswith("联系电话：")


def test_a_landline_without_its_area_code_is_told_so():
    with pytest.raises(PersonalDataInvalid, match="区号"):
        checked({"phone": "87654321"})


@pytest.mark.parametrize("name", ["张三", "阿卜杜拉·买买提", "Mary O'Brien", "欧阳 若兰", "锡"])
def test_names_of_many_kinds_are_taken(name):
    assert checked({"name": name}) == {"name": name}


@pytest.mark.parametrize("name", ["123", "！", "张" * 41, "<b>张三</b>"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(PersonalDataInvalid, match="姓名"):
        checked({"name": name})


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("11010519491231002", "18 位"),
        ("110105194912310021", "校验位"),
        ("11010519491331003X", "校验位|出生日期"),
        ("A1010519491231002X", "数字"),
    ],
)
def test_a_wrong_identity_number_says_what_is_wrong(number, told):
    with pytest.raises(PersonalDataInvalid, match=told):
        checked({"identity": number})


def test_identity_numbers_and_residence_permits_are_taken():
    assert checked({"identity": "11010519491231002x"}) == {"identity": "11010519491231002X"}
    assert checked({"identity": "830000199201300022"}) == {"identity": "830000199201300022"}


def test_every_wrong_field_is_named_at_once():
    with pytest.raises(PersonalDataInvalid) as refused:
        checked({"name": "9", "phone": "1", "identity": "2", "shoe_size": "43"})
    assert set(refused.value.fields) == {"name", "phone", "identity", "shoe_size"}


def test_blank_fields_are_left_out():
    assert checked({"name": " ", "phone": ""}) == {}


@given(st.text(max_size=30))
def test_any_text_is_stored_or_refused_and_its_mask_can_not_be_written_back(text):
    for field in FIELDS:
        try:
            values = checked({field: text})
        except PersonalDataInvalid:
            continue
        for mask in masks_of(values).values():
            assert mask != values[field]
            with pytest.raises(PersonalDataInvalid):
                checked({field: mask})
