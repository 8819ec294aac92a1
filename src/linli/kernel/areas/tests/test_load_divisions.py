from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from linli.kernel.areas import queries
from linli.kernel.areas.errors import LoadRefused
from linli.kernel.areas.loading import load_divisions
from linli.kernel.areas.models import Area, TreeVersion
from linli.kernel.areas.tests.factories import ROWS, load_city
from linli.lib.errors import Invalid
from linli.lib.time import at

pytestmark = pytest.mark.django_db


def refused(path: Path) -> dict[str, str]:
    with pytest.raises(LoadRefused) as caught:
        load_divisions(path)
    assert not Area.objects.exists()
    assert not TreeVersion.objects.exists()
    return {problem.error: problem.code for problem in caught.value.problems}


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "divisions"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_takes_csv_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, 'code,name,provinceCode\n1301,"石家庄市",13\n130102,长安区,13\n', encoding)
    loaded = load_divisions(path)
    assert (loaded.created, loaded.changed, loaded.unchanged) == (2, 0, 0)
    assert queries.path_of("130102") == "石家庄市 › 长安区"
    assert TreeVersion.objects.get().number == loaded.number


@pytest.mark.parametrize(
    "text", ["code,name\n9901,临\x00湖市\n", r'[{"code": "9901", "name": "临\u0000湖市"}]']
)
def test_refuses_nul_by_row_and_field(tmp_path: Path, text: str) -> None:
    with pytest.raises(LoadRefused, match="第 1 项（9901）：名称（name）不能含有空字符"):
        load_divisions(write(tmp_path, text))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_takes_a_json_list(tmp_path: Path, encoding: str) -> None:
    rows = [{"code": code, "name": name, "provinceCode": "99"} for code, name in ROWS]
    loaded = load_divisions(write(tmp_path, json.dumps(rows, ensure_ascii=False), encoding))
    assert loaded.created == len(ROWS)


def test_takes_nested_json_and_leaves_provinces_out(tmp_path: Path) -> None:
    nested = [
        {
            "code": "11",
            "name": "北京市",
            "children": [
                {"code": "1101", "name": "市辖区", "children": [{"code": "110101", "name": "东城区"}]}
            ],
        }
    ]
    loaded = load_divisions(write(tmp_path, json.dumps(nested)))
    assert (loaded.created, loaded.skipped) == (2, 1)
    assert queries.path_of("110101") == "北京市 › 东城区"


def test_takes_only_what_is_under_the_prefix(tmp_path: Path) -> None:
    path = write(tmp_path, "code,name\n1301,石家庄市\n1302,唐山市\n130202,路南区\n")
    loaded = load_divisions(path, prefix="1302")
    assert (loaded.created, loaded.skipped) == (2, 1)


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    load_city(tmp_path)
    again = load_divisions(tmp_path / "city.csv")
    assert (again.created, again.changed, again.unchanged, again.number) == (0, 0, len(ROWS), 0)
    assert TreeVersion.objects.count() == 1


def test_a_new_name_is_a_new_version(tmp_path: Path) -> None:
    with at(dt.datetime(2025, 1, 1, tzinfo=dt.UTC)):
        load_city(tmp_path)
    renamed = write(tmp_path, "code,name\n990101,东湖新区\n")
    with at(dt.datetime(2026, 1, 1, tzinfo=dt.UTC)):
        assert load_divisions(renamed).changed == 1
    assert queries.name_of("990101") == "东湖新区"
    assert queries.version_on("990101", dt.date(2025, 6, 1)).name == "东湖区"
    assert [area.name for area in queries.history("990101")] == ["东湖区", "东湖新区"]


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    load_divisions(
        write(tmp_path, "code,name\n1301,石家庄市\n"), progress=lambda done, of: told.append((done, of))
    )
    assert told[-1] == (1, 1)


def test_every_problem_is_listed_and_nothing_is_written(tmp_path: Path) -> None:
    text = (
        f"code,name\n1301,石家庄市\n13,河北省\n130,短\n1301,又一个\n130202,路南区\n1303,\n1304,{'长' * 61}\n"
    )
    assert refused(write(tmp_path, text)) == {
        "bad_code": "130",
        "duplicate_code": "1301",
        "parent_missing": "130202",
        "no_name": "1303",
        "name_too_long": "1304",
    }


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"a,b\n1,2\n", "unknown_format"),
        (b'{"code": 1}', "unknown_format"),
        (b"[1]", "unknown_format"),
        (b'[{"code": ', "not_json"),
        (b"\xff\xff\xff", "bad_encoding"),
        (b"", "unknown_format"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, error: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert error in refused(path)


def test_a_day_to_come_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        load_divisions(write(tmp_path, "code,name\n1301,石家庄市\n"), on=dt.date(2999, 1, 1))
    assert caught.value.fields == {"on": "生效日期不能晚于今天"}


def test_a_day_before_the_version_in_force_is_refused(tmp_path: Path) -> None:
    load_city(tmp_path)
    with pytest.raises(Invalid, match="早于现行版本"):
        load_divisions(write(tmp_path, "code,name\n9901,新名市\n"), on=dt.date(2000, 1, 1))
    assert queries.name_of("9901") == "临湖市"
