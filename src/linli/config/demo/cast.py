"""Who acts in the year's stories: posts by what they can be called upon for."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable

from linli.kernel.access.actor import Actor, actor_of
from linli.kernel.units.models import Post

HANDLERS = ("clerk", "committee_clerk", "dispatcher")
DECIDERS = ("centre_head", "dispatcher")


class Cast:
    """Actors by unit and role, and grid workers by grid."""

    def __init__(self, posts: Iterable[Post], rng: random.Random) -> None:
        self._rng = rng
        self._by_unit: defaultdict[tuple[int, str], list[Actor]] = defaultdict(list)
        self._by_area: defaultdict[tuple[str, str], list[Actor]] = defaultdict(list)
        for post in posts:
            actor = actor_of(post)
            self._by_unit[post.unit_id, post.role].append(actor)
            self._by_area[post.area, post.role].append(actor)

    def _of(self, unit: int | None, roles: Iterable[str]) -> Actor | None:
        for role in roles:
            found = self._by_unit.get((unit or 0, role))
            if found:
                return self._rng.choice(found)
        return None

    def handler(self, unit: int | None) -> Actor | None:
        """Somebody who handles tasks in a unit."""
        return self._of(unit, HANDLERS)

    def dispatcher(self, centre: int | None) -> Actor | None:
        """Somebody who dispatches at a centre."""
        return self._of(centre, ("dispatcher", "centre_head"))

    def decider(self, centre: int | None) -> Actor | None:
        """Somebody who approves at a centre."""
        return self._of(centre, DECIDERS)

    def worker(self, grid: str) -> Actor | None:
        found = self._by_area.get((grid, "grid_worker"))
        return found[0] if found else None

    def supervisor(self, district: str) -> Actor | None:
        found = self._by_area.get((district, "supervisor"))
        return self._rng.choice(found) if found else None
