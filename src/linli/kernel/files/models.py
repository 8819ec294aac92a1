"""Files, and what each is attached to."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from linli.kernel.files.formats import FileKind
from linli.kernel.records.models import C, record_id
from linli.lib.time import now


class Stage(models.TextChoices):
    """To which part of the work a file belongs."""

    REPORT = "report", "上报"
    BEFORE = "before", "处置前"
    AFTER = "after", "处置后"
    VERIFY = "verify", "核查"
    OTHER = "other", "其他"


class File(models.Model):
    """One received file. The row never changes; it is pending until an ``Attachment`` names it."""

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    sha256 = models.CharField(max_length=64, db_collation=C, db_index=True)
    kind = models.CharField("类别", max_length=10, choices=FileKind.choices, db_collation=C)
    mime = models.CharField("内容类型", max_length=80, db_collation=C)
    bytes = models.BigIntegerField("大小（字节）")
    width = models.IntegerField("宽（像素）", null=True)
    height = models.IntegerField("高（像素）", null=True)
    name = models.CharField("文件名", max_length=100)
    is_public = models.BooleanField("有可公开的副本", default=False)
    """Whether a cleaned display copy and a thumbnail exist."""
    uploaded_at = models.DateTimeField("上传时间", default=now)
    post_id = models.BigIntegerField("上传岗位", null=True)
    client_id = models.UUIDField("提交标识", null=True)
    """The sender's own id of this upload: sent again it makes no second file."""

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        indexes = [models.Index(fields=["uploaded_at"], name="file_uploaded")]
        constraints = [
            models.UniqueConstraint(fields=["client_id"], name="file_submission"),
            models.CheckConstraint(
                condition=Q(is_public=False) | Q(kind=FileKind.IMAGE), name="file_public_is_image"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Attachment(models.Model):
    """A file belongs to one record. A row of its own, not columns of the file: the key refuses a second
    record, and the reference refuses the removal of the file, also where two processes act at once."""

    file = models.OneToOneField(File, primary_key=True, on_delete=models.PROTECT)
    family = models.CharField(max_length=20, db_collation=C)
    record_id = models.BigIntegerField()
    stage = models.CharField("环节", max_length=10, choices=Stage.choices, db_collation=C)

    class Meta:
        verbose_name = verbose_name_plural = "附件归属"
        indexes = [models.Index(fields=["family", "record_id"], name="attachment_record")]

    def __str__(self) -> str:
        return f"{self.family} {self.record_id}"
