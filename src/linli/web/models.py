"""The one thing that the web room stores: counts, for a while."""

from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """One count (``counting.Count``): a keyed digest says of what, so that nobody can read it off here."""

    key = models.BinaryField(primary_key=True)
    number = models.IntegerField("次数")
    ends_at = models.DateTimeField("计数截止")

    class Meta:
        verbose_name = verbose_name_plural = "限次计数"

    def __str__(self) -> str:
        return bytes(self.key).hex()
