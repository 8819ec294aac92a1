"""``linli doctor``: is this set-up sound, and what is to be mended where it is not."""

from __future__ import annotations

import argparse
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import django
import psycopg

from linli.config import environment as env
from linli.config.commands import CHECK_SECONDS, say
from linli.config.embedded import EmbeddedDatabase, available
from linli.config.processes import DataLock, is_alive
from linli.lib.errors import Refusal

FREE_GIGABYTES = 2
OLDEST_DATABASE = 160000
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
"""What a provider of single sign-on must say of itself (OpenID Connect Discovery 1.0, 3)."""


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, whether it is sound, what was found or how to mend it."""

    about: str
    is_sound: bool
    note: str = ""
    is_needed: bool = True
    """Without it the platform does not run; otherwise only some convenience is missing."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""


def run(options: argparse.Namespace) -> int:
    findings = list(_findings())
    for one in findings:
        mark = "✔" if one.is_sound else "✘" if one.is_needed else "○"
        say(f"{mark} {one.about}{f'：{one.note}' if one.note else ''}")
    broken = [one for one in findings if not one.is_sound and one.is_needed]
    say("一切正常" if not broken else f"{len(broken)} 项需要处理")
    return 1 if broken else 0


def _findings() -> Iterator[Finding]:
    yield _python()
    yield _time_zone()
    yield _assets()
    data, variables = _data_dir(), _variables()
    yield data
    yield variables
    if not (data.is_sound and variables.is_sound):
        return  # everything else is read through these
    yield _disk()
    yield _secrets()
    yield _holder()
    yield from _database()
    yield _encrypted()
    yield _second_factor()
    yield _single_sign_on()
    yield _chromium()


def _python() -> Finding:
    found = sys.version.split()[0]
    return Finding("Python", sys.version_info >= (3, 11), f"{found}（{sys.executable}）")


def _time_zone() -> Finding:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return Finding("时区数据", False, "缺少 Asia/Shanghai；请执行 .venv/bin/pip install tzdata")
    return Finding("时区数据", True, "Asia/Shanghai")


def _data_dir() -> Finding:
    data = env.data_dir()
    try:
        place = next(p for p in (data, *data.parents) if p.exists())
        # tried, since rights alone do not tell: not of a read-only disk, nor what root may not write
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        why = f"{data} 不可写（{error.strerror}）；请改权限，或以 LINLI_DATA_DIR 指定别处"
        return Finding("数据目录", False, why)
    return Finding("数据目录", True, str(data) if data == place else f"{data}（将在首次启动时建立）")


def _variables() -> Finding:
    """Whether each ``LINLI_*`` variable can be read as what it stands for."""
    wrong = list(env.faults())
    return Finding("环境变量", not wrong, "；".join(wrong))


def _disk() -> Finding:
    data = env.data_dir()
    place = next(p for p in (data, *data.parents) if p.exists())
    free = shutil.disk_usage(place).free / 2**30
    return Finding("磁盘空间", free >= FREE_GIGABYTES, f"剩余 {free:.1f} GB（至少需要 {FREE_GIGABYTES} GB）")


