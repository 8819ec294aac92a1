"""Whether the rows of this database are spread over several nodes (``linli scale distribute``).

Almost nothing asks: deeds and reads are the same statements either way. Where one machine answers best by
leaping through an index, and several cannot, a list says so here.
"""

from __future__ import annotations

from linli.kernel.records.editions import edition, raise_edition

NAME = "records.distributed"


def is_distributed() -> bool:
    """Costs no query of its own: the answer comes with the editions, at most a second old."""
    return edition(NAME) > 0


def say_distributed() -> None:
    """Let every process know, with the end of the transaction that distributes the rows."""
    raise_edition(NAME)
