"""A pytest plugin: the test database is one of a Citus cluster, and distributed once it is migrated.

``LINLI_TEST_DATABASE_URL`` names the coordinator, with the nodes registered in the database it names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.base.creation import BaseDatabaseCreation
from psycopg import sql

NODES = "SELECT nodename, nodeport, groupid = 0 FROM pg_dist_node WHERE isactive ORDER BY groupid"
SHARDS = 4
"""So few, since every list asks each of them."""

_create, _destroy = BaseDatabaseCreation.create_test_db, BaseDatabaseCreation.destroy_test_db


def create(self: BaseDatabaseCreation, *values: Any, **named: Any) -> str:
    _drop(str(self._get_test_db_name()))  # type: ignore[attr-defined]
    name = _create(self, *values, **named)
    _make(name)
    _distribute()
    return name


def destroy(self: BaseDatabaseCreation, *values: Any, **named: Any) -> None:
    connection.close()
    _drop(str(connection.settings_dict["NAME"]))


BaseDatabaseCreation.create_test_db = create  # type: ignore[method-assign]
BaseDatabaseCreation.destroy_test_db = destroy  # type: ignore[method-assign]


def _nodes() -> list[tuple[str, int, bool]]:
    """(host, port, whether it is the coordinator), the coordinator first."""
    with psycopg.connect(os.environ["LINLI_TEST_DATABASE_URL"]) as cluster:
        return cluster.execute(NODES).fetchall()


@contextmanager
def _at(host: str, port: int, name: str | None = None) -> Iterator[psycopg.Connection]:
    given: dict[str, Any] = {"host": host, "port": port} | ({"dbname": name} if name else {})
    with psycopg.connect(os.environ["LINLI_TEST_DATABASE_URL"], autocommit=True, **given) as node:
        yield node


def _drop(name: str) -> None:
    for host, port, _ in _nodes():
        with _at(host, port) as node:
            node.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _make(name: str) -> None:
    """The same database on every node, known to each other."""
    first, *workers = _nodes()
    for host, port, _ in workers:
        with _at(host, port) as node:
            node.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with _at(host, port, name) as node:
            node.execute("CREATE EXTENSION citus")
    host, port, _ = first
    with _at(host, port, name) as coordinator:
        coordinator.execute("CREATE EXTENSION citus")
        coordinator.execute("SELECT citus_set_coordinator_host(%s, %s)", [host, port])
        for host, port, _ in workers:
            coordinator.execute("SELECT citus_add_node(%s, %s)", [host, port])
        count = sql.SQL("ALTER DATABASE {} SET citus.shard_count TO {}")
        coordinator.execute(count.format(sql.Identifier(name), sql.Literal(SHARDS)))


def _distribute() -> None:
    from linli.config.scale.distribute import distribute

    connection.close()  # what stood open does not know the extension yet
    distribute(say=print)
    connection.close()
