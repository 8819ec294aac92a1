"""Why the cases domain keeps and reads personal data."""

from __future__ import annotations

from collections.abc import Collection

from linli.domains.cases.models import Report
from linli.domains.cases.permissions import CONTACT
from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import rows
from linli.kernel.vault.purposes import LegalBasis, guard, purpose

REPORTER = "cases.reporter"
"""To reach the reporter about the report and tell the result."""

purpose(
    REPORTER,
    "联系上报人、告知办理结果",
    fields={"name", "phone", "circumstances"},
    ability=CONTACT,
    retain_days=365,
    legal_basis=LegalBasis.CONSENT,
    source="个人信息保护法第十三条第一款第一项；保存期限为示范值，待本市核定",
)
NOTICE_VERSION = "2026-01"
"""The version of the notice that the portal shows beside the fields (``portal/notice.html``)."""


def _sees(actor: Actor, ability: str, records: Collection[int]) -> set[int]:
    reports = Report.objects.filter(pk__in=records)
    return set(rows(actor, ability, reports, prefix="case__").values_list("pk", flat=True))


guard("report", _sees)
