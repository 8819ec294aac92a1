"""What the pickers of the registers offer; the pages look further ones up as somebody types."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.domains.matters.queries import lists
from linli.kernel.access.actor import Actor
from linli.kernel.areas import queries as areas
from linli.kernel.areas.levels import Level, is_code
from linli.kernel.units import registers
from linli.kernel.units.models import Account, Unit
from linli.kernel.units.queries import book
from linli.kernel.units.terms import roles

Options = list[tuple[str, str | Promise]]

NONE: Options = [("", _("请选择"))]
MOST_OFFERED, MOST_FOUND = 200, 30


def units_for(actor: Actor, *chosen: int | None) -> Options:
    """Units in force of the actor's area, as far as a list can be read; always those that are chosen."""
    near = sorted(
        (unit for unit in book().by_id.values() if actor.system or unit.area.startswith(actor.area or "-")),
        key=lambda unit: (len(unit.area), unit.area, unit.pk),
    )
    kept = [unit for unit in near if unit.pk in chosen] + near[:MOST_OFFERED]
    known = {unit.pk for unit in kept}
    kept += [unit for pk in chosen if pk is not None and pk not in known and (unit := book().unit(pk))]
    return [(str(unit.pk), unit.name) for unit in dict.fromkeys(kept)]


def units_above(area: str, *chosen: int | None) -> Options:
    """Units in force that may stand above one of ``area``, the nearest first; and those that are chosen."""
    found = [unit for unit in book().by_id.values() if area.startswith(unit.area) or unit.pk in chosen]
    found.sort(key=lambda unit: (-len(unit.area), unit.pk))
    return [(str(unit.pk), unit.name) for unit in found[:MOST_OFFERED]]


def areas_for(actor: Actor, chosen: str = "") -> Options:
    """The actor's area with the two levels below it, by name; and what is chosen."""
    codes = [actor.area] if is_code(actor.area) else [city.code for city in areas.cities()]
    for code in list(codes):
        for child in areas.children(code):
            codes.append(child.code)
            codes += [below.code for below in areas.children(child.code)]
    offered = codes[:MOST_OFFERED]
    if is_code(chosen) and chosen not in offered:
        offered.insert(0, chosen)
    paths = areas.paths_of(offered, below=actor.area[: Level.CITY.width])
    return [(code, f"{paths[code]}（{code}）") for code in offered]


def areas_found(actor: Actor, text: str) -> list[dict[str, str]]:
    """Areas in the actor's by name or beginning of the code, as a picker takes them."""
    found = areas.search(text, within=actor.area, limit=MOST_FOUND)
    paths = areas.paths_of([node.code for node in found])
    return [
        {"value": one.code, "label": f"{one.name}（{one.code}）", "note": paths[one.code]} for one in found
    ]


def accounts_for(actor: Actor, chosen: Account | None) -> Options:
    """The account that is chosen, and those that wait for a post."""
    waiting = registers.accounts_in(registers.accounts(actor), "without_post").order_by("-pk")[:MOST_FOUND]
    offered = [*([chosen] if chosen else []), *(one for one in waiting if one != chosen)]
    return [(str(one.pk), _account(one)) for one in offered]


def accounts_found(actor: Actor, text: str) -> list[dict[str, str]]:
    """Active accounts in the actor's area by name or user name, as a picker takes them."""
    found = registers.accounts_in(registers.accounts(actor), "active")
    found = registers.named(found, text, "name", "username").order_by("username")[:MOST_FOUND]
    return [{"value": str(one.pk), "label": _account(one), "note": str(one.unit or "")} for one in found]


def _account(account: Account) -> str:
    return f"{account.name or account.username}（{account.username}）"


def roles_to_give() -> Options:
    """The roles that a post can have."""
    return [(code, terms.title) for code, terms in roles().items()]


def functions(*held: Iterable[str]) -> Options:
    """The functions that lists of matters know, and those that a unit has besides."""
    known: dict[str, str] = dict(lists().functions)
    for codes in held:
        known |= {code: known.get(code, code) for code in codes}
    return [(code, f"{name}（{code}）" if name != code else code) for code, name in sorted(known.items())]


def unit_of(text: object) -> Unit | None:
    """The unit in force whose number ``text`` is."""
    number = str(text or "")
    return book().unit(int(number)) if number.isascii() and number.isdigit() else None
