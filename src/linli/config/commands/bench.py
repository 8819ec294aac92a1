"""``linli bench``: measure speed; the measuring itself lives in ``bench/`` of the checkout."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from linli.config import environment as env


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs=argparse.REMAINDER, metavar="项目", help="intake lifecycle worklist locate peers"
    )


def run(options: argparse.Namespace) -> int:
    sys.path.insert(0, str(env.CHECKOUT))  # bench/ is not installed: it measures this checkout
    return int(import_module("bench.main").main(options.what))
