"""The registers from the command line: for a set-up that has no administrator yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from tests.city import City

from linli.config import cli
from linli.kernel.identity import actions as identity
from linli.kernel.identity.app_codes import new_secret
from linli.kernel.units import entries
from linli.kernel.units.models import Account, Post, RegisterEntry, Token, Unit
from linli.kernel.units.queries import post_of_token

STREET = "990102101"
THREE = ["--system", "zhang", "张伟", "--security", "limin", "李敏", "--audit", "wangfang", "王芳"]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))


def test_sets_a_unit_up_and_its_three_administrators(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["unit", "create", "青坪镇人民政府", "--kind", "government", "--area", STREET]
    assert cli.main([*given, "--function", "township"]) == 0
    unit = Unit.objects.get(name="青坪镇人民政府")
    assert cli.main(["account", "administrators", "--unit", str(unit.pk), *THREE]) == 0
    lines = capsys.readouterr().out.splitlines()
    secrets = dict(line.split("\t")[:2] for line in lines if line.startswith(("zhang", "limin", "wangfang")))
    for username, role in zip(secrets, ("system_admin", "security_admin", "audit_admin"), strict=True):
        account = authenticate(username=username, password=secrets[username])
        assert isinstance(account, Account)
        assert account.has_one_time_password
        post = Post.objects.get(account=account)
        assert (post.role, post.unit, post.area) == (role, unit, STREET)
    assert {entry.account for entry in RegisterEntry.objects.all()} == {None}
    assert cli.main(["unit", "list", "--area", STREET]) == 0
    assert cli.main(["account", "list", "--words", "张伟"]) == 0
    shown = capsys.readouterr().out
    assert "青坪镇人民政府\ttownship" in shown
    assert "zhang\t张伟\t启用" in shown


def test_makes_all_three_or_none(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    unit = city.unit("市综治中心")
    taken = [*THREE[:-2], "worker", "王芳"]
    assert cli.main(["account", "administrators", "--unit", str(unit), *taken]) == 1
    assert "用户名 worker 已有人使用" in capsys.readouterr().err
    assert not Account.objects.filter(username="zhang").exists()


def test_lets_an_administrator_back_in(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["account", "reset", "audit_admin"]) == 0
    secret = capsys.readouterr().out.splitlines()[0].split("\t")[1]
    assert authenticate(username="audit_admin", password=secret)
    assert cli.main(["account", "reset", "nobody"]) == 1
    assert "没有用户名为 nobody 的账号" in capsys.readouterr().err


def test_loads_accounts_with_their_posts_from_a_file(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "staff.csv"
    head = "用户名,姓名,单位,角色,区域代码\n"
    path.write_text(f"{head}lihua,李华,柳湾街道综治中心,网格员,990101001\n", encoding="gb18030")
    assert cli.main(["load", "accounts", str(path)]) == 1
    assert "第 2 行，角色" in capsys.readouterr().err
    path.write_text(f"{head}lihua,李华,柳湾街道综治中心,网格员,990101001001001\n", encoding="gb18030")
    assert cli.main(["load", "accounts", str(path)]) == 0
    assert "账号：新建 1，已有 0；岗位：任命 1" in capsys.readouterr().out


def test_tokens_are_written_down(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["token", "issue", "--username", "dispatcher", "--label", "热线系统"]) == 0
    secret = capsys.readouterr().out.splitlines()[-1]
    assert post_of_token(secret) == city.posts["dispatcher"]
    assert cli.main(["token", "revoke", str(Token.objects.get().pk)]) == 0
    assert post_of_token(secret) is None
    assert cli.main(["token", "revoke", str(Token.objects.get().pk)]) == 1
    assert [e.deed for e in RegisterEntry.objects.order_by("number")] == ["issue_token", "revoke_token"]


def test_verify_counts_the_changes_of_the_registers(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["account", "reset", "worker"])
    assert entries.verify() == (1, [])
    assert cli.main(["verify", "--quiet"]) == 0
    assert "1 条登记变更" in capsys.readouterr().out


def test_clears_the_factors_of_an_administrator_who_lost_them(
    city: City, capsys: pytest.CaptureFixture[str]
) -> None:
    account = city.posts["security_admin"].account
    identity.add_app(account=account, name="手机", secret=new_secret())
    assert cli.main(["account", "factors", "security_admin", "--reason", "手机丢失，已当面核实"]) == 0
    assert "第二因素和恢复码已清除" in capsys.readouterr().out
    assert not account.factors.exists()
    assert RegisterEntry.objects.latest("number").facts["reason"] == "手机丢失，已当面核实"
