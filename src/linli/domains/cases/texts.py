"""What people write: titles, search words, and personal numbers that slip into it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from linli.domains.cases.models import Case, CaseText
from linli.kernel.records import tags
from linli.lib.bigrams import vector

TITLE_LENGTH = 40
SHORTEST_TITLE = 6
"""Characters; what is shorter is a greeting or a sigh."""
HIDDEN_TITLE = "不公开事件"
"""Stands for the title of a case that is not public where more people read than may know of it."""
_SENTENCE_END = re.compile(r"[。！？!?；;\n]")
_LONG = re.compile(r"\d{11}")
"""So many digits in a row: without them there is no number to be covered, as in most texts."""
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])(1[3-9]\d{9}|\d{17}[\dXx])(?![0-9A-Za-z])")


def title_of(text: str) -> str:
    """The first sentence that says something (a greeting does not), cut to what fits a list."""
    whole = text.strip()
    sentences = (sentence.strip() for sentence in _SENTENCE_END.split(whole))
    first = next((sentence for sentence in sentences if len(sentence) >= SHORTEST_TITLE), whole)
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


def without_personal_numbers(text: str) -> tuple[str, list[str]]:
    """The text with mobile and identity numbers covered, and the numbers that were in it.

    People write their own or a neighbour's number into a report; it has no business in a list, a search
    index or a public page. The numbers themselves are kept in the vault.
    """
    found: list[str] = []
    if _LONG.search(text) is None:
        return text, found

    def cover(match: re.Match[str]) -> str:
        found.append(match[0])
        return match[0][:3] + "*" * (len(match[0]) - 7) + match[0][-4:]

    return _PERSONAL.sub(cover, text), found


def searched(number: str, title: str, address: str, *texts: str) -> list[str]:
    """The texts that a case is found by: a title that begins or stands in a report is found there."""
    is_told = any(title.removesuffix("…") in text for text in texts)
    return [number, *([] if is_told else [title]), address, *texts]


def case_text(case: Case, texts: Iterable[str]) -> CaseText:
    """What a case is found by."""
    return CaseText(
        case_id=case.pk,
        district=case.district,
        words=vector(*searched(case.number, case.title, case.address, *texts)),
        tags=tags.vector(case.tags()),
    )
