"""What a file is, by its content. Its name and the sender's word for its type count for nothing."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db import models

from linli.kernel.files.errors import ArchiveTooLarge, FileDamaged, FileHeic, FileMacros, FileTypeRefused

HEAD = 4096
UNPACKED_LIMIT = 200 * 1024 * 1024
MEMBERS_LIMIT = 5000


class FileKind(models.TextChoices):
    IMAGE = "image", "图片"
    PDF = "pdf", "PDF"
    DOCUMENT = "document", "文档"
    AUDIO = "audio", "音频"
    VIDEO = "video", "视频"


@dataclass(frozen=True)
class Format:
    kind: FileKind
    mime: str
    extension: str


JPEG = Format(FileKind.IMAGE, "image/jpeg", "jpg")
PNG = Format(FileKind.IMAGE, "image/png", "png")
WEBP = Format(FileKind.IMAGE, "image/webp", "webp")
PDF = Format(FileKind.PDF, "application/pdf", "pdf")
OFD = Format(FileKind.DOCUMENT, "application/ofd", "ofd")
OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = Format(FileKind.DOCUMENT, OFFICE + "wordprocessingml.document", "docx")
XLSX = Format(FileKind.DOCUMENT, OFFICE + "spreadsheetml.sheet", "xlsx")
PPTX = Format(FileKind.DOCUMENT, OFFICE + "presentationml.presentation", "pptx")
DOC = Format(FileKind.DOCUMENT, "application/msword", "doc")
XLS = Format(FileKind.DOCUMENT, "application/vnd.ms-excel", "xls")
PPT = Format(FileKind.DOCUMENT, "application/vnd.ms-powerpoint", "ppt")
MP4 = Format(FileKind.VIDEO, "video/mp4", "mp4")
MOV = Format(FileKind.VIDEO, "video/quicktime", "mov")
WEBM = Format(FileKind.VIDEO, "video/webm", "webm")
WEBA = Format(FileKind.AUDIO, "audio/webm", "weba")
M4A = Format(FileKind.AUDIO, "audio/mp4", "m4a")
MP3 = Format(FileKind.AUDIO, "audio/mpeg", "mp3")
AAC = Format(FileKind.AUDIO, "audio/aac", "aac")
AMR = Format(FileKind.AUDIO, "audio/amr", "amr")
OGG = Format(FileKind.AUDIO, "audio/ogg", "ogg")
WAV = Format(FileKind.AUDIO, "audio/wav", "wav")

SIGNATURES: tuple[tuple[re.Pattern[bytes], Callable[[bytes], Format] | Format], ...]


def format_of(content: bytes) -> Format:
    """The format. Raises ``FileTypeRefused`` for anything not listed here, among it SVG and HTML; and
    ``FileHeic``, ``FileDamaged``, ``FileMacros``, ``ArchiveTooLarge`` for what is wrong inside."""
    for signature, answer in SIGNATURES:
        if signature.match(content):
            return answer if isinstance(answer, Format) else answer(content)
    raise FileTypeRefused


def _riff(content: bytes) -> Format:
    (length,) = struct.unpack_from("<I", content, 4)
    if length + 8 > len(content) + 1:  # an odd length may lack its padding byte
        raise FileDamaged
    return WEBP if content[8:12] == b"WEBP" else WAV


def _pdf(content: bytes) -> Format:
    if b"%%EOF" not in content[-2048:]:
        raise FileDamaged
    return PDF


def _iso_media(content: bytes) -> Format:
    """ISO base media by its brands (ISO/IEC 14496-12 4.3)."""
    (length,) = struct.unpack_from(">I", content, 0)
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, min(length, 256), 4))}
    if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif"}:
        raise FileHeic
    if content[8:12] in {b"M4A ", b"M4B "}:
        return M4A
    if content[8:12] == b"qt  ":
        return MOV
    if brands & {
        b"isom",
        b"iso2",
        b"iso4",
        b"iso5",
        b"iso6",
        b"mp41",
        b"mp42",
        b"avc1",
        b"M4V ",
        b"3gp4",
        b"3gp5",
    }:
        return MP4
    raise FileTypeRefused


def _matroska(content: bytes) -> Format:
    head = content[:HEAD]
    if b"webm" not in head[:64]:
        raise FileTypeRefused
    return WEBM if re.search(rb"V_(VP8|VP9|AV1)", head) else WEBA


def _zip(content: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS_LIMIT or sum(m.file_size for m in members) > UNPACKED_LIMIT:
                raise ArchiveTooLarge
            names = {member.filename for member in members}
            damaged = archive.testzip() if _office(names) else None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise FileDamaged from error
    if damaged:
        raise FileDamaged
    found = _office(names)
    if found is None:
        raise FileTypeRefused
    if any(name.endswith("vbaProject.bin") for name in names):
        raise FileMacros
    return found


def _office(names: set[str]) -> Format | None:
    if "OFD.xml" in names:
        return OFD
    if "[Content_Types].xml" not in names:
        return None
    parts = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
    return next((found for part, found in parts.items() if part in names), None)


def _compound(content: bytes) -> Format:
    """The older binary office files, by the names of the streams in their directory (MS-CFB 2.6.1)."""
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise FileMacros
    streams = {"WordDocument": DOC, "Workbook": XLS, "PowerPoint Document": PPT}
    for name, found in streams.items():
        if name.encode("utf-16-le") in content:
            return found
    raise FileTypeRefused


SIGNATURES = (
    (re.compile(rb"\xff\xd8\xff"), JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PNG),
    (re.compile(rb"RIFF....(WEBP|WAVE)", re.DOTALL), _riff),
    (re.compile(rb"%PDF-\d"), _pdf),
    (re.compile(rb"....ftyp....", re.DOTALL), _iso_media),
    (re.compile(rb"\x1a\x45\xdf\xa3"), _matroska),
    (re.compile(rb"PK\x03\x04"), _zip),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), _compound),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), MP3),
    (re.compile(rb"\xff[\xf1\xf9]"), AAC),
    (re.compile(rb"#!AMR"), AMR),
    (re.compile(rb"OggS"), OGG),
)
