"""What a post has set up for itself at the desk."""

from __future__ import annotations

from django.db import models

from linli.lib.time import now


class SavedFilter(models.Model):
    """A worklist narrowed as a post likes it. It holds conditions, never results."""

    post = models.BigIntegerField("岗位", db_index=True)
    name = models.CharField("名称", max_length=30)
    query = models.CharField("条件", max_length=1000)
    created_at = models.DateTimeField("保存时间", default=now)

    class Meta:
        verbose_name = verbose_name_plural = "保存的筛选"
        constraints = [models.UniqueConstraint(fields=["post", "name"], name="filter_name_once_per_post")]

    def __str__(self) -> str:
        return self.name
