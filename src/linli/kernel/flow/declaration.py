"""The declaration of a flow: states, moves, and what each move needs."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import models
from django.db.models import Q
from pydantic import BaseModel, ConfigDict, model_validator

from linli.kernel.access.actor import Actor
from linli.kernel.journal.verify import HEADS
from linli.kernel.records.models import Record
from linli.kernel.records.reading import Part
from linli.lib.errors import NotFound

if TYPE_CHECKING:
    from linli.kernel.flow.perform import Step

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Callable[..., None])

Guard = Callable[[Actor, Any], str | None]
"""Looks at the actor and the record; the Chinese reason why the move cannot be made, or None."""


class Given(BaseModel):
    """Base of what a move is given. Field titles are the labels that people see."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nul(cls, given: Any) -> Any:
        """NUL means nothing to people and cannot be stored."""
        if not isinstance(given, Mapping):
            return given
        return {
            name: value.replace("\x00", "") if isinstance(value, str) else value
            for name, value in given.items()
        }

    @property
    def remark(self) -> str:
        """The words that go beside the journal entry (a field ``opinion`` or ``reason`` by convention)."""
        return str(getattr(self, "opinion", None) or getattr(self, "reason", None) or "")


class Nothing(Given):
    """A move that needs nothing but the will to make it."""


@dataclass(frozen=True)
class Move:
    """One step of a flow, from any of the states ``start`` to one of ``to`` (empty: the state stays)."""

    name: str
    title: str
    start: frozenset[str]
    to: tuple[str, ...]
    ability: str
    effect: Callable[[Step[Any, Any]], None]
    given: type[Given]
    when: tuple[Guard, ...] = ()
    commutes: bool = False
    """Does not depend on the version seen: a remark is welcome whatever happened meanwhile."""
    public: bool = False
    """Shown to the reporter on the tracking page."""
    tone: str = ""
    """How the button looks: ``primary`` for the usual next step, ``danger`` for one that ends or returns."""
    order: int = 0
    bulk: bool = False
    """Offered for many records at once."""
    unseen: bool = False
    """Whoever holds the ability on a record may make it without seeing the record."""

    @property
    def describes(self) -> str:
        return inspect.getdoc(self.effect) or ""


@dataclass
class Parameter:
    """What a city may set about a flow, with the source of its default."""

    name: str
    title: str
    default: Any
    source: str
    choices: tuple[Any, ...] = ()


@dataclass
class Flow(Generic[R]):
    """A declared state machine over one record family."""

    family: str
    model: type[R]
    states: type[models.TextChoices]
    initial: frozenset[str]
    final: frozenset[str]
    view: str
    """The ability by which a record of this family is seen at all."""
    moves: dict[str, Move] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    missing: type[NotFound] = NotFound
    """How it is said that there is no such record, or none that the actor may know of."""
    parts: tuple[Part, ...] = ()
    """What moves need besides the record (tasks, clocks); it is read with it, in one statement."""
    number: str = ""
    """The column of the number by which people call a record, where it has one."""

    def __post_init__(self) -> None:
        HEADS[self.family] = self.model

    def move(
        self,
        title: str,
        *,
        start: Iterable[str],
        ability: str,
        to: str | Iterable[str] = (),
        when: Iterable[Guard] = (),
        commutes: bool = False,
        public: bool = False,
        tone: str = "",
        bulk: bool = False,
        unseen: bool = False,
    ) -> Callable[[F], F]:
        """Declare a move; the function's name is the move's, its docstring says what it does.

        The function takes one ``Step`` whose second type argument is what the move is given.
        """

        def declare(effect: F) -> F:
            name = effect.__name__.rstrip("_")
            if name in self.moves:
                raise ValueError(f"{self.family}: move {name} is declared twice")
            self.moves[name] = Move(
                name=name,
                title=title,
                start=frozenset(start),
                to=(to,) if isinstance(to, str) else tuple(to),
                ability=ability,
                effect=effect,
                given=_given_of(effect),
                when=tuple(when),
                commutes=commutes,
                public=public,
                tone=tone,
                order=len(self.moves),
                bulk=bulk,
                unseen=unseen,
            )
            return effect

        return declare

    def parameter(
        self, name: str, title: str, default: Any, *, source: str, choices: Iterable[Any] = ()
    ) -> str:
        """Declare what cities may set; read it with ``parameters.value(flow, name, area)``."""
        self.parameters[name] = Parameter(name, title, default, source, tuple(choices))
        return name

    @property
    def open_states(self) -> frozenset[str]:
        return frozenset(self.states.values) - self.final

    def state_constraint(self) -> models.CheckConstraint:
        """The database's own lock on states, for the model's ``Meta.constraints``."""
        return state_constraint(self.family, self.states)

    def mermaid(self) -> str:
        """The state diagram, for the documentation."""
        labels: Mapping[str, str] = dict(self.states.choices)
        lines = ["stateDiagram-v2"]
        lines += [f'    state "{label}" as {state}' for state, label in labels.items()]
        lines += [f"    [*] --> {state}" for state in self.states.values if state in self.initial]
        arrows: dict[tuple[str, str], list[str]] = {}
        for move in self.moves.values():
            for start in self.states.values:
                if start in move.start:
                    for to in move.to:
                        arrows.setdefault((start, to), []).append(move.title)
        lines += [f"    {start} --> {to}: {'、'.join(titles)}" for (start, to), titles in arrows.items()]
        lines += [f"    {state} --> [*]" for state in self.states.values if state in self.final]
        return "\n".join(lines) + "\n"


def state_constraint(family: str, states: type[models.TextChoices]) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(state__in=list(states.values)), name=f"{family}_state_known")


def _given_of(effect: Callable[..., None]) -> type[Given]:
    """``Step[Case, Dispatch]`` in the signature says that the move is given a ``Dispatch``."""
    from linli.kernel.flow.perform import Step

    hints = typing.get_type_hints(effect, localns={"Step": Step})
    (step,) = (hint for name, hint in hints.items() if name != "return")
    arguments = typing.get_args(step)
    given = arguments[1] if len(arguments) == 2 else Nothing
    if not (isinstance(given, type) and issubclass(given, Given)):
        raise TypeError(f"{effect.__name__}: {given!r} is not a Given")
    return given
