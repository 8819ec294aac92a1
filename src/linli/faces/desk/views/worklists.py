"""The worklists: tabs, filters, rows with their next move, moves on many, spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from linli.domains.cases import actions, finding, queries
from linli.domains.cases import permissions as may
from linli.domains.cases.flow import flow
from linli.domains.cases.models import Case, CaseState, Channel
from linli.domains.cases.queries import EVERYTHING, WORKLISTS, Filter, Worklist
from linli.domains.matters import queries as matters
from linli.faces.desk import choices, forms, listing, sheets
from linli.faces.desk.choices import Group, Setting
from linli.faces.desk.entrance import framed, in_panel, post_of, staff
from linli.faces.desk.models import SavedFilter
from linli.kernel.access.actor import Actor
from linli.kernel.areas.queries import name_of
from linli.kernel.clocks.models import Urgency
from linli.kernel.flow.perform import declared_move
from linli.kernel.units.queries import book
from linli.lib import numbers
from linli.lib.errors import Invalid, Refusal
from linli.lib.time import today
from linli.web.addresses import address
from linli.web.components import Chip, Choice, in_chinese

CONDITIONS = {
    "q": "关键词",
    "matter": "事项",
    "category": "类别",
    "area": "区域",
    "unit": "参与单位",
    "state": "状态",
    "result": "结果",
    "urgency": "紧急程度",
    "channel": "来源",
    "opened_from": "上报起",
    "opened_to": "上报止",
    "closed_from": "结案起",
    "closed_to": "结案止",
    "hand_backs": "退回不少于",
}
"""What a list can be narrowed by, in the words of the page."""

MOST_SAVED = 20
MOST_CHOSEN = 200


@require_GET
@staff
def worklist(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list in hand; a whole number in the search box goes straight to its case."""
    if not actor.can(may.VIEW):
        return redirect("desk:mine")
    found = _by_number(actor, request.GET.get("q", ""))
    if found is not None:
        return redirect(listing.case_url(found))
    tabs = listing.worklists_for(actor)
    chosen = _chosen(request.GET, tabs)
    narrowed = Filter.read(request.GET.dict())
    page = finding.page(actor, chosen.code, narrowed, after=request.GET.get("after", ""))
    here = _address(request.GET, chosen.code)
    rows, columns = listing.table(actor, page.cases, here)
    saved = list(_own(actor))
    return framed(
        request,
        actor,
        "desk/worklist.html",
        {
            "chosen": chosen,
            "tabs": _tabs(tabs, chosen, finding.counts(actor, [one.code for one in tabs if one.by_due])),
            "rows": rows,
            "columns": columns,
            "next_url": _address(request.GET, chosen.code, after=page.next) if page.next else "",
            "first_url": here if request.GET.get("after") else "",
            "empty_text": _("没有符合条件的事件") if _is_narrowed(request.GET) else _(chosen.empty),
            "ways_on": _ways_on(actor, tabs, chosen, request.GET),
            "narrowed": narrowed,
            "is_narrowed": _is_narrowed(request.GET),
            "chips": _chips(request.GET, chosen.code, narrowed),
            "clear_url": _address(QueryDict(), chosen.code),
            "saved": _saved(saved, request.GET),
            "saved_rows": saved,
            "query": _conditions(request.GET, chosen.code),
            "options": _options(actor, narrowed),
            "bulk_moves": [(m, listing.move_icon(m.name)) for m in _bulk_moves(actor)],
            "export_url": f"{reverse('desk:export')}?{_conditions(request.GET, chosen.code)}",
            "may_export": actor.can(may.EXPORT),
        },
    )


def _chosen(given: Mapping[str, str], tabs: list[Worklist]) -> Worklist:
    """The worklist that was asked for; a search without one looks everywhere; else the first tab."""
    asked = WORKLISTS.get(given.get("list", ""))
    if asked is not None:
        return asked
    return EVERYTHING if given.get("q") else tabs[0]


def _by_number(actor: Actor, text: str) -> Case | None:
    """The visible case whose number ``text`` is, if it is one."""
    number = numbers.normalise(text.strip())
    if not numbers.checks(number):
        return None
    return queries.worklist(actor, EVERYTHING.code).filter(number=number).first()


def _conditions(given: QueryDict, code: str, **more: str) -> str:
    """The query string of a list with its conditions, without its place in the pages."""
    kept = {name: given.get(name, "") for name in CONDITIONS}
    return urlencode({"list": code, **{k: v for k, v in {**kept, **more}.items() if v}})


