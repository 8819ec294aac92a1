"""Publishing lists from files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from linli.domains.matters import queries
from linli.domains.matters.errors import ListFaulty
from linli.domains.matters.kinds import Evidence, ListKind
from linli.domains.matters.loading import load_matters
from linli.domains.matters.models import Function, Matter, MatterLimit, MatterList, Revision
from linli.domains.matters.tests.conftest import CITY, DATA
from linli.domains.matters.tests.factories import row, write

pytestmark = pytest.mark.django_db


def faults(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(ListFaulty) as refused:
        load_matters(folder, area=CITY)
    return [(problem.field, problem.message) for problem in refused.value.problems]


def test_the_shipped_lists_load_whole() -> None:
    summary = load_matters(DATA, area=CITY)
    count = {kind: len(queries.current(kind)) for kind in ListKind.values}
    assert len(summary.lists) == 7
    assert count["grid"] >= 60
    assert (count["autonomous"], count["assist"]) == (21, 59)
    assert min(count.values()) >= 1


def test_loading_twice_changes_nothing() -> None:
    load_matters(DATA, area=CITY)
    before = Matter.objects.count()
    summary = load_matters(DATA, area=CITY)
    assert summary.revision is None
    assert not summary.difference.anything
    assert (Matter.objects.count(), Revision.objects.count()) == (before, 1)


def test_the_shipped_lists_require_no_photo() -> None:
    load_matters(DATA, area=CITY)
    assert not Matter.objects.filter(evidence=Evidence.REQUIRED).exists()


def test_every_shipped_grid_matter_is_filled_in() -> None:
    load_matters(DATA, area=CITY)
    for matter in queries.current(ListKind.GRID):
        assert 8 <= len(matter.keywords) <= 20, matter.code
        assert "handle" in queries.limits_of(matter, "normal"), matter.code
        assert matter.source
        assert matter.evidence_reason
        assert all(limit.source for limit in matter.limits.all())


def test_a_changed_row_makes_a_version_and_leaves_the_others(tmp_path: Path) -> None:
    write(tmp_path, row(), row(code="T-02", name="积水"))
    load_matters(tmp_path, area=CITY)
    write(tmp_path, row(action_detail="改了"), row(code="T-02", name="积水"))
    done = load_matters(tmp_path, area=CITY).difference
    assert (done.changed, done.unchanged) == (["T-01"], 1)
    newest, oldest = queries.versions_of("T-01", area=CITY)
    assert (newest.version, newest.action_detail) == (2, "改了")
    assert (oldest.valid_to, oldest.action_detail) == (newest.valid_from, "发现即上报")


def test_a_changed_limit_makes_a_version(tmp_path: Path) -> None:
    load_matters(write(tmp_path, row()), area=CITY)
    write(tmp_path, row(limits={"overall": "8 work_hours @demo"}))
    assert load_matters(tmp_path, area=CITY).difference.changed == ["T-01"]


def test_a_matter_that_is_no_longer_named_leaves_the_list(tmp_path: Path) -> None:
    load_matters(write(tmp_path, row(), row(code="T-02", name="积水")), area=CITY)
    done = load_matters(write(tmp_path, row()), area=CITY).difference
    assert done.ended == ["T-02"]
    assert [matter.code for matter in queries.current()] == ["T-01"]


def test_a_matter_can_move_from_one_list_to_another(tmp_path: Path) -> None:
    other = row(code="T-02", name="积水")
    load_matters(write(tmp_path, row(), other), area=CITY)
    write(tmp_path, row())
    load_matters(write(tmp_path, {**other, "performers": ["department"]}, kind="city"), area=CITY)
    assert queries.by_code("T-02").list.kind == "city"
    assert queries.by_code("T-02").version == 2


def test_a_first_publication_holds_from_its_stated_day(tmp_path: Path) -> None:
    load_matters(write(tmp_path, row()), area=CITY)
    assert queries.by_code("T-01", dt.date(2026, 1, 1)).version == 1
    assert queries.current(on=dt.date(2025, 12, 31)) == []


def test_gb18030_is_accepted(tmp_path: Path) -> None:
    load_matters(write(tmp_path, row(), encoding="gb18030"), area=CITY)
    assert queries.by_code("T-01").name == "暴露垃圾"


def test_broken_encoding_is_named(tmp_path: Path) -> None:
    write(tmp_path, row())
    (tmp_path / "grid.yaml").write_bytes(b"kind: grid\ntitle: \xff\xff\xff")
    assert faults(tmp_path) == [("", "文字编码既不是 UTF-8 也不是 GB18030")]


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, row())
    (tmp_path / "grid.yaml").write_text("kind: grid\ntitle: [\n", encoding="utf-8")
    with pytest.raises(ListFaulty, match=r"第 3 行"):
        load_matters(tmp_path, area=CITY)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "必须填写"),
        ("colour", "red", "不认识的栏目"),
        ("lead_function", "magic", "职能表中没有"),
        ("lead_function", "", "必须填写"),
        ("assist_functions", ["magic"], "职能表中没有"),
        ("assist_functions", ["urban"], "主办职能不能同时是协办职能"),
        ("action", "dance", "不在可选值之内"),
        ("public", "maybe", "true 或 false"),
        ("duplicate_metres", -1, "整数"),
        ("keywords", "垃圾:99", "权重"),
        ("keywords", "垃圾 垃圾", "重复"),
        ("source", "@nowhere", "sources 中没有"),
        ("code", "t 01", "大写字母"),
        ("category", "市容//垃圾", "不得为空"),
        ("evidence", "required", "批准人"),
        ("article", "第一条", "写明法律名称"),
        ("performers", [], "必须填写"),
        ("performers", ["committee"], "第二十四条"),
        ("limits", {}, "全程"),
        ("limits", {"overall": "soon"}, "写法有误"),
        ("limits", {"overall": "4 work_hours"}, "来源"),
        ("limits", {"lunch": "4 work_hours @demo"}, "不是环节"),
    ],
)
def test_every_fault_is_told_in_words(tmp_path: Path, field: str, value: object, words: str) -> None:
    told = faults(write(tmp_path, row(**{field: value})))
    assert any(words in message for _, message in told)


def test_all_problems_are_told_at_once_and_nothing_is_changed(tmp_path: Path) -> None:
    write(tmp_path, row(), row(code="T-02", name="甲", action="x"), row(code="T-03", name="乙", urgency="y"))
    assert {field for field, _ in faults(tmp_path)} == {"action", "urgency"}
    assert not Matter.objects.exists()
    assert not MatterList.objects.exists()
    assert not Function.objects.exists()


def test_an_area_must_be_a_code(tmp_path: Path) -> None:
    with pytest.raises(ListFaulty, match="不是区域代码"):
        load_matters(write(tmp_path, row()), area="成都")


def test_a_committees_part_needs_a_matter_of_its_own_lists(tmp_path: Path) -> None:
    write(tmp_path, row(performers=["committee"], committee_matters=["XZ999"]))
    assert faults(tmp_path) == [("committee_matters", "居（村）委会自治、协助清单中没有 XZ999")]


def test_the_negative_list_keeps_its_words_out_of_the_others(tmp_path: Path) -> None:
    forbidden = row(
        code="N-01",
        name="招商",
        performers=[],
        action="none",
        keywords="招商引资",
        public=False,
        lead_function="",
    )
    write(tmp_path, forbidden, kind="negative")
    write(tmp_path, row(name="协助招商引资"))
    assert [field for field, _ in faults(tmp_path)] == ["name"]


def test_one_code_stands_in_one_list_of_an_area(tmp_path: Path) -> None:
    write(tmp_path, row())
    write(tmp_path, row(performers=["department"]), kind="city")
    assert [field for field, _ in faults(tmp_path)] == ["code"]


def test_the_database_holds_one_current_version(lists: None) -> None:
    copy = Matter.objects.filter(code="WG-SR-01").get()
    copy.pk, copy.version = None, 2
    with pytest.raises(IntegrityError, match="matter_one_current_version"), transaction.atomic():
        copy.save(force_insert=True)


def test_a_published_version_cannot_be_rewritten(lists: None) -> None:
    matter = Matter.objects.filter(code="WG-SR-01").get()
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        Matter.objects.filter(pk=matter.pk).update(name="别的")
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        MatterLimit.objects.filter(matter=matter).update(amount=99)
    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        matter.delete()


def test_the_nearer_list_holds_where_both_name_a_code(tmp_path: Path) -> None:
    load_matters(write(tmp_path, row()), area=CITY)
    load_matters(write(tmp_path, row(action_detail="区里另有规定")), area="510104")
    assert queries.by_code("T-01", area="510104001001").action_detail == "区里另有规定"
    assert queries.by_code("T-01", area="510105").action_detail == "发现即上报"
    assert queries.by_code("T-01").area == CITY
