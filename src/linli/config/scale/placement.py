"""Where each table stands when the database is distributed. The one place where that is said.

- *Sharded*: every table with a column ``district``. Rows of one district lie together on one node, so that a
  deed, which never leaves its district, is written on one node. No list: having the column is the
  declaration, and ``check`` finds a table that has neither the column nor a place below.
- *Reference*: a full copy on every node. What people lay down and everybody looks up.
- *Local*: on the coordinator alone. Few rows, or rows that belong to no district.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from typing import Final

COLUMN: Final = "district"
"""The column by which rows are spread."""


class Place(enum.Enum):
    """Where a table stands; the value is its name on screen."""

    SHARDED = "按区（市）县分布"
    REFERENCE = "各节点同有"
    LOCAL = "只在协调节点"


REFERENCE: Final = frozenset(
    {
        "areas_area",
        "areas_treeversion",
        "clocks_calendarday",
        "clocks_calendaryear",
        "clocks_schedule",
        "clocks_source",
        "flow_setting",
        "identity_factor",
        "identity_recoverycode",
        "matters_function",
        "matters_matter",
        "matters_matterlimit",
        "matters_matterlist",
        "matters_revision",
        "matters_urgencyword",
        "notices_quiethours",
        "units_account",
        "units_post",
        "units_token",
        "units_unit",
    }
)

LOCAL: Final[Mapping[str, str]] = {
    "auth_group": "Django's own; empty",
    "auth_group_permissions": "Django's own; empty",
    "auth_permission": "Django's own",
    "cases_publishedmonth": "two rows a month, over all districts",
    "clocks_calendarrevision": "one row for each change of the calendar, locked while clocks follow it",
    "desk_savedfilter": "belongs to a post, is read by key",
    "django_content_type": "Django's own",
    "django_migrations": "Django's own: the state of the schema",
    "django_session": "belongs to an account, is read by key",
    "files_attachment": "goes with its file: the key that refuses a second record must hold everywhere",
    "files_file": "received before anybody knows for which record, so for which district",
    "insight_sum": "a few numbers for each area, also for those above the districts",
    "insight_watermark": "one row for each family",
    "journal_root": "one seal a day over all districts",
    "procrastinate_events": "the queue: taken from by locks, woken by notifications",
    "procrastinate_jobs": "the queue",
    "procrastinate_periodic_defers": "the queue",
    "procrastinate_workers": "the queue",
    "records_edition": "asked for once a second by every process",
    "units_registerentry": "one chain over all districts, written one at a time",
    "web_tally": "counts of attempts, unlogged, gone after a while",
}
"""Tables on the coordinator alone, each with the reason."""

CITY_WIDE: Final[Mapping[str, str]] = {
    "case_number": "made from the id, which a sequence gives out once",
    "cases_report_token_key": "made from the id with the site's key",
    "report_once_per_client_id": "looked for in all districts before it is written; a repetition names the "
    "same place, so that the key closes the race between two of them",
    "report_once_per_source_number": "as the client's id",
}
"""Unique keys that hold for the whole city on one machine, and get the district when it is distributed, with
what then keeps the promise. Primary keys need no mention: ids come from sequences, a place in a chain from
its record."""

SAFE_TRIGGERS: Final = frozenset(
    {
        "journal_append_only",
        "matters_limit_stands",
        "matters_version_stands",
        "remark_only_erased",
        "vault_reading_append_only",
    }
)
"""Trigger functions that refuse a row by that row, or by reference tables, alone: right on every node."""


def place_of(table: str, columns: Collection[str]) -> Place | None:
    """Where a table with these columns stands; None where nobody has said so."""
    if table in REFERENCE:
        return Place.REFERENCE
    if table in LOCAL:
        return Place.LOCAL
    return Place.SHARDED if COLUMN in columns else None