def _secrets() -> Finding:
    folder = env.data_dir() / "secrets"
    if not folder.exists():
        return Finding("密钥", True, "将在首次启动时生成")
    open_ones = [
        str(path)
        for path in (folder, *folder.iterdir())
        if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_ones:
        return Finding("密钥", False, f"他人可读：{'、'.join(open_ones)}；请执行 chmod -R go= {folder}")
    return Finding("密钥", True, f"{folder}，仅所有者可读；请另行备份，丢失后个人信息无法解密")


def _holder() -> Finding:
    holder = DataLock(env.data_dir()).holder()
    if is_alive(holder.pid):
        return Finding("运行状态", True, f"进程 {holder.pid} 正在使用此数据目录 {holder.url}")
    return Finding("运行状态", True, "没有进程在使用此数据目录")


def _assets() -> Finding:
    from linli.config.assets import VENDOR

    if not (VENDOR / ".fingerprint").exists():
        return Finding("页面资源", False, "尚未安装；请执行 make setup")
    return Finding("页面资源", True, str(VENDOR.relative_to(env.CHECKOUT)))


def _database() -> Iterator[Finding]:
    """Reachable, version, encoding, migrations: each only when the one before it holds."""
    if env.is_embedded():
        embedded = EmbeddedDatabase()
        if not (embedded.cluster / "PG_VERSION").exists():
            yield Finding("数据库", True, "内嵌数据库尚未建立；linli demo 或 linli migrate 会建立它")
            return
    try:
        with (
            available(say=say),
            psycopg.connect(env.database_url(), connect_timeout=CHECK_SECONDS) as c,
        ):
            version = c.info.server_version
            row = c.execute(
                "select current_setting('server_encoding'), current_setting('fsync'), current_database()"
            ).fetchone()
            assert row is not None
            encoding, fsync, name = row
            yield Finding("数据库", True, f"{name}，{'内嵌' if env.is_embedded() else '外部'}")
            yield Finding(
                "数据库版本",
                version >= OLDEST_DATABASE,
                f"PostgreSQL {version // 10000}.{version % 10000}（需要 16 以上）",
            )
            yield Finding(
                "数据库编码",
                encoding == "UTF8",
                encoding
                if encoding == "UTF8"
                else f"{encoding}；请重建：createdb -E UTF8 -T template0 {name}",
            )
            yield Finding(
                "数据库落盘",
                fsync == "on",
                "fsync=on" if fsync == "on" else "fsync 已关闭，断电会丢数据；请打开",
            )
            yield _migrations()
    except (psycopg.OperationalError, Refusal) as error:
        yield Finding("数据库", False, f"无法连接：{str(error).strip()}；请检查 LINLI_DATABASE_URL")


def _migrations() -> Finding:
    from linli.config.migrations import pending

    django.setup()
    waiting = pending()
    if waiting:
        return Finding("数据库结构", False, f"有 {len(waiting)} 项迁移未执行；请执行 linli migrate")
    return Finding("数据库结构", True, "已是最新")


def _encrypted() -> Finding:
    """Passwords and sessions of a site that others can open must not travel in the clear."""
    hosts = [host for host in env.words("ALLOWED_HOSTS") if host not in {"localhost", "127.0.0.1", "[::1]"}]
    if hosts and not env.flag("HTTPS"):
        note = f"{'、'.join(hosts)} 未经 HTTPS 打开，密码和登录会被窃听；请配置反向代理并设 LINLI_HTTPS=1"
        return Finding("传输加密", False, note)
    return Finding("传输加密", True, "HTTPS，登录凭证只经加密传输" if hosts else "只供本机使用")


def _second_factor() -> Finding:
    django.setup()
    from django.conf import settings

    from linli.kernel.access.roles import ROLES

    asked = settings.SECOND_FACTOR_ROLES
    strange = [code for code in asked if code not in ROLES]
    if strange:
        return Finding("第二因素", False, f"LINLI_SECOND_FACTOR_ROLES 中没有这样的角色：{'、'.join(strange)}")
    titles = "、".join(ROLES[code].title for code in asked) or "没有角色"
    return Finding("第二因素", True, f"{titles}必须使用（LINLI_SECOND_FACTOR_ROLES）")


def _single_sign_on() -> Finding:
    """Whether the city's provider is described whole, known to us, and there."""
    django.setup()
    from linli.kernel.identity.oidc import Provider

    about, provider = "统一身份认证", Provider.configured()
    if provider is None:
        return Finding(about, True, "未配置（LINLI_OIDC_ISSUER）")
    if not provider.client_id:
        return Finding(about, False, "缺少 LINLI_OIDC_CLIENT_ID")
    secret = Path(provider.secret_file)
    if provider.secret_file and not os.access(secret, os.R_OK):
        return Finding(about, False, f"无法读取 {secret}；请核对 LINLI_OIDC_CLIENT_SECRET_FILE 和文件权限")
    if provider.secret_file and stat.S_IMODE(secret.stat().st_mode) & stat.S_IRWXO:
        return Finding(about, False, f"他人可读：{secret}；请执行 chmod o= {secret}")
    try:
        lacking = [name for name in ENDPOINTS if name not in provider.metadata()]
    except Refusal:
        return Finding(
            about,
            False,
            f"{provider.issuer}/.well-known/openid-configuration 无法读取，或其中的 issuer 与配置不同；"
            "请核对 LINLI_OIDC_ISSUER（须为 https）和网络",
        )
    if lacking:
        return Finding(about, False, f"{provider.issuer} 没有说明 {'、'.join(lacking)}")
    return Finding(about, True, f"{provider.issuer}，可以连接")


def _chromium() -> Finding:
    from linli.config.chromium import missing

    lacking = missing()
    return Finding("浏览器测试", not lacking, lacking or "Chromium 与中文字体齐备", is_needed=False)
