"""How an edit of the tree is written: versions closed and opened under one new number, one edit at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext

from linli.kernel.areas import tree
from linli.kernel.areas.models import Area, TreeVersion
from linli.lib.errors import Invalid
from linli.lib.time import today

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""

_STEP = 5_000
_SHOWN_CODES = 20


@dataclass
class Edit:
    """Versions to close and to open. Written when the block of ``editing`` ends without an error."""

    on: dt.date
    source: str = ""
    opened: list[Area] = field(default_factory=list)
    closed: list[Area] = field(default_factory=list)
    number: int = 0
    """The tree's number after the edit (known once it is written; 0 if nothing changed)."""

    def open(self, area: Area) -> Area:
        """Put a new version in force from the edit's date on."""
        area.valid_from, area.source = self.on, area.source or self.source
        self.opened.append(area)
        return area

    def close(self, area: Area, successors: Sequence[str] = ()) -> None:
        """End a version; ``successors`` are the codes that carry on from a retired area."""
        area.valid_to, area.successors = self.on, list(successors)
        self.closed.append(area)

    def replace(self, area: Area) -> Area:
        """Close a version and return the open copy of it that is to be changed."""
        copy = Area(**{f.attname: getattr(area, f.attname) for f in Area._meta.concrete_fields})
        copy.pk, copy.source = None, self.source
        copy._state.adding = True
        self.close(area)
        return self.open(copy)


@contextmanager
def editing(
    name: str,
    *,
    on: dt.date | None = None,
    post: int | None = None,
    source: str = "",
    progress: Progress | None = None,
) -> Iterator[Edit]:
    """One edit: the tree is locked against other edits (not readers) until it is committed.

    ``on`` is the day from which the edit is true, today by default; a day to come is refused, for the
    tree has one present state. An exception in the block leaves everything as it was.
    """
    day = on or today()
    if day > today():
        raise Invalid(fields={"on": "生效日期不能晚于今天"})
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE areas_treeversion IN SHARE ROW EXCLUSIVE MODE")
        edit = Edit(on=day, source=source)
        yield edit
        if edit.opened or edit.closed:
            edit.number = _write(edit, name, post, progress)


def _write(edit: Edit, name: str, post: int | None, progress: Progress | None) -> int:
    early = [area.code for area in edit.closed if area.valid_from > edit.on]
    if early:
        said = gettext("生效日期早于现行版本的启用日期：%(codes)s")
        raise Invalid(fields={"on": said % {"codes": gettext("、").join(early[:_SHOWN_CODES])}})
    Area.objects.bulk_update(edit.closed, ["valid_to", "successors"], batch_size=_STEP)
    _copy(edit.opened, progress)
    codes = sorted({area.code for area in (*edit.closed, *edit.opened)})
    version = TreeVersion.objects.create(
        edit=name,
        codes=codes[:_SHOWN_CODES],
        rows=len(edit.closed) + len(edit.opened),
        post=post,
        source=edit.source,
    )
    transaction.on_commit(tree.look_again)
    return version.number


def _copy(areas: Sequence[Area], progress: Progress | None) -> None:
    """Insert by COPY: a province has half a million areas."""
    fields = [f for f in Area._meta.concrete_fields if not f.primary_key]
    columns = ", ".join(f'"{f.column}"' for f in fields)
    names = [f.attname for f in fields]
    with connection.cursor() as cursor, cursor.copy(f"COPY areas_area ({columns}) FROM STDIN") as copy:
        for done, area in enumerate(areas, start=1):
            copy.write_row([_plain(getattr(area, name)) for name in names])
            if progress is not None and (done % _STEP == 0 or done == len(areas)):
                progress(done, len(areas))


def _plain(value: object) -> object:
    """Members of text enumerations as text, which the driver would otherwise write by name."""
    return str(value) if isinstance(value, str) else value


def _among(codes: Iterable[str]) -> RawSQL:
    """Codes as one array to join with: a file may hold more than a statement takes as parameters."""
    return RawSQL("SELECT unnest(%s::text[])", [list(codes)])


def current(codes: Iterable[str]) -> dict[str, Area]:
    """The versions in force of some codes."""
    return {area.code: area for area in Area.objects.current().filter(code__in=_among(codes))}


@dataclass(frozen=True)
class Known:
    """What an edit must know of codes before it uses them."""

    current: frozenset[str]
    retired: frozenset[str]


def known(codes: Iterable[str]) -> Known:
    """Which of some codes are in force, and which have been and must not be used again."""
    rows = Area.objects.filter(code__in=_among(codes)).values_list("code", "valid_to")
    current_codes = {code for code, valid_to in rows if valid_to is None}
    return Known(frozenset(current_codes), frozenset(code for code, _ in rows if code not in current_codes))
