"""The wall: how the work of an area stands, on one screen, with the way to every list behind it.

For whoever may see the cases of an area. A head of a district sees the district, a mayor the city, and both
can go down to a single grid. It counts cases and places; there is nothing on it about any person.
"""
