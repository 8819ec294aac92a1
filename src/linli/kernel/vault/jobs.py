"""Nightly work of the vault. Cron times are UTC."""

from __future__ import annotations

from django.conf import settings
from procrastinate.contrib.django import app

from linli.kernel.vault.actions import expire, prune_log, reseal

LOG_DAYS_AT_LEAST = 184
"""Network logs are kept for six months (网络安全法 art. 21); the longest six months have 184 days."""

LOG_DAYS = 1096
"""Records of provision and entrusting are kept for three years (网络数据安全管理条例 art. 12)."""


def log_days() -> int:
    """How long the log is kept: ``settings.VAULT_LOG_DAYS``, never below what the law asks."""
    return max(int(getattr(settings, "VAULT_LOG_DAYS", LOG_DAYS)), LOG_DAYS_AT_LEAST)


@app.periodic(cron="30 18 * * *")  # 02:30 in the city
@app.task(queueing_lock="vault_night", name="vault.night")
def night(timestamp: int) -> None:
    """Delete what has outlived its retention, follow a change of keys, shorten the log."""
    expire()
    reseal()
    prune_log(days=log_days())
