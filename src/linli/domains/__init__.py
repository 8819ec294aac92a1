"""The work: one subject of the regulation = one folder = one Django app.

Across domains only ``actions``, ``queries``, ``events`` and ``errors`` are imported.
"""
