"""Several processes verify with connections of their own."""

from __future__ import annotations

import pytest
from django.db import connection

from linli.kernel.journal import verify as verifying
from linli.kernel.journal.verify import HEADS, verify


@pytest.mark.django_db(
    transaction=True,
    # tables of other rooms are append-only and cannot be emptied after the test
    available_apps=["linli.kernel.records"],
)
def test_several_processes_share_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_parts", lambda: [(0, 5), (5, 9), (9, 10)])
    for family in list(HEADS):
        monkeypatch.delitem(HEADS, family)
    report = verify(processes=2)
    assert (report.chains, report.problems) == (0, [])
    with connection.cursor() as cursor:  # and this process has its own again
        cursor.execute("SELECT 1")
