"""The commands of ``linli``, one module each, thin: what they do lives in the rooms that they call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import django

from linli.config.embedded import available


def say(line: str) -> None:
    """One line for the person at the terminal, at once even when the output is a pipe."""
    print(line, flush=True)


@contextmanager
def platform() -> Iterator[None]:
    """The application, set up, on its database; the embedded one is run meanwhile if nobody runs it."""
    django.setup()
    with available(say=say):
        yield
