"""Figures that anybody can check: what is counted, out of what, and what is left out and why.

An *indicator* is declared once, by the domain whose records it counts, over one of three grains: the record
itself, a move in its journal, or an open record on a day. Computed over a *ground* (the records that the
viewer may see, in one area) and a *period* it gives a *figure*: numerator, denominator, exclusions by
reason, and a value only where there is something to divide by. The same conditions that count also list, so
that behind every figure stands exactly the list that was counted.

Figures of a whole page come from one statement per grain, however many areas it shows: each side of each
indicator is a ``count(*) FILTER (…)`` of the same scan. Those that are looked at all day *stand*: they are
kept by following the journal (``standing``, ``keeping``) and are the live ones as of some seconds ago. Nobody
who asks for a figure need know which of the two it was.
"""
