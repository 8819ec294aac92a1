"""``linli``: what it prints and how it ends."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import psycopg
import pytest

from linli.config import cli, environment
from linli.config.arguments import in_both_languages
from linli.config.assets import FILES, PACKAGES


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands set variables for their own process, which here is ours."""
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_its_module(name: str) -> None:
    command = import_module(f"linli.config.commands.{name}")
    assert callable(command.arguments)
    assert callable(command.run)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if name not in shown] == []


def test_the_demo_refuses_an_external_database(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://somewhere/else")
    assert cli.main(["demo"]) == 1
    assert "LINLI_DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "viel"])
def test_the_demo_builds_no_empty_city(scale: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo", "--scale", scale])
    assert ended.value.code == 2
    assert "倍数应为大于 0 的数字" in capsys.readouterr().err


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens, ready to share it as our own web server would be."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("command", ["demo", "serve"])
def test_a_port_that_is_taken_is_named(
    command: str, taken: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINLI_DATABASE_URL")
    assert cli.main([command, "--port", str(taken)]) == 1
    assert f"端口 {taken} 已被另一个程序占用" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "told"),
    [(["--host", "192.0.2.1"], "地址 192.0.2.1"), (["--port", "70000"], "端口 70000 不存在")],
)
def test_an_address_that_cannot_be_listened_on_is_named(
    given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", *given]) == 1
    assert told in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["load", "grids", str(tmp_path / "none.geojson")]) == 1
    assert "none.geojson" in capsys.readouterr().err


@pytest.mark.parametrize("source", FILES.values())
def test_every_file_that_pages_are_given_is_in_its_package(source: str) -> None:
    assert (PACKAGES / source).is_file()


NOWHERE = "postgresql://127.0.0.1:1/none"
"""An address on which no database answers."""


def _linli(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own: how settings and the database are told belongs to the process."""
    return subprocess.run(
        [sys.executable, "-m", "linli.config.cli", *words],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "variables", "told"),
    [
        (["verify"], {"LINLI_DATABASE_URL": "garbage"}, "LINLI_DATABASE_URL 不是数据库地址"),
        (["verify"], {"LINLI_DATA_DIR": "/proc/x"}, "目录 /proc/x/secrets 无法使用"),
        (["serve"], {"LINLI_PORT": "abc"}, "LINLI_PORT 应为整数，现为 'abc'"),
        (["work"], {"LINLI_WORK_JOBS": "0"}, "LINLI_WORK_JOBS 不能小于 1"),
        (["verify"], {"LINLI_HTTPS": "ja"}, "LINLI_HTTPS 应为 1 或 0"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_in_one_line(
    words: list[str], variables: dict[str, str], told: str
) -> None:
    done = _linli(*words, **variables)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert told in done.stderr


def test_the_address_of_the_database_is_never_quoted() -> None:
    assert "s3cret" not in _linli("verify", LINLI_DATABASE_URL="s3cret").stderr


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"LINLI_DATABASE_URL": "garbage"}, ["✘ 环境变量", "LINLI_DATABASE_URL 不是数据库地址"]),
        ({"LINLI_DATA_DIR": "/proc/x"}, ["✘ 数据目录：/proc/x 不可写"]),
        ({"LINLI_PORT": "abc", "LINLI_WORK_JOBS": "x"}, ["✘ 环境变量", "LINLI_PORT", "LINLI_WORK_JOBS"]),
        ({"LINLI_VAULT_CIPHER": "rot13"}, ["✘ 环境变量", "LINLI_VAULT_CIPHER 应为 aes、sm4 之一"]),
    ],
)
def test_the_doctor_says_which_variable_is_wrong(variables: dict[str, str], told: list[str]) -> None:
    done = _linli("doctor", **variables)
    assert (done.returncode, done.stderr) == (1, "")
    assert [part for part in told if part not in done.stdout] == []


def test_every_variable_that_holds_a_number_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.NUMBERS:
        monkeypatch.setenv(f"LINLI_{name}", "x")
    wrong = " ".join(environment.faults())
    assert [name for name in environment.NUMBERS if f"LINLI_{name} " not in wrong] == []


@pytest.mark.parametrize(
    "words", [["verify"], ["migrate"], ["token", "list"], ["serve", "--port", "0"], ["work"]]
)
def test_a_database_that_cannot_be_reached_is_said_in_one_line(words: list[str]) -> None:
    done = _linli(*words, LINLI_DATABASE_URL=NOWHERE)
    assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
    assert done.stderr.startswith("数据库无法连接：")
    assert done.stderr.endswith("[database_unavailable]\n")


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a database without a schema."""
    url = os.environ["LINLI_DATABASE_URL"]
    name = f"{os.environ.get('LINLI_TEST_NAME', 'test')}_empty"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}"')
        connection.execute(f'create database "{name}"')
        yield psycopg.conninfo.make_conninfo(url, dbname=name)
        connection.execute(f'drop database "{name}" with (force)')


def test_a_database_without_a_schema_is_sent_to_migrate(empty_database: str) -> None:
    calendar = environment.CHECKOUT / "data" / "holidays" / "2025.json"
    for words in (["verify"], ["load", "calendar", str(calendar)], ["serve", "--port", "0"], ["work"]):
        done = _linli(*words, LINLI_DATABASE_URL=empty_database)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
        assert "先运行 linli migrate" in done.stderr
        assert "[schema_behind]" in done.stderr


@pytest.mark.parametrize(
    "given",
    [
        ["--data", "elsewhere", "load", "calendar", "none.json"],
        ["load", "--data", "elsewhere", "calendar", "none.json"],
        ["load", "calendar", "none.json", "--data", "elsewhere"],
    ],
)
def test_the_data_directory_may_be_named_anywhere(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(given) == 1
    assert "none.json" in capsys.readouterr().err
    assert os.environ["LINLI_DATA_DIR"] == "elsewhere"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["load", "calendar", "f", "--bogus"], "无法识别的参数：--bogus"),
        (["load"], "缺少参数：种类"),
        (["fly"], "命令 不能是 'fly'"),
        (["load", "divisions", "f", "--on", "soon"], "--on 的值无效：'soon'"),
        (["load", "divisions", "f", "--on"], "--on 后面的值数目不对"),
        (["serve", "--port", "http"], "--port 的值无效：'http'"),
    ],
)
def test_what_is_not_understood_is_said_in_chinese_and_english(
    given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(given)
    assert ended.value.code == 2
    usage, *_, last = capsys.readouterr().err.splitlines()
    assert usage.startswith("用法 · usage: linli")
    assert told in last
    assert re.search(r"（.*[a-z]{4}.*）$", last)


def test_a_fault_without_a_translation_is_shown_as_it_is() -> None:
    assert in_both_languages("odd thing") == "参数有误（odd thing）"
