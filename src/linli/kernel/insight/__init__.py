"""Figures that anybody can check: what is counted, out of what, and what is left out and why.

An *indicator* is declared once, by the domain whose records it counts, over one of three grains: the record
itself, a move in its journal, or an open record on a day. Computed over a *ground* (the records that the
viewer may see, in one area) and a *period* it gives a *figure*: numerator, denominator, exclusions by
reason, and a value only where there is something to divide by. The same conditions that count also list, so
that behind every figure stands exactly the list that was counted.

Figures of a whole page come from one statement per grain, however many areas it shows: each side of each
indicator is a ``count(*) FILTER (…)`` of the same scan. They are read live. Where a city's years no longer
allow that, ``days.per_day`` is the seam: it yields daily counts, and may one day read them from a rollup.
"""
