from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from linli.kernel.access.actor import PUBLIC
from linli.kernel.files import actions, store
from linli.kernel.files.errors import (
    ArchiveTooLarge,
    FileDamaged,
    FileEmpty,
    FileHeic,
    FileMacros,
    FileRefused,
    FileTooLarge,
    FileTypeRefused,
    ImageTooLarge,
    SubmissionTaken,
)
from linli.kernel.files.formats import format_of
from linli.kernel.files.models import File
from linli.kernel.files.pictures import picture_of
from linli.kernel.files.tests.conftest import GPS_IFD, drawn, encoded, phone_photo


def receive(content: bytes, name: str = "照片.jpg") -> File:
    return actions.receive(PUBLIC, content=content, name=name)


def copy_of(file: File, variant: str) -> Image.Image:
    return Image.open(io.BytesIO(store.path_of(file.sha256, variant).read_bytes()))


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return out.getvalue()


def docx(**more: bytes) -> bytes:
    return archive(**{"[Content_Types]_xml": b"<Types/>", "word__document_xml": b"<w/>"} | more)


def test_an_upload_that_is_sent_again_makes_no_second_file(db):
    content, mine = encoded(drawn()), uuid4()
    first, again = (
        actions.receive(PUBLIC, content=content, name="照片.jpg", client_id=mine) for _ in range(2)
    )
    assert first.pk == again.pk
    assert receive(content).pk != first.pk, "without an id each upload is one of its own"


def test_the_id_of_an_upload_stands_for_one_content_of_one_sender(db):
    content, mine = encoded(drawn()), uuid4()
    actions.receive(PUBLIC, content=content, name="照片.jpg", client_id=mine)
    clerk = replace(PUBLIC, post=7)
    for actor, other in ((PUBLIC, b"%PDF-1.7 another"), (clerk, content)):
        with pytest.raises(SubmissionTaken):
            actions.receive(actor, content=other, name="照片.jpg", client_id=mine)
    assert File.objects.count() == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_public_copies_tell_neither_place_nor_device(db, kind):
    original = phone_photo(kind=kind)
    assert Image.open(io.BytesIO(original)).getexif().get_ifd(GPS_IFD)
    file = receive(original)
    assert file.is_public
    for variant in (store.DISPLAY, store.THUMB):
        copy = copy_of(file, variant)
        assert not copy.getexif()
        assert not {"exif", "xmp", "icc_profile", "comment"} & copy.info.keys()
        raw = store.path_of(file.sha256, variant).read_bytes()
        assert b"Exif" not in raw
        assert b"SecretModel" not in raw
    assert store.path_of(file.sha256, store.ORIGINAL).read_bytes() == original


@pytest.mark.parametrize(("orientation", "top"), [(1, "red"), (3, "blue"), (6, "side"), (8, "side")])
def test_a_turned_photo_is_shown_upright(db, orientation, top):
    file = receive(phone_photo(orientation=orientation))
    copy = copy_of(file, store.DISPLAY)
    assert copy.size == (file.width, file.height)
    assert copy.size == ((600, 800) if top == "side" else (800, 600))
    red, _, blue = copy.getpixel((copy.width // 2, 20))
    if top != "side":
        assert (red > blue) == (top == "red")


def test_large_photos_are_brought_to_their_sizes(db):
    file = receive(encoded(drawn(4000, 3000)))
    assert (file.width, file.height, file.kind, file.mime) == (4000, 3000, "image", "image/jpeg")
    assert copy_of(file, store.DISPLAY).size == (1600, 1200)
    assert copy_of(file, store.THUMB).size == (480, 360)
    assert copy_of(file, store.THUMB).format == "WEBP"


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "I;16", "1"])
def test_png_of_any_mode_gets_its_copies(db, mode):
    if mode == "I;16":
        image = Image.new("I;16", (60, 40), 30000)
    else:
        image = drawn(60, 40).convert(mode)
    file = receive(encoded(image, "PNG"), "截图.png")
    assert copy_of(file, store.DISPLAY).mode == "RGB"


def test_a_transparent_picture_is_laid_on_white(db):
    file = receive(encoded(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG"))
    assert min(copy_of(file, store.DISPLAY).getpixel((25, 25))) > 250


def test_what_hides_behind_a_picture_is_not_in_its_copies(db):
    file = receive(encoded(drawn()) + b"<script>alert(1)</script>" + docx())
    assert (file.kind, file.mime) == ("image", "image/jpeg")
    for variant in (store.DISPLAY, store.THUMB):
        assert b"<script>" not in store.path_of(file.sha256, variant).read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<?xml version='1.0'?><svg/>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a" + b"\0" * 50,
        b"MZ" + b"\0" * 100,
        b"#!/bin/sh\nid",
        b"\n%PDF-1.7 %%EOF",
        "纯文本".encode(),
        archive(payload_bin=b"1"),
    ],
)
def test_types_outside_the_list_are_refused_whatever_their_name(db, content):
    with pytest.raises(FileTypeRefused) as refused:
        receive(content, "照片.jpg")
    assert refused.value.code == "file_type_refused"
    assert refused.value.fields["file"].startswith("附件：")
    assert not File.objects.exists()


