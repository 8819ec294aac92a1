"""The tree of areas: codes, versions, boundaries, and the grid that a point lies in.

A code is text whose prefixes are the areas above it, so that records can keep codes and be cut by prefix
without a join. An area is versioned: an edit closes the row in force and opens another, ``successors``
lead from a retired code to today's. Each edit takes the next number of ``TreeVersion``; the caches in
memory (names, the index of points) are held under that number and follow within a second.

Boundaries are WGS84/CGCS2000. Other rooms use ``levels``, ``queries``, ``locate``, ``actions``,
``loading`` and ``errors``; they store codes and never refer to a row.
"""