def _address(given: QueryDict, code: str, **more: str) -> str:
    return f"{address('desk:worklist')}?{_conditions(given, code, **more)}"


def _is_narrowed(given: QueryDict) -> bool:
    return any(given.get(name) for name in CONDITIONS)


def _tabs(tabs: list[Worklist], chosen: Worklist, counts: dict[str, int]) -> list[Choice]:
    """Each list, those of work with their count; one that is full to the limit shows ``999+``."""
    made = []
    for one in tabs:
        count = counts.get(one.code)
        is_full = count is not None and count >= finding.COUNT_LIMIT
        told = _("%(title)s（999+）") if is_full else "%(title)s"
        shown = None if is_full else count
        title = told % {"title": _(one.title)}
        made.append(Choice(title, _address(QueryDict(), one.code), one.code == chosen.code, shown))
    return made


def _ways_on(actor: Actor, tabs: list[Worklist], chosen: Worklist, given: QueryDict) -> list[Choice]:
    """What to do when the list is empty: widen it, look at what is open, or report something."""
    if _is_narrowed(given):
        return [Choice(_("清除条件"), _address(QueryDict(), chosen.code), icon="close")]
    wider = [one for one in tabs if one.code in ("todo", "area", "unit") and one is not chosen]
    ways = [Choice(_(one.title), _address(QueryDict(), one.code), icon="list") for one in wider]
    if actor.can(may.REPORT):
        ways.insert(0, Choice(_("上报问题"), reverse("desk:report"), icon="add"))
    return ways


def _chips(given: QueryDict, code: str, narrowed: Filter) -> list[Chip]:
    """The conditions in force, each with the way to the list without it."""
    made = []
    for name, title in CONDITIONS.items():
        value = given.get(name, "")
        if value and name not in narrowed.problems:
            others = given.copy()
            del others[name]
            made.append(Chip(_(title), _said(name, value), _address(others, code)))
    return made


def _said(name: str, value: str) -> str:
    """A condition's value in words."""
    choices_of = {"state": CaseState, "urgency": Urgency, "channel": Channel}
    if name in choices_of:
        return _(str(choices_of[name](value).label))
    if name == "area":
        return in_chinese(name_of(value))
    if name == "unit":
        return in_chinese(book().name(int(value)) or value)
    if name == "matter":
        known = matters.lists().in_force(None, today()).get(value)
        return in_chinese(known.name if known else value)
    return in_chinese(value)


def _options(actor: Actor, narrowed: Filter) -> dict[str, Any]:
    """What the filter bar offers."""
    chosen_unit = book().unit(narrowed.unit)
    return {
        "state": _translated(CaseState),
        "urgency": _translated(Urgency),
        "channel": _translated(Channel),
        "matter": choices.matters_by_category(actor.area),
        "area": _areas(actor, narrowed.area),
        "unit": [Group("", [choices.unit_option(chosen_unit)])] if chosen_unit else [],
    }


def _translated(vocabulary: type[TextChoices]) -> list[tuple[str, str]]:
    return [(one.value, _(str(one.label))) for one in vocabulary]


def _areas(actor: Actor, chosen: str) -> list[Group]:
    groups = choices.areas_from(actor.area)
    known = {option.value for group in groups for option in group.options}
    if chosen and chosen not in known:
        groups.insert(0, Group("", [choices.Option(chosen, name_of(chosen))]))
    return groups


# Saved filters ---------------------------------------------------------------------------------------------


def _own(actor: Actor) -> QuerySet[SavedFilter]:
    """The filters that the actor's post has saved, oldest first."""
    return SavedFilter.objects.filter(post=post_of(actor)).order_by("pk")


def _saved(rows: list[SavedFilter], given: QueryDict) -> list[Choice]:
    here = {k: v for k, v in given.dict().items() if k in CONDITIONS or k == "list"}
    made = []
    for one in rows:
        is_current = QueryDict(one.query).dict() == here
        made.append(Choice(one.name, f"{reverse('desk:worklist')}?{one.query}", is_current))
    return made


