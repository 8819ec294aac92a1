"""The portal, the residents' face: report a problem, follow it, answer, read the public figures.

For people of all ages on old phones: big type, one thing per step, no account. Everything works without
scripts, except the map, which has a place's name and the address in words beside it.

What the public may know here is little, and said in one place each: an open case nearby by its matter
only (``duplicates``), a grid's workers as duty information (``duty``), counts and shares by area
(``views.figures``). Whoever holds a tracking link sees their own report and what was done, never who.
"""
