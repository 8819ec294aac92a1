"""Models whose objects are cheap to make.

``Model.__init__`` looks at every column by itself and sends two signals to nobody. A report makes seven
objects, a page reads fifty of forty columns: it was a tenth of what either costs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import models
from django.db.models.base import ModelState
from django.db.models.fields.files import FileField


class Quick(models.Model):
    """Made from all columns in order (as read), or from columns by name; anything else is left to Django.

    The same object as Django's, but that ``pre_init`` and ``post_init`` are not sent.
    """

    class Meta:
        abstract = True

    def __init__(self, *values: Any, **named: Any) -> None:
        blank = _blank(type(self))
        if values and not named and len(values) == len(blank.names) and models.DEFERRED not in values:
            self.__dict__ = dict(zip(blank.names, values, strict=True))
        elif not values and blank.known.issuperset(named):
            self.__dict__ = blank.constants | named
            for name, default in blank.made:
                if name not in named:
                    self.__dict__[name] = default()
        else:
            super().__init__(*values, **named)
            return
        self._state = ModelState()


class _Blank(NamedTuple):
    """A model's columns as attributes: constant defaults, and those that are made for each object."""

    names: tuple[str, ...]
    known: frozenset[str]
    constants: dict[str, Any]
    made: tuple[tuple[str, Callable[[], Any]], ...]


@lru_cache(maxsize=200)
def _blank(model: type[models.Model]) -> _Blank:
    fields = model._meta.concrete_fields
    if any(field.generated or isinstance(field, FileField) for field in fields):
        raise TypeError(f"{model.__name__} has columns that only Django can fill")
    each = [f for f in fields if f.has_db_default() or (f.has_default() and callable(f.default))]
    fixed = {f.attname: f.get_default() for f in fields if f not in each}
    names = tuple(str(field.attname) for field in fields)
    made = tuple((f.attname, f.default if callable(f.default) else f.get_default) for f in each)
    return _Blank(names, frozenset(names), fixed, made)