@require_POST
@staff
def save_filter(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Keep the conditions in hand under a name; the same name again replaces them."""
    name = request.POST.get("name", "").strip()[:30]
    given = QueryDict(request.POST.get("query", "")[:2000])
    code = given.get("list", EVERYTHING.code)
    query = _conditions(given, code if code in WORKLISTS else EVERYTHING.code)[:1000]
    if not name:
        raise Invalid(fields={"name": _("请给这组条件起个名字")})
    if _own(actor).exclude(name=name).count() >= MOST_SAVED:
        raise Invalid(fields={"name": _("最多保存 %(n)d 组条件，请先删除不用的") % {"n": MOST_SAVED}})
    SavedFilter.objects.update_or_create(post=post_of(actor), name=name, defaults={"query": query})
    messages.success(request, _("已保存筛选“%(name)s”") % {"name": name})
    return HttpResponseRedirect(f"{reverse('desk:worklist')}?{query}")


@require_POST
@staff
def drop_filter(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Forget one of the post's own saved filters."""
    _own(actor).filter(pk=pk).delete()
    return redirect("desk:worklist")


# Moves on many ---------------------------------------------------------------------------------------------


def _bulk_moves(actor: Actor) -> list[Any]:
    return [move for move in flow.moves.values() if move.bulk and actor.can(move.ability)]


@require_POST
@staff
def bulk(request: HttpRequest, actor: Actor) -> HttpResponse:
    """First the form of the move, then what became of each case."""
    move = declared_move(flow, request.POST.get("move", ""))
    actor.require(move.ability)
    versions = _versions(request.POST.getlist("chosen"))
    found = list(
        queries.worklist(actor, EVERYTHING.code).filter(number__in=versions).order_by("stage_due_at", "pk")
    )
    if not found:
        raise Invalid(fields={"chosen": _("请先在列表中勾选事件")})
    setting = Setting.of_many(actor, found)
    is_sent = "confirmed" in request.POST
    wrong = forms.take_uploads(request, actor) if is_sent else {}
    form = forms.build(move, setting, request.POST if is_sent else None)
    if is_sent:
        try:
            if wrong:
                raise Invalid(fields=wrong)
            forms.check(move, request.POST)
            outcomes = actions.move_many(
                actor,
                move=move.name,
                cases=[(case.pk, versions[case.number]) for case in found],
                given=forms.read(move, request.POST),
            )
        except Refusal as refusal:
            form.blame(refusal)
        else:
            return _told(request, actor, _(move.title), found, outcomes)
    context = {
        "form": form,
        "move": move,
        "cases": found,
        "chosen": request.POST.getlist("chosen"),
        "action": reverse("desk:bulk"),
        "icon": listing.move_icon(move.name),
    }
    return _panel(request, actor, "bulk", _(move.title), context, status=422 if is_sent else 200)


def _told(
    request: HttpRequest, actor: Actor, title: str, found: list[Case], outcomes: list[Any]
) -> HttpResponse:
    by_id = {case.pk: case for case in found}
    told = [(by_id[one.record_id], one) for one in outcomes]
    context = {
        "title": title,
        "told": told,
        "done": sum(1 for one in outcomes if one.refusal is None),
        "refused": sum(1 for one in outcomes if one.refusal is not None),
    }
    response = _panel(request, actor, "bulk_told", title, context)
    if in_panel(request):
        response["HX-Trigger"] = "desk:changed"
    return response


def _panel(
    request: HttpRequest, actor: Actor, name: str, heading: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """As a part in the side panel, or as a page of its own without scripts."""
    if in_panel(request):
        return render(request, f"desk/parts/{name}.html", context, status=status)
    return framed(
        request, actor, "desk/alone.html", {**context, "part": f"desk/parts/{name}.html"}, status=status
    )


def _versions(chosen: list[str]) -> dict[str, int]:
    """``number-version`` of each chosen row."""
    found = {}
    for one in chosen[: MOST_CHOSEN + 1]:
        number, _dash, version = one.partition("-")
        if version.isascii() and version.isdigit() and len(version) < 10:
            found[number] = int(version)
    if len(found) > MOST_CHOSEN:
        raise Invalid(fields={"chosen": _("一次最多办理 %(n)d 件") % {"n": MOST_CHOSEN}})
    return found


# Spreadsheets ----------------------------------------------------------------------------------------------


@require_GET
@staff
def export(request: HttpRequest, actor: Actor) -> HttpResponseBase:
    """The list in hand as a spreadsheet."""
    code = request.GET.get("list", EVERYTHING.code)
    narrowed = Filter.read(request.GET.dict())
    narrowed.refuse_problems()
    cases = finding.export(actor, code, narrowed)
    return sheets.answer(actor, _(WORKLISTS[code].title), cases)
