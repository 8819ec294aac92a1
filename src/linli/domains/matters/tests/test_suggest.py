"""Text to matters: by the list's keywords, by closed cases, with the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.domains.matters import learning
from linli.domains.matters.entries import normal
from linli.domains.matters.similarity import rank, text_similarity
from linli.domains.matters.suggestion import LIKELY, suggest, suspect_urgency
from linli.lib.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists")]

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _own_models(tmp_path: Path, settings: object) -> Iterator[None]:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    learning.forget_model()
    yield
    learning.forget_model()


def reports(name: str) -> list[tuple[str, str]]:
    with (HERE / name).open(encoding="utf-8") as file:
        return [(row["text"], row["matter"]) for row in csv.DictReader(file)]


def hit_rate(pairs: list[tuple[str, str]]) -> float:
    hits = [code in {one.matter.code for one in suggest(text, limit=3)} for text, code in pairs]
    return sum(hits) / len(hits)


def test_reports_in_everyday_words_find_their_matter_among_three() -> None:
    pairs = reports("reports.csv")
    assert len(pairs) >= 150
    assert hit_rate(pairs) >= 0.9


def test_reports_that_avoid_the_usual_words_are_found_half_the_time() -> None:
    # written without the keyword list in view: never tune keywords to this file
    assert hit_rate(reports("reports_cold.csv")) >= 0.5


def test_a_word_for_the_place_comes_after_the_thing() -> None:
    pairs = reports("reports_places.csv")
    assert len(pairs) >= 20
    firsts = {text: suggest(text)[0] for text, _ in pairs}
    wrong = {text: firsts[text].matter.code for text, codes in pairs if firsts[text].matter.code not in codes}
    assert wrong == {}
    assert all(one.score >= LIKELY for one in firsts.values())


@pytest.mark.parametrize("text", ["路口", "小区门口", "楼道里", "工地门口", "学校路口", "楼下坏了"])
def test_a_place_alone_stands_for_no_matter(text: str) -> None:
    assert all(one.score < LIKELY for one in suggest(text))


def test_the_reason_names_the_words() -> None:
    best = suggest("消防通道被私家车堵住了")[0]
    assert best.matter.code == "WG-AQ-01"
    assert best.reason.startswith("词语：消防通道、")
    assert 0 < best.score < 1


def test_the_longer_word_hides_the_shorter() -> None:
    assert "井盖" not in suggest("污水井盖坏了")[0].words


def test_a_text_that_says_nothing_gets_no_suggestion() -> None:
    assert suggest("你好") == []
    assert suggest("") == []


def test_only_matters_that_become_cases_are_suggested() -> None:
    kinds = {one.matter.list.kind for one in suggest("社区矫正 人民调解 停水 垃圾堆", limit=50)}
    assert kinds <= {"grid", "city"}


def test_closed_cases_teach() -> None:
    samples = [(f"第{i}号门前的荧光蘑菇长出来了", "WG-YL-03") for i in range(40)]
    samples += [(f"第{i}号楼里的乒乓声不停", "WG-SR-11") for i in range(40)]
    assert suggest("荧光蘑菇") == []
    metadata = learning.train(samples)
    assert (metadata.samples, metadata.matters, metadata.accuracy) == (80, 2, 1.0)
    learning.forget_model()
    best = suggest("又长荧光蘑菇")[0]
    assert best.matter.code == "WG-YL-03"
    assert "与已办结的 40 件同类事件归类一致" in best.reason
    assert any("蘑菇" in word for word in best.words)


def test_a_model_file_can_carry_nothing_that_runs() -> None:
    learning.train([("甲乙丙丁", "A"), ("子丑寅卯", "B")] * 10)
    learning.forget_model()
    loaded = learning.model()
    assert loaded is not None
    assert loaded.codes == ("A", "B")
    assert [one.code for one in loaded.predict("甲乙", most=1)] == ["A"]
    assert loaded.predict("xyz", most=3) == []


def test_too_few_cases_teach_nothing() -> None:
    with pytest.raises(Invalid):
        learning.train([("甲", "A")] * 20)
    assert learning.model() is None


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("三楼着火了，快来人", "very_urgent"),
        ("有人困在电梯里", "very_urgent"),
        ("电线掉在路上", "urgent"),
        ("消防通道被堵，万一着火怎么办", "normal"),
        ("堆了很多纸箱，容易着火", "normal"),
        ("目前没有人被困", "normal"),
        ("路灯不亮", "normal"),
    ],
)
def test_urgency_is_suspected_from_what_is_not_from_what_might_be(text: str, urgency: str) -> None:
    assert suspect_urgency(text).urgency == urgency


def test_similarity_ranks_and_is_bounded() -> None:
    assert text_similarity("消防通道堵了", "消防通道堵了") == pytest.approx(1)
    assert text_similarity("消防通道", "路灯不亮") == 0
    assert text_similarity("", "路灯") == 0
    ranked = rank("消防通道堵了", [("a", "路灯坏了"), ("b", "消防通道被堵")])
    assert [key for key, _ in ranked] == ["b", "a"]


def test_words_are_compared_narrow_and_small() -> None:
    assert normal("ＫＴＶ 很 吵") == "ktv很吵"
