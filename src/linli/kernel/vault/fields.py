"""The kinds of personal data: what a valid value is, how it is stored, and the mask that lists show."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext
from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength, ValidationError

from linli.kernel.vault.errors import PersonalDataInvalid

MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(
    r"(010|02\d|0[3-9]\d{2})([2-9]\d{6,7})(?:(?:转|x|ext\.?|#)(\d{1,6}))?",  # not shown
    re.IGNORECASE,
)
ABROAD = re.compile(r"\+(?!86)[1-9]\d{6,14}")
MASKED = re.compile(r"[*＊●•]")
NAME = re.compile(r"[^\W\d_][\w .·・'’（）()-]*")

RESIDENCE_PERMIT = ("83", "9")
"""First digits of eighteen-digit numbers outside the register of counties: residence permits for Taiwan
(83) and permanent residence of foreigners (9, 2023 edition). Their check digit is the same (GB 11643)."""


def normal(text: str) -> str:
    """Full-width forms folded, white space at the ends dropped."""
    return unicodedata.normalize("NFKC", text).strip()


def phone(text: str) -> str:
    """A mobile number as 11 digits, a landline as ``区号-号码[-分机]``, others as ``+国家码号码``."""
    bare = re.sub(r"[\s\-‐–—()（）.]", "", normal(text))
    bare = re.sub(r"^(?:\+|00)86(?=[01])", "", bare)
    bare = re.sub(r"^00(?=[1-9])", "+", bare)
    if MOBILE.fullmatch(bare) or ABROAD.fullmatch(bare):
        return bare
    landline = LANDLINE.fullmatch(bare)
    if landline:
        return "-".join(part for part in landline.groups() if part)
    if re.fullmatch(r"[2-9]\d{6,7}", bare):
        raise ValueError("固定电话请带区号，如 028-87654321")
    raise ValueError("请填写 11 位手机号，或带区号的固定电话")


def name(text: str) -> str:
    """A person's name of 1 to 40 characters that starts with a letter."""
    value = re.sub(r"\s+", " ", normal(text))
    if not NAME.fullmatch(value):
        raise ValueError("请填写真实姓名，不能是数字或符号")
    if len(value) > 40:
        raise ValueError("不能超过 40 个字")
    return value


def identity(text: str) -> str:
    """An eighteen-digit resident identity number or residence permit number."""
    value = ric.compact(normal(text))
    try:
        return str(ric.validate(value))
    except InvalidLength as error:
        raise ValueError("应为 18 位") from error
    except InvalidChecksum as error:
        raise ValueError("校验位不正确，请核对") from error
    except InvalidComponent as error:
        if value.startswith(RESIDENCE_PERMIT):
            return value
        raise ValueError("地区码或出生日期不正确，请核对") from error
    except ValidationError as error:
        raise ValueError("只能由数字组成，末位可为 X") from error


def text_of(limit: int) -> Callable[[str], str]:
    """Plain text of 1 to ``limit`` characters without control characters."""

    def check(text: str) -> str:
        value = unicodedata.normalize("NFC", text).strip()
        if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in value):
            raise ValueError("含有无法显示的字符")
        if len(value) > limit:
            raise ValueError(gettext("不能超过 %(n)d 个字") % {"n": limit})
        return value

    return check


def mask_phone(value: str) -> str:
    if MOBILE.fullmatch(value):
        return f"{value[:3]}****{value[-4:]}"
    if "-" in value:
        return f"{value.split('-')[0]}-****{value.split('-')[1][-2:]}"
    return f"{value[:3]}****{value[-2:]}"


def mask_name(value: str) -> str:
    return value[0] + "*" * min(max(len(value) - 1, 1), 2)


def mask_identity(value: str) -> str:
    return f"{value[:3]}***********{value[-4:]}"


def mask_address(value: str) -> str:
    """At most the first six characters and a third of the whole: the door is never shown."""
    return f"{value[: min(6, len(value) // 3)]}****"


def mask_whole(_value: str) -> str:
    return "***"


@dataclass(frozen=True)
class Field:
    """One kind of personal data."""

    title: str
    check: Callable[[str], str]
    mask: Callable[[str], str]
    sensitive: bool = False
    """Sensitive personal information in the sense of 个人信息保护法 art. 28."""


FIELDS: Mapping[str, Field] = {
    "name": Field("姓名", name, mask_name),
    "phone": Field("联系电话", phone, mask_phone),
    "identity": Field("身份证件号码", identity, mask_identity, sensitive=True),
    "address": Field("住址", text_of(120), mask_address, sensitive=True),
    "health": Field("健康状况", text_of(500), mask_whole, sensitive=True),
    "circumstances": Field("其他敏感情况", text_of(500), mask_whole, sensitive=True),
}


def checked(fields: Mapping[str, str]) -> dict[str, str]:
    """Every value in its stored form; blank ones are left out.

    Raises ``PersonalDataInvalid`` naming every wrong field. A value with a mask's star in it is refused:
    it was copied from a list and would overwrite the true one.
    """
    values: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for code, text in fields.items():
        field = FIELDS.get(code)
        if field is None:
            wrong[code] = gettext("%(code)s：不是可登记的个人信息项") % {"code": code}
        elif MASKED.search(text):
            wrong[code] = _told(field, "含有星号，是脱敏后的内容，不能写回，请填写完整信息")
        elif text.strip():
            try:
                values[code] = field.check(text)
            except ValueError as error:
                wrong[code] = _told(field, str(error))
    if wrong:
        raise PersonalDataInvalid(fields=wrong)
    return values


def _told(field: Field, wrong: str) -> str:
    return gettext("%(title)s：%(wrong)s") % {"title": gettext(field.title), "wrong": gettext(wrong)}


def masks_of(values: Mapping[str, str]) -> dict[str, str]:
    return {code: FIELDS[code].mask(value) for code, value in values.items()}
