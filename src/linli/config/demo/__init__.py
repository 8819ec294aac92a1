"""The demo city: a made-up city with real-looking structure, and a year of its work.

``build`` is all that others call. It makes everything from one seed and loads it through the same functions
that a real city's data goes through, in one transaction: the city is there as a whole or not at all, so that
an interrupted start begins afresh and a later one finds it ready.

    terrain, tiling, geometry    land, grids that tile it, areas with codes
    divisions, names, places     what they are called, and where things happen
    units, people                who is responsible, who signs in
    texts, rhythm                what people write; when, where and how cases arise and fare
"""

from __future__ import annotations

from linli.config.demo.making import CityThere, DemoCity, build

__all__ = ["CityThere", "DemoCity", "build"]
