from __future__ import annotations

import gettext
import io
from pathlib import Path

import pytest

from linli.web.locale import compile as catalogues

ENGLISH = Path(catalogues.__file__).parent / "en" / "LC_MESSAGES" / "django.po"


def test_gettext_reads_what_is_compiled() -> None:
    english = gettext.GNUTranslations(io.BytesIO(catalogues.compiled(catalogues.read(ENGLISH))))
    assert english.gettext("登录") == "Sign in"
    assert english.ngettext("%(n)d 天", "%(n)d 天", 1) == "%(n)d day"
    assert english.ngettext("%(n)d 天", "%(n)d 天", 2) == "%(n)d days"
    assert english.gettext("没有译文") == "没有译文"


def test_contexts_fuzzy_and_empty_entries_and_long_lines(tmp_path: Path) -> None:
    source = tmp_path / "x.po"
    source.write_text(
        'msgctxt "a"\nmsgid "one"\nmsgstr ""\n"two "\n"\\"three\\"\\n"\n\n'
        '#, fuzzy\nmsgid "doubtful"\nmsgstr "x"\n\nmsgid "empty"\nmsgstr ""\n\n'
        '#~ msgid "old"\n#~ msgstr "x"\n'
    )
    assert catalogues.read(source) == {"a\x04one": 'two "three"\n'}


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    source = tmp_path / "x.po"
    source.write_text('msgid "one"\nmsgstr "two\n')
    with pytest.raises(catalogues.CatalogueError, match=r"x\.po:2"):
        catalogues.read(source)


def test_compiles_every_catalogue_below_a_folder(tmp_path: Path) -> None:
    source = tmp_path / "room" / "locale" / "en" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    source.write_text(header + 'msgid "一"\nmsgstr "one"\n')
    assert catalogues.compile_catalogues(tmp_path) == [source.with_suffix(".mo")]
    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("一") == "one"
