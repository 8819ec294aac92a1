"""Pages of worklists and their counts, at a cost that goes by the page and not by all the cases there are.

What a list holds is said once, as conditions on rows: the worklist's own, the viewer's row filter, the
filters chosen (``queries``). Here is only how such rows are come by:

- **open work** by due time: each way in which rows are granted is read in its order by the indexes of open
  work, as far as a page goes, and put together;
- **the newest first**: in one grid by its index; else by the tags and words beside the case
  (``kernel.records.tags``), near ones window by window, then what is left at once;
- **what is rare** or searched for by words: all of it, then sorted.

Either way all conditions stand in the query that fetches the rows, so that no tag alone shows anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Case as Choose
from django.db.models import Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from linli.domains.cases import permissions as may
from linli.domains.cases import tags
from linli.domains.cases.flow import flow
from linli.domains.cases.models import GRID_LENGTH, IN_HAND, Case
from linli.domains.cases.queries import (
    PAGE,
    Filter,
    Page,
    Worklist,
    after_due,
    condition_of,
    id_after,
    page_of,
    soonest_first,
    worklist,
    worklist_of,
)
from linli.kernel.access.actor import Actor
from linli.kernel.access.rows import branches, place_of, rows, tags_of
from linli.kernel.flow.perform import visible
from linli.kernel.records.distribution import is_distributed
from linli.kernel.records.prepared import fetch
from linli.kernel.records.reading import records
from linli.kernel.records.tags import BLOCKS, FEWER_BLOCKS, any_of, windows
from linli.lib import bigrams
from linli.lib.time import at, now

COUNT_LIMIT = 1000
"""Counts beside tabs stop here: 1,000 open cases or more are shown as 999+."""
LOOKED_THROUGH = 4 * COUNT_LIMIT
"""So many cases in hand are looked through once for all counts; of more, each list is counted by itself."""

EXPORT_LIMIT = 50_000

REACH, REACH_BY_WORDS = 1 << 18, 1 << 15
"""So many ids are gone through window by window, 12 ns each; words find less beyond them than tags do."""

Statement = tuple[str, list[Any]]

_START = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""Stands for now in a statement that is kept."""


def _as_of_now(parameters: list[Any]) -> list[Any]:
    """The values of a statement that was made at ``_START``, as if it were made now."""
    present = now()
    return [present + (p - _START) if isinstance(p, dt.datetime) else p for p in parameters]


def page(actor: Actor, code: str, narrowed: Filter, *, after: str = "", size: int = PAGE) -> Page:
    """A keyset page of a worklist: by the stage's due time (soonest first), or newest first.

    ``after`` is the cursor that the page before gave. Refuses ``Invalid`` for an unknown list or cursor.
    Parts are not loaded.
    """
    listed = worklist_of(code)
    most = size + 1  # one row more than is shown tells whether there is a following page
    try:
        sql, parameters = (
            soonest(actor, listed, narrowed, after, most)
            if listed.by_due
            else newest(actor, listed, narrowed, after, most)
        )
    except EmptyResultSet:  # nothing is granted or can match, so that there is nothing to ask
        return Page([])
    return page_of(records(Case, sql, parameters), by_due=listed.by_due, size=size)


# The newest first ------------------------------------------------------------------------------------------


def newest(actor: Actor, listed: Worklist, narrowed: Filter, after: str, most: int) -> Statement:
    """The query for the newest cases of a list below the cursor ``after``.

    Raises ``EmptyResultSet`` where none can match.
    """
    bound = id_after(after) if after else None
    is_rare = bool(narrowed.number) or _is_untagged(actor)
    # several nodes answer each from its own rows; they cannot be led through one index step by step
    if is_rare or is_distributed():
        listed_rows = worklist(actor, listed.code)
        listed_rows = narrowed.apply_to_rows(listed_rows) if is_rare else narrowed.apply(listed_rows)
        older = listed_rows if bound is None else listed_rows.filter(pk__lt=bound)
        return _statement(older.order_by("-pk")[:most])
    before = _end() if bound is None else min(bound, _end())
    one, conditions = _kept_one(actor, listed) if narrowed.is_empty else _one(actor, listed, narrowed)
    found, asked = _found(actor, narrowed, before)
    # OFFSET 0 holds the planner to the order of steps, index before row; it stops at the row that fills the
    # page, and what comes later is not looked for
    sql = f"SELECT page.* FROM ({found}) found CROSS JOIN LATERAL ({one} OFFSET 0) page LIMIT %s"
    return sql, [*asked, *conditions, most]


