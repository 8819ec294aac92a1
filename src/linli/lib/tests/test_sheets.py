from __future__ import annotations

import datetime as dt
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter

from linli.lib import sheets
from linli.lib.errors import Invalid, NotFound
from linli.lib.sheets import RowError
from linli.lib.time import LOCAL

HEADINGS = {"code": ("代码", "code"), "name": ("名称", "name"), "on": ("日期",)}


def read(data: bytes, **how: Any) -> sheets.Sheet:
    return sheets.read(data, **{"headings": HEADINGS, "required": ["code"], "most": 3, **how})


def spreadsheet(*rows: list[Any]) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_columns_are_known_by_their_headings_in_any_order(encoding: str) -> None:
    sheet = read("备注,名称,代码\n无,东湖区,990101\n,,\n无,西山区,990102\n".encode(encoding))
    assert sheet.fields == {"name": "名称", "code": "代码"}
    assert sheet.rows == (
        (2, {"name": "东湖区", "code": "990101"}),
        (4, {"name": "西山区", "code": "990102"}),
    )


def test_a_spreadsheet_gives_numbers_and_dates_for_what_was_typed() -> None:
    sheet = read(spreadsheet(["代码", "日期"], [990101, dt.date(2026, 1, 31)]))
    ((number, row),) = sheet.rows
    assert number == 2
    assert sheets.text(row["code"]) == "990101"
    assert sheets.date(row["on"]) == dt.date(2026, 1, 31)


TYPED = ["2026-01-31", "2026/1/31", "2026年1月31日", dt.datetime(2026, 1, 31, 8, tzinfo=LOCAL)]


@pytest.mark.parametrize("typed", TYPED)
def test_dates_are_read_as_people_write_them(typed: object) -> None:
    assert sheets.date(typed) == dt.date(2026, 1, 31)


@pytest.mark.parametrize("typed", ["31.1.2026", "昨天", "2026-02-30", "2026-1"])
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        sheets.date(typed)


def test_an_empty_cell_is_no_date() -> None:
    assert sheets.date("") is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "文件是空的"),
        ("名称\n".encode(), "首行缺少栏目：代码"),
        (b"code\n1\n2\n3\n4\n", "一次最多导入 3 行"),
        (b"\xff\xff", "编码无法识别"),
        (b"PK\x03\x04broken", "无法读取该表格文件"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(data)
    assert told in refused.value.fields["file"]


def test_nul_is_told_by_row_and_by_the_files_own_heading() -> None:
    with pytest.raises(Invalid) as refused:
        read("代码,名称\n1,东湖区\n2,西\x00山区\n".encode())
    assert refused.value.fields == {"file": "第 3 行，名称：不能含有空字符"}


def test_errors_name_the_column_as_the_file_does() -> None:
    wrong = Invalid(fields={"code": "不存在", "name": "没有", "other": "不对"})
    told = sheets.named(read(b"code\n1\n"), HEADINGS)
    assert [str(one) for one in sheets.errors_of(7, wrong, told)] == [
        "第 7 行，code：不存在",
        "第 7 行，名称：没有",
        "第 7 行：不对",
    ]
    assert sheets.errors_of(7, NotFound("没有"), told) == [RowError(7, "", "没有")]
