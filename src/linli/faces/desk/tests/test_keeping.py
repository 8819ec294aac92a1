"""The registers on the desk: units, accounts, posts, tokens, the record of changes, one's own password."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.city import CITY, City

from linli.domains.cases.actions import Filed
from linli.domains.cases.models import Case
from linli.kernel.access.actor import SYSTEM
from linli.kernel.units import actions
from linli.kernel.units.models import Account, Post, RegisterEntry, Token, Unit
from linli.lib.time import today

SignIn = Callable[[str], Client]
STREET = "990101001"
CENTRE = "柳湾街道综治中心"
KNOWN, OWN = "linli-test-2026", "Hupan-2026-qingfeng"
LISTS = {
    "/desk/registers/": {"system_admin", "security_admin", "audit_admin", "head"},
    "/desk/registers/accounts/": {"system_admin", "security_admin", "audit_admin", "head"},
    "/desk/registers/posts/": {"system_admin", "security_admin", "audit_admin", "head"},
    "/desk/registers/tokens/": {"system_admin", "security_admin", "audit_admin", "head"},
    "/desk/registers/changes/": {"audit_admin"},
    "/desk/registers/units/export/": {"system_admin", "security_admin", "audit_admin", "head"},
    "/desk/registers/accounts/export/": {"system_admin", "security_admin", "audit_admin", "head"},
    "/desk/registers/posts/export/": {"system_admin", "security_admin", "audit_admin", "head"},
    "/desk/registers/units/new/": {"system_admin"},
    "/desk/registers/accounts/new/": {"system_admin"},
    "/desk/registers/posts/new/": {"security_admin"},
    "/desk/registers/accounts/import/": {"system_admin"},
    "/desk/registers/posts/import/": {"security_admin"},
    "/desk/choices/accounts/": {"system_admin", "security_admin", "audit_admin", "head"},
}


def text(response: Any) -> str:
    return str(response.content.decode())


def newcomer(city: City, username: str = "lihua", unit: str = CENTRE) -> Account:
    return actions.create_account(actor=SYSTEM, username=username, name="李华", unit=city.units[unit])[0]


def secret_on(page: str) -> str:
    found = re.search(r'<code class="desk-secret">([^<]+)</code>', page)
    assert found
    return found[1]


# Who may open what, and sees what


@pytest.mark.parametrize("address", LISTS)
def test_a_page_opens_for_who_may_and_for_nobody_else(city: City, sign_in: SignIn, address: str) -> None:
    found = {word: sign_in(word).get(address) for word in city.posts}
    assert {word for word, response in found.items() if response.status_code == 200} == LISTS[address]
    for response in found.values():
        response.close()


def test_lists_are_cut_to_the_area_of_the_post(city: City, sign_in: SignIn) -> None:
    client = sign_in("head")
    units = client.get("/desk/registers/", {"state": "all"})
    assert {row.key for row in units.context["rows"]} == {
        str(unit.pk) for unit in city.units.values() if unit.area.startswith(STREET)
    }
    accounts = client.get("/desk/registers/accounts/")
    assert {row.key for row in accounts.context["rows"]} == {
        str(post.account_id) for post in city.posts.values() if post.area.startswith(STREET)
    }
    posts = client.get("/desk/registers/posts/")
    assert {row.key for row in posts.context["rows"]} == {
        str(post.pk) for post in city.posts.values() if post.area.startswith(STREET)
    }


@pytest.mark.parametrize(
    "address",
    [
        "/desk/registers/units/{unit}/",
        "/desk/registers/accounts/{account}/",
    ],
)
def test_what_lies_elsewhere_is_not_found(city: City, sign_in: SignIn, address: str) -> None:
    far = {"unit": city.unit("西山区民政局"), "account": city.posts["far_urban"].account_id}
    assert sign_in("head").get(address.format(**far)).status_code == 404
    assert sign_in("system_admin").get(address.format(**far)).status_code == 200


@pytest.mark.parametrize(
    "address", ["/desk/registers/", "/desk/registers/accounts/", "/desk/registers/posts/"]
)
def test_a_list_asks_no_more_for_many_rows(
    city: City, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries, address: str
) -> None:
    client = sign_in("system_admin")
    client.get(address, {"state": "all"})
    with django_assert_max_num_queries(60) as few:
        client.get(address, {"state": "all"})
    asked = len(few) + 1  # what is held in memory is asked about once a second
    for number in range(25):
        unit = Unit.objects.create(name=f"单位{number}", kind="department", area=STREET)
        account = Account.objects.create_user(f"many{number}", None, name="多", unit=unit)
        Post.objects.create(account=account, unit=unit, role="clerk", area=STREET)
    with django_assert_max_num_queries(asked):
        page = client.get(address, {"state": "all"})
    assert len(page.context["rows"]) > 25


def test_a_long_list_goes_on_where_the_page_ended(city: City, sign_in: SignIn) -> None:
    for number in range(60):
        Account.objects.create_user(f"many{number:02d}", None, name="多", unit=city.units[CENTRE])
    client = sign_in("system_admin")
    first = client.get("/desk/registers/accounts/", {"words": "many"})
    second = client.get(f"/desk/registers/accounts/{first.context['next_url']}")
    keys = [row.key for row in (*first.context["rows"], *second.context["rows"])]
    assert len(keys) == len(set(keys)) == 60
    assert second.context["next_url"] == ""
    assert "/desk/registers/accounts/" not in second.context["first_url"]
    assert client.get("/desk/registers/accounts/", {"after": "x"}).status_code == 422


# Units


def test_units_are_gone_through_from_the_top_down(city: City, sign_in: SignIn) -> None:
    top, below = city.units["柳湾街道办事处"], city.units[CENTRE]
    Unit.objects.filter(pk=below.pk).update(parent=top)
    client = sign_in("head")
    keys = {row.key for row in client.get("/desk/registers/").context["rows"]}
    assert str(top.pk) in keys
    assert str(below.pk) not in keys
    under = client.get("/desk/registers/", {"under": top.pk})
    assert [row.key for row in under.context["rows"]] == [str(below.pk)]
    assert sign_in("other_dispatcher").get("/desk/registers/", {"under": top.pk}).status_code == 403


def test_a_unit_is_found_by_its_name(city: City, sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    assert [row.key for row in client.get("/desk/registers/", {"words": "柳湾 综治"}).context["rows"]] == [
        str(city.unit(CENTRE))
    ]
    assert "没有符合条件的记录" in text(client.get("/desk/registers/", {"words": "飞碟"}))


def test_sets_up_revises_and_closes_a_unit(city: City, sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    sent = {"name": "柳湾街道城管所", "kind": "department", "area": STREET, "functions": ["fire"]}
    response = client.post("/desk/registers/units/new/", sent)
    unit = Unit.objects.get(name="柳湾街道城管所")
    assert response["Location"] == f"/desk/registers/units/{unit.pk}/"
    assert unit.functions == ["fire"]
    changed = {"name": "柳湾街道执法队", "kind": "department", "parent": city.unit("东湖区城市管理局")}
    assert client.post(f"/desk/registers/units/{unit.pk}/edit/", changed).status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.parent, unit.functions) == ("柳湾街道执法队", city.units["东湖区城市管理局"], [])
    address = f"/desk/registers/units/{unit.pk}/close/"
    assert "请写明事由" in text(client.post(address, {"reason": ""}))
    assert client.post(address, {"reason": "机构改革"}).status_code == 302
    assert "已停用" in text(client.get(f"/desk/registers/units/{unit.pk}/"))


def test_a_wrong_unit_keeps_what_was_typed(city: City, sign_in: SignIn) -> None:
    sent = {"name": CENTRE, "kind": "centre", "area": STREET, "short_name": "新简称"}
    response = sign_in("system_admin").post("/desk/registers/units/new/", sent)
    assert response.status_code == 422
    assert "该区域已有名为" in text(response)
    assert "新简称" in text(response)


def test_a_unit_in_use_says_why_it_stays(city: City, sign_in: SignIn) -> None:
    address = f"/desk/registers/units/{city.unit(CENTRE)}/close/"
    response = sign_in("system_admin").post(address, {"reason": "合并"})
    assert response.status_code == 422
    assert "个岗位未结束" in text(response)


def test_a_unit_with_open_cases_stays(city: City, sign_in: SignIn, file_report: Callable[..., Filed]) -> None:
    unit = city.units["东湖区民政局"]
    case = file_report().case
    Case.objects.filter(pk=case.pk).update(units=[unit.pk])
    address = f"/desk/registers/units/{unit.pk}/close/"
    assert "还有 1 件参与办理的事件未结案" in text(sign_in("system_admin").post(address, {"reason": "合并"}))


# Accounts and posts


def test_a_new_colleague_from_the_account_to_the_first_page(city: City, sign_in: SignIn) -> None:
    sent = {"username": "lihua", "name": "李华", "unit": city.unit(CENTRE)}
    made = sign_in("system_admin").post("/desk/registers/accounts/new/", sent)
    secret = secret_on(text(made))
    assert made["Cache-Control"].count("no-store")
    account = Account.objects.get(username="lihua")

    colleague = Client()
    entered = colleague.post("/login", {"username": "lihua", "password": secret})
    assert entered["Location"] == "/desk/"
    assert colleague.get("/desk/")["Location"].startswith("/desk/me/password/")
    assert "设置自己的密码" in text(colleague.get("/desk/me/password/"))

    granted = {
        "account": account.pk,
        "unit": city.unit(CENTRE),
        "role": "dispatcher",
        "area": STREET,
        "valid_from": today().isoformat(),
    }
    given = sign_in("security_admin").post("/desk/registers/posts/new/", granted)
    assert given["Location"] == f"/desk/registers/accounts/{account.pk}/"
    assert colleague.get("/desk/")["Location"].startswith("/desk/me/password/")
    assert colleague.get("/wall/").status_code == 403

    own = {"old": secret, "new": OWN, "again": OWN}
    assert colleague.post("/desk/me/password/", own)["Location"] == "/desk/"
    assert colleague.get("/desk/").status_code == 200
    assert [e.deed for e in RegisterEntry.objects.order_by("number")] == [
        "create_account",
        "give_post",
        "change_password",
    ]


def test_a_wrong_account_is_told_by_field(city: City, sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    sent = {"username": "worker", "name": "李华", "unit": city.unit(CENTRE)}
    assert "已有人使用" in text(client.post("/desk/registers/accounts/new/", sent))
    assert "请选择单位" in text(client.post("/desk/registers/accounts/new/", sent | {"unit": ""}))
    assert "没有这个单位" in text(client.post("/desk/registers/accounts/new/", sent | {"unit": "99999999"}))


def test_resets_switches_off_and_on(city: City, sign_in: SignIn) -> None:
    account = city.posts["worker"].account
    here = f"/desk/registers/accounts/{account.pk}/"
    working, client = sign_in("worker"), sign_in("system_admin")
    assert working.get("/desk/").status_code == 200
    secret = secret_on(text(client.post(f"{here}reset/")))
    assert working.get("/desk/")["Location"].startswith("/login")
    assert "请写明事由" in text(client.post(f"{here}deactivate/", {"reason": ""}))
    assert client.post(f"{here}deactivate/", {"reason": "借调"}).status_code == 302
    assert not Account.objects.get(pk=account.pk).is_active
    assert secret_on(text(client.post(f"{here}activate/"))) != secret
    assert client.post(f"{here}activate/").status_code == 409


def test_an_account_gets_another_name(city: City, sign_in: SignIn) -> None:
    account = newcomer(city)
    address = f"/desk/registers/accounts/{account.pk}/edit/"
    client = sign_in("system_admin")
    assert client.post(address, {"name": "", "unit": city.unit(CENTRE)}).status_code == 422
    assert client.post(address, {"name": "李桦", "unit": city.unit(CENTRE)}).status_code == 302
    assert Account.objects.get(pk=account.pk).name == "李桦"


def test_another_administrator_s_account_is_not_taken_over(city: City, sign_in: SignIn) -> None:
    account = city.posts["audit_admin"].account
    response = sign_in("system_admin").post(f"/desk/registers/accounts/{account.pk}/reset/")
    assert response.status_code == 403
    assert "三类管理员相互独立" in text(response)


def test_roles_that_exclude_one_another_are_refused_at_the_field(city: City, sign_in: SignIn) -> None:
    sent = {
        "account": city.posts["audit_admin"].account_id,
        "unit": city.unit("市综治中心"),
        "role": "system_admin",
        "area": CITY,
        "valid_from": today().isoformat(),
    }
    response = sign_in("security_admin").post("/desk/registers/posts/new/", sent)
    assert response.status_code == 422
    assert "不得由同一账号兼任" in text(response)
    assert "role" in response.context["form"].errors


def test_a_post_for_a_stranger_is_refused(city: City, sign_in: SignIn) -> None:
    sent = {"account": "99999999", "role": "clerk", "area": STREET, "valid_from": "2026-01-01"}
    response = sign_in("security_admin").post(
        "/desk/registers/posts/new/", sent | {"unit": city.unit(CENTRE)}
    )
    assert "没有这个账号" in text(response)


def test_ends_a_post_from_a_day_on(city: City, sign_in: SignIn) -> None:
    post = city.posts["worker"]
    client = sign_in("security_admin")
    address = f"/desk/registers/posts/{post.pk}/"
    assert "结束岗位" in text(client.get(address))
    assert client.post(address, {"on": "2020-01-01", "reason": ""}).status_code == 422
    assert client.post(address, {"on": today().isoformat(), "reason": "调离"}).status_code == 302
    assert post not in Post.objects.valid()
    assert "已经离任" in text(client.get(address))
    assert str(post.pk) in {
        row.key for row in client.get("/desk/registers/posts/", {"state": "ended"}).context["rows"]
    }


def test_the_last_administrator_s_post_stays(city: City, sign_in: SignIn) -> None:
    address = f"/desk/registers/posts/{city.posts['audit_admin'].pk}/"
    response = sign_in("security_admin").post(address, {"on": today().isoformat()})
    assert response.status_code == 422
    assert "最后一名审计管理员" in text(response)


def test_the_export_holds_what_the_list_shows(city: City, sign_in: SignIn) -> None:
    response = sign_in("head").get("/desk/registers/posts/export/")
    sheet = openpyxl.load_workbook(BytesIO(response.getvalue())).worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[1]]
    assert rows[0][:5] == ("用户名", "姓名", "单位", "角色", "区域代码")
    assert {row[0] for row in rows[1:]} == {"worker", "committee", "dispatcher", "head"}


# Tokens


def test_a_token_is_shown_once_and_revoked(city: City, sign_in: SignIn) -> None:
    post = city.posts["dispatcher"]
    client = sign_in("security_admin")
    address = f"/desk/registers/tokens/new/?post={post.pk}"
    assert client.post(address, {"label": "", "days": "365"}).status_code == 422
    secret = secret_on(text(client.post(address, {"label": "热线系统", "days": "365"})))
    token = Token.objects.get()
    assert token.digest == Token.digest_of(secret)
    assert secret not in text(client.get("/desk/registers/tokens/"))
    bearer = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/cases", headers=bearer).status_code == 200
    here = f"/desk/registers/tokens/{token.pk}/"
    assert client.post(here)["Location"] == "/desk/registers/tokens/"
    assert "已撤销" in text(client.get(here))
    assert client.post(here).status_code == 422
    assert sign_in("system_admin").get(here).status_code == 403


# The record of changes


def test_the_record_says_who_did_what(city: City, sign_in: SignIn) -> None:
    newcomer(city)
    actions.revise_unit(
        actor=city.actor("system_admin"), unit=city.units[CENTRE], name="新名称", kind="centre"
    )
    page = text(sign_in("audit_admin").get("/desk/registers/changes/"))
    assert "建立账号" in page
    assert "命令行" in page
    assert "名称：柳湾街道综治中心 → 新名称" in page
    assert "system_admin" in page
    only = sign_in("audit_admin").get("/desk/registers/changes/", {"subject": "account"})
    assert len(only.context["rows"]) == 1


# Files


def upload(client: Client, address: str, content: bytes, name: str = "staff.csv") -> HttpResponse:
    return cast(HttpResponse, client.post(address, {"file": SimpleUploadedFile(name, content)}))


STAFF = """用户名,姓名,单位,角色,区域代码,任职起
lihua,李华,柳湾街道综治中心,综治中心分办员,990101001,2026-01-01
wangwu,王五,柳湾街道综治中心,网格员,990101001001001,2026/1/1
wangwu,王五,柳湾街道综治中心,grid_worker,990101001001002,2026年1月1日
"""


def test_one_file_makes_the_accounts_and_then_their_posts(city: City, sign_in: SignIn) -> None:
    content = STAFF.encode("gb18030")
    made = upload(sign_in("system_admin"), "/desk/registers/accounts/import/", content)
    page = text(made)
    assert page.count('class="desk-secret"') == 2
    assert not Post.objects.filter(account__username="lihua").exists()
    given = upload(sign_in("security_admin"), "/desk/registers/posts/import/", content)
    assert given["Location"] == "/desk/registers/posts/"
    assert Post.objects.filter(account__username="wangwu", role="grid_worker").count() == 2
    again = upload(sign_in("system_admin"), "/desk/registers/accounts/import/", content)
    assert again["Location"] == "/desk/registers/accounts/"


def test_a_file_with_a_wrong_row_changes_nothing(city: City, sign_in: SignIn) -> None:
    content = STAFF + "李,李四,柳湾街道综治中心\nzhaoliu,赵六,没有的单位\nworker,别人,柳湾街道综治中心\n"
    refused = upload(sign_in("system_admin"), "/desk/registers/accounts/import/", content.encode())
    page = text(refused)
    assert "第 5 行，用户名" in page
    assert "第 6 行，单位：您的区域内没有单位" in page
    assert "第 7 行，用户名：用户名 worker 已属于" in page
    assert not Account.objects.filter(username="lihua").exists()
    assert not RegisterEntry.objects.exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nobody,柳湾街道综治中心,网格员,990101001001001,", "没有用户名为 nobody"),
        ("worker,柳湾街道综治中心,市长,990101001,", "请选择角色"),
        ("worker,柳湾街道综治中心,网格员,990101001,", "须设在网格一级"),
        ("worker,柳湾街道综治中心,督办员,990101001,昨天", "日期应写作"),
        ("security_admin,市综治中心,督办员,9901,", "不能为本人办理"),
        ("audit_admin,市综治中心,系统管理员,9901,", "不得由同一账号兼任"),
    ],
)
def test_a_file_of_posts_tells_each_wrong_row(city: City, sign_in: SignIn, line: str, told: str) -> None:
    content = f"用户名,单位,角色,区域代码,任职起\n{line}\n".encode()
    before = Post.objects.count()
    refused = upload(sign_in("security_admin"), "/desk/registers/posts/import/", content)
    assert told in text(refused)
    assert Post.objects.count() == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "文件是空的"),
        ("姓名,单位\n".encode(), "首行缺少栏目：用户名"),
        (b"\xff\xff\xff", "编码无法识别"),
        (b"PK\x03\x04nothing", "无法读取该表格文件"),
    ],
)
def test_what_is_no_table_is_refused(city: City, sign_in: SignIn, content: bytes, told: str) -> None:
    assert told in text(upload(sign_in("system_admin"), "/desk/registers/accounts/import/", content))


def test_a_file_must_be_chosen(city: City, sign_in: SignIn) -> None:
    response = sign_in("system_admin").post("/desk/registers/accounts/import/")
    assert "请选择要导入的文件" in text(response)


# One's own password


def test_changes_one_s_own_password_and_stays_signed_in(city: City, sign_in: SignIn) -> None:
    here, elsewhere = sign_in("worker"), sign_in("worker")
    assert here.get("/desk/me/password/").status_code == 200
    assert here.post("/desk/me/password/", {"old": KNOWN, "new": OWN, "again": OWN}).status_code == 302
    assert here.get("/desk/").status_code == 200
    assert elsewhere.get("/desk/")["Location"].startswith("/login")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"old": "wrong", "new": OWN, "again": OWN}, "原密码不正确"),
        ({"old": KNOWN, "new": OWN, "again": "x"}, "两次输入的新密码不一致"),
        ({"old": KNOWN, "new": "short", "again": "short"}, "密码"),
        ({"old": "", "new": "", "again": ""}, "请填写原密码"),
    ],
)
def test_refuses_a_password_at_its_field(
    city: City, sign_in: SignIn, sent: dict[str, str], told: str
) -> None:
    response = sign_in("worker").post("/desk/me/password/", sent)
    assert response.status_code == 422
    assert told in text(response)


def test_guessing_the_old_password_is_stopped(city: City, sign_in: SignIn) -> None:
    client = sign_in("worker")
    for _ in range(5):
        client.post("/desk/me/password/", {"old": "wrong", "new": OWN, "again": OWN})
    response = client.post("/desk/me/password/", {"old": KNOWN, "new": OWN, "again": OWN})
    assert "次数过多" in text(response)


def test_a_password_is_one_s_own_also_without_a_post(city: City) -> None:
    newcomer(city)
    secret = actions.reset_password(actor=SYSTEM, account=Account.objects.get(username="lihua"))
    client = Client()
    client.post("/login", {"username": "lihua", "password": secret})
    assert client.post("/desk/me/password/", {"old": secret, "new": OWN, "again": OWN}).status_code == 302
    page = client.get("/desk/")
    assert page.status_code == 403
    assert "没有在任岗位" in text(page)


def test_strangers_are_sent_to_sign_in(client: Client, city: City) -> None:
    assert client.get("/desk/me/password/")["Location"].startswith("/login")


def test_a_register_page_leaves_the_menu_of_ones_own_posts_alone(city: City, sign_in: SignIn) -> None:
    client = sign_in("system_admin")
    account = city.posts["worker"].account_id
    for path in (
        f"/desk/registers/accounts/{account}/",
        f"/desk/registers/units/{city.posts['worker'].unit_id}/",
    ):
        assert [post["is_current"] for post in client.get(path).context["posts"]] == [True]
