"""What keeps a unit from being closed, told by the domains that give it work."""

from __future__ import annotations

from django.utils.translation import gettext as _

from linli.domains.cases.models import Case, CaseState
from linli.kernel.units.actions import holds_units
from linli.kernel.units.models import Unit


@holds_units
def open_cases(unit: Unit) -> str:
    """Cases in which the unit has a part and that are not closed."""
    count = Case.objects.exclude(state=CaseState.CLOSED).filter(units__contains=[unit.pk]).count()
    return _("还有 %(n)d 件参与办理的事件未结案") % {"n": count} if count else ""
