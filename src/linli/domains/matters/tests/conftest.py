"""The lists that a city starts from, and the units that ask and are asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from linli.domains.matters.loading import load_matters
from linli.kernel.records.editions import drop_all
from linli.kernel.units.models import Unit

DATA = Path(__file__).resolve().parents[5] / "data" / "matters"
CITY = "5101"


@pytest.fixture(autouse=True)
def _nothing_in_memory() -> None:
    drop_all()


@pytest.fixture
def lists(db: None) -> None:
    load_matters(DATA, area=CITY)


@pytest.fixture
def unit(db: None) -> Callable[..., Unit]:
    def make(kind: str, name: str = "某单位") -> Unit:
        return Unit.objects.create(name=f"{name}{kind}", kind=kind, area="510104001")

    return make
