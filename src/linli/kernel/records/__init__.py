"""What every family of records has in common, and how a change to any of them is written.

``Record`` is the row that moves: area, units that take part, state, version, head of its journal chain.
``Changes`` gathers all the rows that one deed touches and writes them in a single SQL statement.
``next_id`` hands out identifiers without a hot row.
"""
