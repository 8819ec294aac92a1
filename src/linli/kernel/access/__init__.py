"""Who may do what, to which rows.

A request acts as one post (``Actor``). An ability is granted by a role, over the post's area or for the
records in which its unit has a part. ``rows()`` turns that into the one row filter that list, count,
export, map, search, detail and every move use. No rule, no row.
"""