def _found(actor: Actor, narrowed: Filter, before: int) -> Statement:
    """The query for the ids below ``before`` among which the list is, the newest first."""
    grid = _grid(actor, narrowed)
    if grid and not narrowed.q:
        in_grid = f"SELECT id AS case_id FROM cases_case WHERE left(area, {GRID_LENGTH}) = %s AND id < %s"
        return f"{in_grid} ORDER BY id DESC OFFSET 0", [grid, before]
    found, asked = _found_by(actor, narrowed)
    if not asked:
        return "SELECT t.case_id FROM cases_casetext t WHERE t.case_id < %s ORDER BY t.case_id DESC", [before]
    # + 0 holds the planner to the index of tags: to go down the ids would be to look at nearly all of them
    rest = f"SELECT t.case_id FROM cases_casetext t WHERE {' AND '.join([*found, 't.case_id < %s'])}"
    rest += " ORDER BY t.case_id + 0 DESC OFFSET 0"
    if grid:
        return rest, [*asked, before]
    parts, low = _near(actor, narrowed, before)
    near = f"SELECT t.case_id FROM cases_casetext t WHERE {' AND '.join(['t.tags @@ part.ids', *found])}"
    near = f"{near} AND t.case_id < %s ORDER BY t.case_id DESC OFFSET 0"
    near = f"SELECT near.case_id FROM unnest(%s::tsquery[]) part(ids) CROSS JOIN LATERAL ({near}) near"
    return f"{near} UNION ALL ({rest})", [parts, *asked, before, *asked, low]


def _grid(actor: Actor, narrowed: Filter) -> str:
    """The grid that the whole list lies in, if it is one: it has few cases, and an index in their order."""
    area = max(narrowed.area, place_of(actor, flow.view), key=len)
    return area[:GRID_LENGTH] if len(area) >= GRID_LENGTH else ""


def _near(actor: Actor, narrowed: Filter, before: int) -> tuple[list[str], int]:
    """Windows in which a page is likely to be filled, and the id down to which they go.

    What is rarer is gathered whole from the index beyond them: it cannot be very much, and to go on by
    windows would cost by all ids there are. Who looks at the whole city may gather too much: for them the
    windows go on to the end.
    """
    words = narrowed.words()
    # a word of which only the beginning is known is gathered whole for each window
    sizes = FEWER_BLOCKS if bigrams.has_beginnings(words) else BLOCKS[1:] if words else BLOCKS
    is_cut = bool(tags_of(actor, flow.view) or narrowed.area or narrowed.unit is not None or words)
    return windows(before, sizes, reach=(REACH_BY_WORDS if words else REACH) if is_cut else None)


def _end() -> int:
    """An id above that of every case."""
    return int(fetch("SELECT coalesce(max(id), 0) + 1 FROM cases_case", ())[0][0])


def _one(actor: Actor, listed: Worklist, narrowed: Filter) -> Statement:
    """The query for the one case ``found``, if it is on the list."""
    listed_rows = narrowed.apply_to_rows(worklist(actor, listed.code))
    return _statement(listed_rows.filter(pk=RawSQL("found.case_id", [])))


@lru_cache(maxsize=1000)
def _kept_one(actor: Actor, listed: Worklist) -> Statement:
    """As ``_one`` for a whole list, which is asked for most: making the text costs more than the query."""
    return _one(actor, listed, Filter())


def _statement(queryset: QuerySet[Any, Any]) -> Statement:
    sql, parameters = queryset.query.sql_with_params()
    return sql, list(parameters)


