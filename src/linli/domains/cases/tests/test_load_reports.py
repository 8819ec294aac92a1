"""Reports from a hotline's file."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from tests.city import City, centre_of

from linli.domains.cases import intake, loading
from linli.domains.cases.loading import LoadFaulty, LoadInterrupted, load_reports
from linli.domains.cases.models import Case, Report
from linli.kernel.journal.verify import verify
from linli.kernel.vault.models import Person
from linli.lib.errors import Invalid, NotAllowed

LNG, LAT = centre_of("990101001001001")
HEADER = "工单编号,诉求内容,经度,纬度,来电人,来电号码"
GOOD = [
    f"RX001,小区北门消防通道被堵,{LNG},{LAT},张女士,13912345678",
    f"RX002,路灯不亮已经三天,{LNG},{LAT},,",
]


def csv(*rows: str, encoding: str = "utf-8") -> bytes:
    return "\n".join([HEADER, *rows]).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_row_becomes_a_case_whatever_the_encoding(city: City, encoding: str) -> None:
    loaded = load_reports(csv(*GOOD, encoding=encoding), actor=city.actor("dispatcher"))
    assert (loaded.filed, loaded.errors) == (2, [])
    assert Case.objects.filter(channel="hotline").count() == 2
    assert Person.objects.count() == 1
    assert verify().problems == []


def test_a_spreadsheet_is_read_with_its_numbers_as_people_typed_them(city: City) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(","))
        sheet.write_row(1, 0, [20260001, "井盖破损，行人绊倒", LNG, LAT, "李先生", 13912345678])
    loaded = load_reports(buffer.getvalue(), actor=city.actor("dispatcher"))
    assert loaded.filed == 1
    assert Report.objects.get().source_number == "20260001"


def test_nothing_is_kept_when_a_row_is_wrong(city: City) -> None:
    bad = ["RX003,短,110.005,30.005,,", f"RX004,积水很深过不去,abc,{LAT},,", "RX005,路面塌陷有危险,1,1,,"]
    with pytest.raises(LoadFaulty) as refusal:
        load_reports(csv(*GOOD, *bad), actor=city.actor("dispatcher"))
    assert {problem.row for problem in refusal.value.problems} == {4, 5, 6}
    assert {problem.field for problem in refusal.value.problems} >= {"诉求内容", "经度"}
    assert not Report.objects.exists()


def test_a_number_that_stands_twice_in_a_file_is_an_error_and_drops_nothing(city: City) -> None:
    """Two problems under one number: the second is told, never counted as taken in before."""
    twice = f"RX001,人行道地砖翘起绊人,{LNG},{LAT},,"
    with pytest.raises(LoadFaulty) as refusal:
        load_reports(csv(*GOOD, twice), actor=city.actor("dispatcher"))
    assert [(problem.row, problem.field) for problem in refusal.value.problems] == [(4, "工单编号")]
    assert "与第 2 行重复" in str(refusal.value.message)
    assert not Report.objects.exists()


def test_a_number_that_stands_twice_is_told_again_when_the_others_were_kept(city: City) -> None:
    rows = csv(*GOOD, f"RX001,人行道地砖翘起绊人,{LNG},{LAT},,")
    for filed, repeated in ((2, 0), (0, 2)):
        loaded = load_reports(rows, actor=city.actor("dispatcher"), keep_good=True)
        assert (loaded.filed, loaded.repeated) == (filed, repeated)
        assert [error.row for error in loaded.errors] == [4]
    assert Report.objects.count() == 2


def test_good_rows_are_kept_when_that_was_asked_for(city: City) -> None:
    bad = f"RX003,短,{LNG},{LAT},,"
    loaded = load_reports(csv(*GOOD, bad), actor=city.actor("dispatcher"), keep_good=True)
    assert loaded.filed == 2
    assert [(error.row, error.field) for error in loaded.errors] == [(4, "诉求内容")]


def test_the_same_file_again_files_nothing_twice(city: City, tmp_path: Path) -> None:
    file = tmp_path / "hotline.csv"
    file.write_bytes(csv(*GOOD))
    load_reports(file, actor=city.actor("dispatcher"))
    again = load_reports(file, actor=city.actor("dispatcher"))
    assert (again.filed, again.repeated) == (0, 2)
    assert Report.objects.count() == 2


WRONG = [
    ("事项代码", "没有", "事项代码：清单中没有事项 没有"),
    ("紧急程度", "火急", "紧急程度：只能是：一般、紧急、特急"),
    ("经度", "110.5", "经度、纬度：该位置不在本市网格范围内"),
    ("诉求内容", "短", "诉求内容：「诉求内容」必须填写，且不少于 4 个字"),
    ("来电号码", "12", "来电号码："),
]


@pytest.mark.parametrize(("column", "value", "said"), WRONG)
def test_every_error_names_the_column_as_the_file_does(
    city: City, column: str, value: str, said: str
) -> None:
    cells = {"诉求内容": "小区北门路灯不亮", "经度": str(LNG), "纬度": str(LAT)}
    cells[column] = value
    file = "\n".join([",".join(cells), ",".join(cells.values())]).encode()
    with pytest.raises(LoadFaulty) as refusal:
        load_reports(file, actor=city.actor("dispatcher"))
    assert str(refusal.value.problems[0]).startswith(f"第 2 行，{said}")


@pytest.mark.parametrize(("word", "urgency"), [("特急", "very_urgent"), ("urgent", "urgent")])
def test_urgency_is_read_in_chinese_and_as_the_api_has_it(city: City, word: str, urgency: str) -> None:
    file = f"诉求内容,经度,纬度,紧急程度\n小区北门路灯不亮,{LNG},{LAT},{word}".encode()
    load_reports(file, actor=city.actor("dispatcher"))
    assert Case.objects.get().urgency == urgency


def test_all_errors_of_a_file_are_told_however_many(city: City) -> None:
    rows = csv(*(f"RX{n},短,{LNG},{LAT},," for n in range(60)))
    with pytest.raises(LoadFaulty) as refusal:
        load_reports(rows, actor=city.actor("dispatcher"))
    assert "第 61 行" in str(refusal.value.message)
    kept = load_reports(rows, actor=city.actor("dispatcher"), keep_good=True)
    assert "第 61 行" in str(kept)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "空"),
        (b"\xff\xfe\xff\xff\xff", "编码"),
        ("甲,乙\n1,2".encode(), "首行缺少栏目"),
        (b"PK\x03\x04broken", "无法读取"),
    ],
)
def test_refuses_a_file_that_cannot_be_read(city: City, data: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        load_reports(data, actor=city.actor("dispatcher"))


def test_only_who_may_import_does(city: City) -> None:
    with pytest.raises(NotAllowed):
        load_reports(csv(*GOOD), actor=city.actor("worker"))


def test_rows_without_a_number_are_known_by_their_file_and_place(city: City) -> None:
    rows = [f",井盖破损有危险,{LNG},{LAT},,", f",井盖破损有危险,{LNG},{LAT},,"]
    dispatcher = city.actor("dispatcher")
    assert load_reports(csv(*rows), actor=dispatcher).filed == 2
    again = load_reports(csv(*rows), actor=dispatcher)
    assert (again.filed, again.repeated) == (0, 2)
    other = load_reports(csv(*rows, *GOOD), actor=dispatcher)
    assert (other.filed, other.repeated) == (4, 0)


def test_what_was_written_before_an_interruption_is_not_written_again(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between two batches: the same file goes on where it stopped."""
    monkeypatch.setattr(loading, "BATCH", 3)
    rows = [f"{f'RX{n}' if n % 2 else ''},第{n}处路灯不亮,{LNG},{LAT},," for n in range(11)]
    dispatcher, settle = city.actor("dispatcher"), loading._settle

    def ends(*given: Any) -> None:
        settle(*given)
        if Report.objects.count() >= 6:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(loading, "_settle", ends)
        with pytest.raises(KeyboardInterrupt):
            load_reports(csv(*rows), actor=dispatcher)
    assert Report.objects.count() in (6, 9)
    again = load_reports(csv(*rows), actor=dispatcher)
    assert again.filed + again.repeated == 11
    assert Report.objects.count() == Case.objects.count() == 11
    assert verify().problems == []


