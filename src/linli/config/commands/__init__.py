"""The commands of ``linli``, one module each, thin: what they do lives in the rooms that they call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import django
import psycopg
from django.db import ProgrammingError

from linli.config import environment as env
from linli.config.embedded import available
from linli.config.failures import SchemaBehind

CHECK_SECONDS = 5


def say(line: str) -> None:
    """One line for the person at the terminal, at once even when the output is a pipe."""
    print(line, flush=True)


@contextmanager
def platform() -> Iterator[None]:
    """The application, set up, on its database; the embedded one is run meanwhile if nobody runs it.

    Refuses with ``SchemaBehind`` what fails while migrations are waiting.
    """
    django.setup()
    from linli.config.migrations import pending

    with available(say=say):
        try:
            yield
        except (ProgrammingError, psycopg.ProgrammingError) as error:
            if pending():
                raise SchemaBehind from error
            raise


def require_database() -> None:
    """Fail at once where the configured database does not answer; refuse one that holds no schema."""
    with psycopg.connect(env.database_url(), connect_timeout=CHECK_SECONDS) as connection:
        found = connection.execute("select to_regclass('django_migrations')").fetchone()
    if found is None or found[0] is None:
        raise SchemaBehind
