"""Reports from a hotline's file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import xlsxwriter
from tests.city import City, centre_of

from linli.domains.cases.loading import LoadFaulty, load_reports
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
    assert {problem.field for problem in refusal.value.problems} >= {"问题描述", "经度"}
    assert not Report.objects.exists()


def test_good_rows_are_kept_when_that_was_asked_for(city: City) -> None:
    bad = f"RX003,短,{LNG},{LAT},,"
    loaded = load_reports(csv(*GOOD, bad), actor=city.actor("dispatcher"), keep_good=True)
    assert loaded.filed == 2
    assert [(error.row, error.field) for error in loaded.errors] == [(4, "问题描述")]


def test_the_same_file_again_files_nothing_twice(city: City, tmp_path: Path) -> None:
    file = tmp_path / "hotline.csv"
    file.write_bytes(csv(*GOOD))
    load_reports(file, actor=city.actor("dispatcher"))
    again = load_reports(file, actor=city.actor("dispatcher"))
    assert (again.filed, again.repeated) == (0, 2)
    assert Report.objects.count() == 2


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
