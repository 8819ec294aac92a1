"""Closed cases teach the suggestion of matters: what people wrote, and what a person decided it was."""

from __future__ import annotations

from collections.abc import Iterator

from linli.domains.cases.models import CaseResult, CaseState, Report
from linli.domains.matters.learning import Metadata, train

SAMPLES = 20_000
"""The newest so many closed cases are learnt from: enough to be right, few enough for a night."""


def learn() -> Metadata:
    """Train on the newest closed cases. Refuses while there are too few of them."""
    return train(samples())


def samples() -> Iterator[tuple[str, str]]:
    """(text of the first report, code of the confirmed matter) of the newest closed cases."""
    newest = (
        Report.objects.filter(
            case__state=CaseState.CLOSED,
            case__matter_confirmed=True,
            case__result__in=[CaseResult.SOLVED, CaseResult.EXPLAINED],
        )
        .order_by("-id")
        .values_list("text", "case__matter__code")
    )
    yield from newest[:SAMPLES].iterator()
