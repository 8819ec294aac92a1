"""Matters: what may be asked of whom, on which basis, in what time.

Articles 21 and 24 of the regulation are lists that protect people. What is not on the grid list cannot be
asked of a grid worker, what is on neither committee list cannot be asked of a residents' committee, and
whoever asks all the same is refused, is told the rule, and has the refusal counted (against the sending
unit, never against a person).

A list is a file that a city edits (``data/matters``) and publishes by loading it. ``Matter`` holds one row
per version: an edit makes a new version, and a case keeps the version under which it was opened. The lists
are small and read on every intake, so that ``queries`` keeps them in memory.

    entries      one row of a list, read and checked; the same shape for files and for edits
    loading      files → checked rows → versions; all or nothing
    versions     what a published list changes in the database
    queries      the lists in force, limits, and the rule on what may be asked of whom
    suggestion   text → ranked matters, each with the reason; a person decides
"""
