"""Who a token acts as: a program at the API, or a screen on a wall."""

from __future__ import annotations

from collections.abc import Collection

from linli.kernel.access.actor import Actor, actor_of
from linli.kernel.records.editions import Lately
from linli.kernel.units.models import Token
from linli.kernel.units.queries import posts_of_digests


def actor_of_token(secret: str) -> Actor | None:
    """The actor of a token: one post, for as long as token and post are in force."""
    return _actor_of_digest(Token.digest_of(secret))


def _actors_by(digests: Collection[str]) -> dict[str, Actor]:
    return {digest: actor_of(post) for digest, post in posts_of_digests(digests).items()}


_actor_of_digest = Lately(_actors_by)
"""A program calls many times a second; a token that is revoked still ends within one."""