def _is_untagged(actor: Actor) -> bool:
    """Whether the actor sees a few records given by name, which their keys find at once."""
    return not actor.system and not tags_of(actor, flow.view)


def _found_by(actor: Actor, narrowed: Filter, *more: str) -> tuple[list[str], list[Any]]:
    """Conditions on ``cases_casetext t`` that every row of the list meets, and their parameters.

    Each stands by itself: the index leaps through all of them at once, from match to match of the rarest.
    """
    words = narrowed.words()
    if words is None:
        raise EmptyResultSet
    asked = [query for query in (tags_of(actor, flow.view), *narrowed.tags(), *more) if query]
    found = ["t.tags @@ %s::tsquery"] * len(asked)
    return (found, asked) if not words else ([*found, "t.words @@ %s::tsquery"], [*asked, words])


def export(actor: Actor, code: str, narrowed: Filter) -> QuerySet[Case]:
    """The cases of a list for a spreadsheet, newest first, at most ``EXPORT_LIMIT``.

    What may be seen and exported; refuses who may export nothing.
    """
    actor.require(may.EXPORT)
    try:
        sql, parameters = newest(actor, worklist_of(code), narrowed, "", EXPORT_LIMIT)
    except EmptyResultSet:
        return Case.objects.none()
    among = _first(f"SELECT id FROM ({sql}) listed", parameters)
    found = rows(actor, may.EXPORT, Case.objects.filter(pk__in=among))
    return found.select_related("holder", "lead", "matter").order_by("-pk")


# By due time -----------------------------------------------------------------------------------------------


def soonest(actor: Actor, listed: Worklist, narrowed: Filter, after: str, most: int) -> Statement:
    """The query for the cases of a list that are due first after the cursor ``after``.

    Raises ``EmptyResultSet`` where none can match.
    """
    if narrowed.is_empty and not after:
        sql, parameters = _kept_soonest(actor, listed, most)
        return sql, _as_of_now(parameters)
    return _statement(_soonest(actor, listed, narrowed, after, most))


@lru_cache(maxsize=1000)
def _kept_soonest(actor: Actor, listed: Worklist, most: int) -> Statement:
    """The statement behind the first page of a whole list, as of ``_START``."""
    with at(_START):
        return _statement(_soonest(actor, listed, Filter(), "", most))


def _soonest(actor: Actor, listed: Worklist, narrowed: Filter, after: str, most: int) -> QuerySet[Case]:
    later = after_due(after)
    if listed.is_short or narrowed.q:
        found = _few(actor, listed, narrowed)
        return soonest_first(found.filter(_any(later)))[:most]
    condition = condition_of(actor, listed)
    parts = [
        soonest_first(narrowed.apply_to_rows(Case.objects.filter(branch.rows, condition, part)))[:most]
        for branch in branches(actor, flow.view)
        for part in later
    ]
    if len(parts) == 1:
        return parts[0]
    return soonest_first(visible(actor, flow).filter(pk__in=_union(parts)))[:most]


def _any(conditions: Iterable[Q]) -> Q:
    first, *others = conditions
    for one in others:
        first |= one
    return first


def _union(parts: Iterable[QuerySet[Case]]) -> QuerySet[Any, Any]:
    first, *others = [part.values("pk") for part in (*parts, Case.objects.none())]
    return first.union(*others)


def _few(actor: Actor, listed: Worklist, narrowed: Filter) -> QuerySet[Case]:
    """All of a list of which there is little."""
    if _is_untagged(actor):
        return narrowed.apply(worklist(actor, listed.code))
    listed_rows = narrowed.apply_to_rows(worklist(actor, listed.code))
    is_found = listed.tag == tags.OPEN or bool(tags_of(actor, flow.view))
    if narrowed.number or (is_found and not narrowed.q):
        return listed_rows  # the indexes of what is in hand find it
    found, asked = _found_by(actor, narrowed, any_of([listed.tag]))
    among = _first(f"SELECT t.case_id FROM cases_casetext t WHERE {' AND '.join(found)}", asked)
    return listed_rows.filter(pk__in=among)


