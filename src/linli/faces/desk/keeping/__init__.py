"""Keeping the registers on the desk: units, accounts, posts, tokens, areas.

lists     a register as a page: search, filters, rows, the way on; the same as a spreadsheet
columns   what a row of each register shows, with a number of queries that does not grow
options   what pickers offer: units, areas, accounts, roles, functions
forms     the forms; what an action refuses stands beside its field
loading   accounts and posts out of a spreadsheet
"""
