"""Schema migrations: which are waiting, running them, and whether models and migrations agree.

``python -m linli.config.migrations`` (a step of ``make check``) fails when a model has changed without
a migration.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation


def pending() -> list[str]:
    """The migrations that the database still lacks, as ``app.name``, in the order of their running."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate(*, say: Callable[[str], None]) -> int:
    """Run what is waiting; returns how many ran."""
    waiting = pending()
    if waiting:
        say(f"正在更新数据库结构（{len(waiting)} 项）……")
        call_command("migrate", interactive=False, verbosity=0)
    return len(waiting)


def missing() -> list[str]:
    """What models say that no migration does, as sentences. Asks no database."""
    loader = MigrationLoader(None)
    with translation.override(None):  # migrations hold names untranslated
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
        changes = detector.changes(graph=loader.graph)
    # third-party apps keep their own migrations
    return [
        f"{label}: {operation.describe()}"
        for label, migrations in sorted(changes.items())
        if apps.get_app_config(label).name.startswith("linli.")
        for migration in migrations
        for operation in migration.operations
    ]


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    django.setup()
    lacking = missing()
    for line in lacking:
        print(f"缺少迁移 · missing migration: {line}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
