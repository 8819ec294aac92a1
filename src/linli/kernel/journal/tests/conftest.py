from __future__ import annotations

import pytest
from django.db import connection

from linli.kernel.journal.tests.notes import Note
from linli.kernel.journal.verify import HEADS


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    """The family is known and has its table."""
    for family in list(HEADS):
        monkeypatch.delitem(HEADS, family)
    monkeypatch.setitem(HEADS, Note.family, Note)
    with connection.schema_editor() as editor:
        editor.create_model(Note)
