"""What a declaration says, and what it refuses to say."""

from __future__ import annotations

import pytest
from django.db import models

from linli.kernel.flow.declaration import Flow
from linli.kernel.flow.perform import Step
from linli.kernel.flow.tests.pleas import Hear, Plea, PleaState, Say
from linli.kernel.journal.verify import HEADS


def test_a_move_is_named_by_its_function_and_told_by_its_docstring(flow: Flow[Plea]) -> None:
    hear = flow.moves["hear"]
    assert (hear.title, hear.given, hear.describes, hear.order) == ("听取", Hear, "Somebody listens.", 0)
    assert flow.moves["finish"].given is Say
    assert flow.open_states == {"new", "heard"}


def test_the_same_move_twice_is_an_error(flow: Flow[Plea]) -> None:
    def hear(step: Step[Plea, Say]) -> None: ...

    with pytest.raises(ValueError, match="hear is declared twice"):
        flow.move("又听取", start=[PleaState.NEW], ability="pleas.hear")(hear)


def test_a_word_that_python_keeps_for_itself_may_name_a_move(flow: Flow[Plea]) -> None:
    @flow.move("退回", start=[PleaState.NEW], ability="pleas.hear")
    def return_(step: Step[Plea, Say]) -> None: ...

    assert "return" in flow.moves


def test_what_a_move_is_given_must_be_declared_as_such(flow: Flow[Plea]) -> None:
    def odd(step: Step[Plea, int]) -> None: ...  # type: ignore[type-var]

    with pytest.raises(TypeError, match="odd"):
        flow.move("怪", start=[PleaState.NEW], ability="pleas.hear")(odd)


def test_the_diagram_shows_every_state_and_arrow(flow: Flow[Plea]) -> None:
    assert flow.mermaid() == (
        "stateDiagram-v2\n"
        '    state "新" as new\n'
        '    state "已听取" as heard\n'
        '    state "已了结" as done\n'
        "    [*] --> new\n"
        "    new --> heard: 听取\n"
        "    heard --> done: 了结\n"
        "    heard --> new: 了结\n"
        "    done --> [*]\n"
    )


def test_the_database_constraint_names_every_state(flow: Flow[Plea]) -> None:
    constraint = flow.state_constraint()
    assert constraint.name == "plea_state_known"
    assert constraint.condition == models.Q(state__in=["new", "heard", "done"])


def test_a_familys_records_are_checked_against_their_chains(flow: Flow[Plea]) -> None:
    assert HEADS["plea"] is Plea