def _first(sql: str, parameters: list[Any]) -> RawSQL:
    """Ids that are found before anything else is done, and not by a plan that begins with the rows."""
    return RawSQL(f"SELECT unnest(ARRAY({sql}))", parameters)


# Counts ----------------------------------------------------------------------------------------------------


def counts(actor: Actor, codes: Iterable[str]) -> dict[str, int]:
    """How many cases each worklist holds, at most ``COUNT_LIMIT``.

    One query for all lists of work, as long as no more than ``LOOKED_THROUGH`` cases in hand are in sight;
    else, and for other lists, one more query each.
    """
    wanted = [worklist_of(code) for code in codes]
    work = tuple(one for one in wanted if one.by_due)
    found = {} if actor in _overseers else _counted_at_once(actor, work)
    if not found:
        found = {one.code: _counted(_among_many, actor, one) for one in work}
        if COUNT_LIMIT in found.values():
            _overseers.add(actor)
        else:
            _overseers.discard(actor)
    found |= {one.code: _counted(_among_all, actor, one) for one in wanted if not one.by_due}
    return {one.code: min(found[one.code], COUNT_LIMIT) for one in wanted}


_overseers: set[Actor] = set()
"""Those who had too much in sight for one look, as long as one of their lists is full: they are spared it."""


def _counted_at_once(actor: Actor, lists: tuple[Worklist, ...]) -> dict[str, int]:
    """How much of the work in sight stands on each list; nothing where there is too much of it."""
    if is_distributed():
        return {}
    most = LOOKED_THROUGH + 1
    try:
        sql, parameters = _counting(actor, lists, most)
    except EmptyResultSet:
        return {one.code: 0 for one in lists}
    ((looked_through, *told),) = fetch(sql, _as_of_now(parameters))
    return dict(zip((one.code for one in lists), told, strict=True)) if looked_through < most else {}


@lru_cache(maxsize=1000)
def _counting(actor: Actor, lists: tuple[Worklist, ...], most: int) -> Statement:
    """The statement behind the tabs of an actor: at every page the same but for the time it is asked at.

    Joined by OR, where rows are granted in several ways: what is only counted needs no order.
    """
    with at(_START):
        is_on = {
            f"is_on_{one.code}": Choose(
                When(condition_of(actor, one), then=Value(True)), default=Value(False)
            )
            for one in lists
        }
        looked_at = visible(actor, flow).filter(IN_HAND).annotate(**is_on).values(*is_on)[:most]
        sql, parameters = looked_at.query.sql_with_params()
    columns = ["count(*)", *(f"count(*) FILTER (WHERE {name})" for name in is_on)]
    return f"SELECT {', '.join(columns)} FROM ({sql}) looked_at", list(parameters)


def _counted(among: Callable[[Actor, Worklist, int], Statement], actor: Actor, listed: Worklist) -> int:
    try:
        sql, parameters = among(actor, listed, COUNT_LIMIT)
    except EmptyResultSet:
        return 0
    ((count,),) = fetch(f"SELECT count(*) FROM ({sql}) listed", parameters)
    return min(int(count), COUNT_LIMIT)


def _among_all(actor: Actor, listed: Worklist, most: int) -> Statement:
    """The query for ``most`` of a list that is no list of work."""
    return newest(actor, listed, Filter(), "", most)


def _among_many(actor: Actor, listed: Worklist, most: int) -> Statement:
    """The query for ``most`` of a list of work, where much is in sight, and as many again of each further way
    in which rows are granted: in whatever order they are found first."""
    sql, parameters = _kept_among_many(actor, listed, most)
    return sql, _as_of_now(parameters)


@lru_cache(maxsize=1000)
def _kept_among_many(actor: Actor, listed: Worklist, most: int) -> Statement:
    """The same as of ``_START``."""
    with at(_START):
        condition = condition_of(actor, listed)
        parts = [Case.objects.filter(branch.rows, condition)[:most] for branch in branches(actor, flow.view)]
        return _statement(parts[0].values("pk") if len(parts) == 1 else _union(parts))