@pytest.mark.parametrize("html", [b"\xff\xd8\xff<html><script>alert(1)</script>", b"\x89PNG\r\n\x1a\n<svg/>"])
def test_a_script_behind_an_image_signature_is_refused(db, html):
    with pytest.raises(FileDamaged):
        receive(html)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_image_is_refused(db, store, kind):
    whole = encoded(drawn(), kind)
    with pytest.raises(FileDamaged):
        receive(whole[: len(whole) // 2])
    assert not any(path.is_file() for path in store.rglob("*"))


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_000, 10_000), (8000, 7000), (31_000, 1)])
def test_huge_dimensions_are_refused_before_unpacking(db, size):
    with pytest.raises(ImageTooLarge) as refused:
        receive(png_header(*size))
    assert refused.value.code == "image_too_large"


def test_empty_and_oversize_files_are_refused(db, settings):
    with pytest.raises(FileEmpty):
        receive(b"")
    settings.UPLOAD_LIMIT = 1024 * 1024
    with pytest.raises(FileTooLarge, match="1 MB"):
        receive(b"\xff\xd8\xff" + b"\0" * 1024 * 1024)
    upload = SimpleUploadedFile("照片.jpg", b"\0" * (1024 * 1024 + 1))
    with pytest.raises(FileTooLarge):
        actions.receive(PUBLIC, content=upload, name="照片.jpg")


def test_an_uploaded_file_is_received_like_bytes(db, clerk):
    upload = SimpleUploadedFile("x.exe", encoded(drawn()), content_type="application/x-msdownload")
    file = actions.receive(clerk, content=upload, name="x.exe")
    assert (file.name, file.mime, file.post_id) == ("x.jpg", "image/jpeg", clerk.post)


def box(*brands: bytes) -> bytes:
    body = b"ftyp" + brands[0] + b"\0\0\0\0" + b"".join(brands)
    return struct.pack(">I", len(body) + 4) + body + b"\0" * 64


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"%PDF-1.7\n...\n%%EOF\n", "application/pdf"),
        (box(b"isom", b"mp41"), "video/mp4"),
        (box(b"qt  "), "video/quicktime"),
        (box(b"M4A ", b"mp42"), "audio/mp4"),
        (b"ID3\x04" + b"\0" * 40, "audio/mpeg"),
        (b"#!AMR\n" + b"\0" * 40, "audio/amr"),
        (b"OggS" + b"\0" * 40, "audio/ogg"),
        (b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 28, "audio/wav"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + b"A_OPUS", "audio/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + b"A_OPUS V_VP8", "video/webm"),
        (docx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (archive(OFD_xml=b"<ofd/>"), "application/ofd"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "application/vnd.ms-excel"),
    ],
    ids=lambda one: one.rpartition("/")[2] if isinstance(one, str) else "content",
)
def test_other_kinds_are_known_by_content_and_never_public(db, content, mime):
    file = receive(content, "../../etc/附件.bin")
    assert (file.mime, file.is_public, file.width) == (mime, False, None)
    assert file.name.startswith("附件.")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (box(b"heic", b"mif1"), FileHeic),
        (b"%PDF-1.7\ncut short", FileDamaged),
        (docx()[:60], FileDamaged),
        (docx(word__vbaProject_bin=b"macro"), FileMacros),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook_VBA_PROJECT".encode("utf-16-le"), FileMacros),
        (b"RIFF\xff\xff\0\0WAVEfmt ", FileDamaged),
    ],
    ids=[
        "heic",
        "cut pdf",
        "cut docx",
        "docx with macros",
        "xls with macros",
        "cut wav",
    ],  # no time of making
)
def test_what_is_wrong_inside_is_said(db, content, refusal):
    with pytest.raises(refusal):
        receive(content)


def test_an_archive_that_unpacks_to_too_much_is_refused_unread():
    with pytest.raises(ArchiveTooLarge):
        format_of(docx(word__media__a_bin=b"\0" * (201 * 1024 * 1024)))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\fakepath\\现场 1.JPG", "现场 1.jpg"),
        ("../../../etc/passwd", "passwd.jpg"),
        ("a\u202egpj.exe", "agpj.jpg"),
        ("a\r\nSet-Cookie: x", "aSet-Cookie_ x.jpg"),
        ("", "图片.jpg"),
        ("长" * 300, "长" * 96 + ".jpg"),
    ],
)
def test_names_are_cleaned_and_end_in_the_true_type(db, given, kept):
    assert receive(encoded(drawn(20, 20)), given).name == kept


def test_the_same_content_is_stored_once(db, store):
    one, other = receive(phone_photo()), receive(phone_photo())
    assert one.pk != other.pk
    assert one.sha256 == other.sha256
    assert len([path for path in store.rglob("*") if path.is_file()]) == 3


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff", b"PK\x03\x04", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x20ftypisom"]),
)
def test_any_bytes_are_known_or_refused(noise, signature):
    content = signature + noise
    try:
        found = format_of(content)
        if found.kind == "image":
            picture_of(content)
    except FileRefused:
        pass
