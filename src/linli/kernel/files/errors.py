"""Refusals of incoming files. Each names the field ``file`` and says what to do instead."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext

from linli.lib.errors import Conflict, Invalid, NotAllowed


class FileRefused(Invalid):
    """Base: subclasses state the fact; ``advice`` is what the person is told."""

    code = "file_refused"
    advice: ClassVar[str] = "无法接收"

    def __init__(self, **details: Any) -> None:
        super().__init__(
            fields={"file": gettext("附件：{said}").format(said=gettext(self.advice).format(**details))},
            **details,
        )


class SubmissionTaken(Conflict):
    """The sender's id already stands for another upload."""

    code = "submission_taken"
    title = "该提交标识已用于另一个附件"


class FileEmpty(FileRefused):
    code = "file_empty"
    advice = "文件是空的，请重新选择"


class FileTooLarge(FileRefused):
    code = "file_too_large"
    advice = "文件超过 {limit_mb} MB，请压缩后再上传"


class FileTypeRefused(FileRefused):
    code = "file_type_refused"
    advice = "不支持这种文件，可上传照片（JPEG、PNG、WebP）、PDF、OFD、Word、Excel、PPT、音频和 MP4 视频"


class FileHeic(FileRefused):
    code = "file_heic"
    advice = "不支持 HEIC 照片，请在手机相机设置中选择“兼容性最佳”，或先转换为 JPEG"


class FileMacros(FileRefused):
    code = "file_macros"
    advice = "文档含有宏，请另存为不含宏的格式后再上传"


class FileDamaged(FileRefused):
    code = "file_damaged"
    advice = "文件不完整或已损坏，请重新拍摄或选择"


class ImageTooLarge(FileRefused):
    code = "image_too_large"
    advice = "图片尺寸过大（{width}×{height}），请降低分辨率后再上传"


class ArchiveTooLarge(FileRefused):
    code = "archive_too_large"
    advice = "文档展开后过大，请精简后再上传"


class FileNotYours(NotAllowed):
    code = "file_not_yours"
    title = "附件不是由您上传的，不能使用"


class FileAttached(Conflict):
    code = "file_attached"
    title = "附件已用于其他记录，请重新上传"