def test_a_file_of_many_batches_is_told_as_a_whole(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH", 2)
    rows = [f"RX{n},{'短' if n % 4 == 3 else f'第{n}处路灯不亮'},{LNG},{LAT},,138123" for n in (1, 2, 3)]
    rows += [f"RX{n},第{n}处路灯不亮,{1 if n == 5 else LNG},{LAT},," for n in range(4, 12)]
    with pytest.raises(LoadFaulty) as refusal:
        load_reports(csv(*rows), actor=city.actor("dispatcher"))
    assert [problem.row for problem in refusal.value.problems] == [2, 3, 4, 6]
    assert not Report.objects.exists()
    kept = load_reports(csv(*rows), actor=city.actor("dispatcher"), keep_good=True)
    assert (kept.filed, len(kept.errors)) == (7, 4)
    assert verify().problems == []


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_else_files_meanwhile_is_not_filed_twice(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher, check_many = city.actor("dispatcher"), intake.check_many

    def overtaken(*args: Any, **given: Any) -> Any:
        checked = check_many(*args, **given)
        monkeypatch.setattr(intake, "check_many", check_many)
        load_reports(csv(GOOD[0]), actor=dispatcher)
        return checked

    monkeypatch.setattr(intake, "check_many", overtaken)
    loaded = load_reports(csv(*GOOD), actor=dispatcher)
    assert (loaded.filed, loaded.repeated) == (1, 1)
    assert Report.objects.count() == 2
    assert verify().problems == []


# With a second process ------------------------------------------------------------------------------------

shared = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),  # pytest's own
]


