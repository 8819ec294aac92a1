"""The staff's desk: a row of the worklist to the next move is two clicks, or two keys.

Views are thin: they read through the queries of the rooms below and change through their actions.

    entrance       who may come in; the frame of every page
    listing        the rows of a worklist, and the usual next move of each
    forms          a form for any move, made from what the move is given
    choices        what a picker offers: units, matters, areas, the likely ones first
    history        the journal in plain words
    sheets         worklists as spreadsheets
    views          the pages
"""
