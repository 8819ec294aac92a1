"""Compile ``.po`` catalogues to the ``.mo`` files that Django reads, without GNU gettext.

``python -m linli.web.locale.compile [directory …]``; without arguments those of every room.
Set-up runs it; ``.mo`` files are never committed.
"""

from __future__ import annotations

import ast
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

ROOMS = Path(__file__).parents[2]
_MAGIC = 0x950412DE


class CatalogueError(ValueError):
    """A line of a catalogue that cannot be read; says file and line."""


def read(source: Path) -> dict[str, str]:
    """The messages of a ``.po`` file as gettext keys them: context and plural are part of the key.

    Fuzzy and empty entries are left out, so that the source text is shown instead.
    """
    catalogue: dict[str, str] = {}
    for entry, is_fuzzy in _entries(source):
        key = entry["msgid"]
        if "msgctxt" in entry:
            key = f"{entry['msgctxt']}\x04{key}"
        if "msgid_plural" in entry:
            key = f"{key}\x00{entry['msgid_plural']}"
            forms = sorted(name for name in entry if name.startswith("msgstr["))
            said = "\x00".join(entry[name] for name in forms)
        else:
            said = entry.get("msgstr", "")
        if said.strip("\x00") and not is_fuzzy:
            catalogue[key] = said
    return catalogue


def compiled(catalogue: dict[str, str]) -> bytes:
    """The bytes of a ``.mo`` file: header, two tables of (length, offset), then the texts, sorted by key."""
    keys = sorted(catalogue, key=str.encode)
    originals = [key.encode() for key in keys]
    translations = [catalogue[key].encode() for key in keys]
    start = 28 + 16 * len(keys)
    tables, texts = b"", b""
    for text in [*originals, *translations]:
        tables += struct.pack("<II", len(text), start + len(texts))
        texts += text + b"\x00"
    header = struct.pack("<7I", _MAGIC, 0, len(keys), 28, 28 + 8 * len(keys), 0, start)
    return header + tables + texts


def compile_catalogues(directory: Path = ROOMS) -> list[Path]:
    """Compile every ``LC_MESSAGES/*.po`` below ``directory``; returns the files written."""
    written = []
    for source in sorted(directory.rglob("LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        target.write_bytes(compiled(read(source)))
        written.append(target)
    return written


def _entries(source: Path) -> Iterator[tuple[dict[str, str], bool]]:
    entry: dict[str, str] = {}
    field, is_fuzzy = "", False
    for number, raw in enumerate(source.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#~"):
            continue
        starts_anew = line.startswith(("#", "msgctxt", "msgid "))
        if starts_anew and field.startswith("msgstr"):
            yield entry, is_fuzzy
            entry, field, is_fuzzy = {}, "", False
        if line.startswith("#"):
            is_fuzzy = is_fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line.startswith('"'):
            field, _, line = line.partition(" ")
        if not field or not line.startswith('"') or not line.endswith('"'):
            raise CatalogueError(f"{source}:{number}: {raw!r} cannot be read")
        # the escapes of a catalogue are those of a Python string
        entry[field] = entry.get(field, "") + ast.literal_eval(line)
    if field.startswith("msgstr"):
        yield entry, is_fuzzy


def main(directories: list[str]) -> None:
    for directory in [Path(one) for one in directories] or [ROOMS]:
        for target in compile_catalogues(directory):
            sys.stdout.write(f"{target}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
