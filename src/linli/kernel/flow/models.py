"""What a city has set about a flow."""

from __future__ import annotations

from django.db import models

from linli.lib.time import now


class Setting(models.Model):
    """One version of one parameter's value, for the subtree of an area. The newest in force counts."""

    flow = models.CharField("流程", max_length=20, db_collation="C")
    name = models.CharField("参数", max_length=40, db_collation="C")
    area = models.CharField("适用区域", max_length=18, db_collation="C", blank=True)
    value = models.JSONField("取值")
    source = models.CharField("依据", max_length=200)
    post = models.BigIntegerField("设定岗位", null=True)
    set_at = models.DateTimeField("设定时间", default=now)

    class Meta:
        verbose_name = verbose_name_plural = "流程参数"
        indexes = [models.Index(fields=["flow", "name", "area", "-set_at"], name="flow_setting_newest")]

    def __str__(self) -> str:
        return f"{self.flow}.{self.name}={self.value}"
