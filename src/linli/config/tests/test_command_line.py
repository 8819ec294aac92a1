"""``linli``: what it prints and how it ends."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from linli.config import cli
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
