"""The way to the wall from the desk."""

from django.utils.translation import gettext_lazy as _

from linli.domains.cases.permissions import OVERSEE
from linli.web.navigation import Item, register

register("desk", Item(_("指挥屏"), "wall:board", "wall", ability=OVERSEE, order=80, key="w"))