def marked(test: Any) -> Any:
    for mark in shared:
        test = mark(test)
    return test


@marked
def test_a_second_process_takes_every_other_batch(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH", 3)
    rows = [f"{f'RX{n}' if n % 2 else ''},第{n}处路灯不亮,{LNG},{LAT},," for n in range(11)]
    dispatcher = city.actor("dispatcher")
    assert load_reports(csv(*rows), actor=dispatcher, is_alone=True).filed == 11
    assert set(Report.objects.values_list("text", flat=True)) == {f"第{n}处路灯不亮" for n in range(11)}
    assert Case.objects.count() == 11
    again = load_reports(csv(*rows, GOOD[0]), actor=dispatcher)
    assert (again.filed, again.repeated) == (7, 5)  # another file: rows without a number are new
    assert verify().problems == []


@marked
def test_two_processes_tell_all_errors_in_the_order_of_the_file(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 2)
    rows = [f"RX{n},{'短' if n % 3 == 0 else f'第{n}处路灯不亮'},{LNG},{LAT},," for n in range(12)]
    dispatcher = city.actor("dispatcher")
    with pytest.raises(LoadFaulty) as refusal:
        load_reports(csv(*rows), actor=dispatcher, is_alone=True)
    assert [problem.row for problem in refusal.value.problems] == [2, 5, 8, 11]
    assert not Report.objects.exists()
    kept = load_reports(csv(*rows), actor=dispatcher, is_alone=True, keep_good=True)
    assert (kept.filed, [error.row for error in kept.errors]) == (8, [2, 5, 8, 11])
    assert verify().problems == []


@marked
def test_a_file_whose_second_process_is_gone_is_told_as_interrupted_and_goes_on(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH", 2)
    rows = [f"RX{n},第{n}处路灯不亮,{LNG},{LAT},," for n in range(8)]
    dispatcher, itself, settle = city.actor("dispatcher"), os.getpid(), loading._settle

    def dies(*given: Any) -> None:
        settle(*given)
        if os.getpid() != itself:
            os._exit(9)

    with monkeypatch.context() as patched:
        patched.setattr(loading, "_settle", dies)
        with pytest.raises(LoadInterrupted):
            load_reports(csv(*rows), actor=dispatcher, is_alone=True)
    assert Report.objects.count() == 4
    again = load_reports(csv(*rows), actor=dispatcher, is_alone=True)
    assert (again.filed, again.repeated) == (4, 4)
    assert verify().problems == []
