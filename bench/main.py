"""``linli bench``: what is measured, and with which settings."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import django

DATA = Path(__file__).resolve().parents[1] / ".data" / "bench"
LIVES = 10_000
"""Of the last weeks, and as many of the year before them."""
WHAT = (
    "city",
    "intake",
    "lifecycle",
    "worklist",
    "worn",
    "case",
    "dashboard",
    "fanout",
    "spike",
    "soak",
    "import",
    "sync",
    "due",
    "locate",
    "peers",
    "plot",
)
ASKED_FOR = ("city", "soak", "peers", "plot")
"""Only where they are named: to make a city, to wait for an hour, what has to be installed first, to draw."""
WITHOUT_GROUND = {"locate", "plot"}


@dataclass(frozen=True)
class Settings:
    """How much is measured."""

    scale: float
    """Size of the city (1: 400 grids)."""
    cases: int
    """Cases in the city before anything is measured."""
    many: int
    """Cases in the large city of ``worklist`` and ``worn``."""
    seconds: float
    """How long each round lasts."""
    rounds: int
    repeats: int
    """How often each page is asked for."""
    spike_seconds: float
    soak_seconds: float
    ramp_seconds: float
    """How long each number of connections works, to find the most that ``spike`` and ``soak`` go by."""
    settle_seconds: float
    """After how long ``worn`` looks again: autovacuum makes its rounds once a minute."""
    people: int
    """Who are told in ``fanout``."""
    lives: int = LIVES
    """Lives recorded to make a city of."""
    verify: bool = False
    """Whether the journal of ``city`` is verified whole."""
    clients: int = 32
    """Connections that ask at once, of ``peers``."""
    peer: str = ""
    """The only one of ``peers`` to be measured; empty: all."""
    install: bool = False
    """Whether peers that are missing are installed first."""
    in_place: bool = False
    """Whether what is written stays in the city: a very large one has no room for a copy."""


USUAL = Settings(
    scale=1.0,
    cases=10_000,
    many=1_000_000,
    seconds=8.0,
    rounds=3,
    repeats=200,
    spike_seconds=60.0,
    soak_seconds=3600.0,
    ramp_seconds=6.0,
    settle_seconds=150.0,
    people=100_000,
)
QUICK = Settings(
    scale=0.1,
    cases=60,
    many=240,
    seconds=0.5,
    rounds=1,
    repeats=3,
    spike_seconds=4.0,
    soak_seconds=3.0,
    ramp_seconds=0.3,
    settle_seconds=0.5,
    people=300,
)


def main(argv: Sequence[str]) -> int:
    """Measure what is named (where nothing is, all but ``ASKED_FOR``) and print it; 0 when it ran."""
    options = _parse(argv)
    if options.data:
        os.environ["LINLI_DATA_DIR"] = options.data
    else:
        os.environ.setdefault("LINLI_DATA_DIR", str(DATA))
    os.environ.pop("LINLI_DATABASE_URL", None)  # the bench fills databases: never somebody's own
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    django.setup()
    chosen = _settings(options)
    named = options.what or [one for one in WHAT if one not in ASKED_FOR]
    if "locate" in named:
        from bench import locate

        locate.run(grids=locate.GRIDS if not options.quick else 100)
    if set(named) - WITHOUT_GROUND:
        _on_the_ground(named, chosen)
    if "plot" in named:
        from bench import plot

        plot.run()
    return 0


def _on_the_ground(named: Sequence[str], chosen: Settings) -> None:
    from bench import (
        bulk,
        case,
        city,
        dashboard,
        due,
        fanout,
        intake,
        lifecycle,
        soak,
        spike,
        sync,
        worklist,
        worn,
    )
    from bench.ground import ground
    from bench.peers import measure as peers

    with ground(chosen.scale, chosen.lives, in_place=chosen.in_place) as base:
        for what, measure in (
            ("city", city.run),
            ("intake", intake.run),
            ("lifecycle", lifecycle.run),
            ("worklist", worklist.run),
            ("worn", worn.run),
            ("case", case.run),
            ("dashboard", dashboard.run),
            ("fanout", fanout.run),
            ("spike", spike.run),
            ("soak", soak.run),
            ("import", bulk.run),
            ("sync", sync.run),
            ("due", due.run),
            ("peers", peers.run),
        ):
            if what in named:
                measure(base, chosen)


GIVEN = (
    "cases",
    "many",
    "seconds",
    "rounds",
    "repeats",
    "people",
    "lives",
    "verify",
    "clients",
    "peer",
    "install",
    "in_place",
)
"""Settings that are options."""


def _settings(options: argparse.Namespace) -> Settings:
    base = QUICK if options.quick else USUAL
    given = {name: getattr(options, name) for name in GIVEN}
    given["spike_seconds"] = given["soak_seconds"] = options.seconds
    return Settings(**(vars(base) | {name: value for name, value in given.items() if value is not None}))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="linli bench")
    parser.add_argument(
        "what", nargs="*", choices=[*WHAT, []], help="default: everything but " + ", ".join(ASKED_FOR)
    )
    parser.add_argument("--quick", action="store_true", help="tiny: whether it runs, not how fast")
    parser.add_argument("--data", metavar="DIR", help=f"where the bench keeps its databases ({DATA})")
    parser.add_argument("--cases", type=int, help="cases in the city")
    parser.add_argument("--many", type=int, help="cases in the large city")
    parser.add_argument("--lives", type=int, help="lives recorded to make a city of (see generate.py)")
    parser.add_argument("--verify", action="store_true", help="city: verify its journal whole")
    parser.add_argument("--seconds", type=float, help="length of a round, of the spike, of the soak")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--repeats", type=int, help="how often each page is asked for")
    parser.add_argument("--people", type=int, help="who are told in fanout")
    parser.add_argument("--clients", type=int, help="peers: connections that ask at once")
    parser.add_argument("--peer", metavar="NAME", help="peers: this one only, such as django-helpdesk")
    parser.add_argument(
        "--install", action="store_true", help="peers: install what is missing (PyPI, Debian)"
    )
    parser.add_argument(
        "--in-place", action="store_true", help="write into the city itself, without a copy of it"
    )
    return parser.parse_args(argv)
