"""How a reporter can be reached, on its way into the vault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from linli.domains.cases.purposes import NOTICE_VERSION, REPORTER
from linli.domains.cases.texts import without_personal_numbers
from linli.kernel.access.actor import Actor
from linli.kernel.flow.declaration import Given
from linli.kernel.records.changes import Changes
from linli.kernel.vault import actions as vault
from linli.kernel.vault.fields import checked


class Contact(Given):
    """How the reporter can be reached; goes into the vault, nowhere else."""

    name: Annotated[str, Field(max_length=30)] = Field(default="", title="称呼")
    phone: Annotated[str, Field(max_length=20)] = Field(default="", title="电话")


def check_contact(contact: Contact | None) -> None:
    """Refuse with ``PersonalDataInvalid`` what the vault would not take."""
    checked(_fields(contact))


def keep_contact(
    changes: Changes,
    *,
    actor: Actor,
    contact: Contact | None,
    texts: Iterable[str],
    area: str,
    report_id: int,
    about: int | None = None,
) -> int | None:
    """Plan the vault's entry for a report: the contact, and personal numbers out of what was written.

    Returns the entry's id, or None where there is nothing to keep. Hidden from the unit complained about
    (突发事件应对法 art. 9; privacy_tests P20).
    """
    fields = _fields(contact)
    numbers = list(dict.fromkeys(n for text in texts for n in without_personal_numbers(text)[1]))
    if numbers:
        fields["circumstances"] = "上报内容中的号码：" + "、".join(numbers[:20])  # not shown
    if not fields:
        return None
    person = vault.keep(
        changes,
        actor=actor,
        purpose=REPORTER,
        fields=fields,
        place=area,
        record=("report", report_id),
        notice_version=NOTICE_VERSION,
        hidden_from=[about] if about else [],
    )
    return int(person.pk)


def _fields(contact: Contact | None) -> dict[str, str]:
    if contact is None:
        return {}
    return {name: value for name, value in (("name", contact.name), ("phone", contact.phone)) if value}
