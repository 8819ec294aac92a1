"""``linli work``: background jobs and the periodic ones, from the queue in the same database."""

from __future__ import annotations

import argparse
import os
import sys
from typing import cast

import django

from linli.config import environment as env
from linli.config.commands import require_database

GRACE_SECONDS = 2.0
"""When we are asked to end, jobs that wait (the clocks' watch) are cut off after this long; a job that is
computing finishes first. What a killed worker left is begun again (``linli.config.jobs``)."""

SWITCH_SECONDS = 0.0005
"""How long one thread computes while others wait. The clocks' watch asks the database a dozen times a look,
and after each answer waits for whoever counts figures meanwhile: by Python's own 5 ms a clock was announced
up to three seconds late on a busy machine, now within two."""

NICENESS = 5
"""Whoever waits for a page comes first: of a core that both want, the web takes three quarters."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs",
        type=int,
        default=env.number("WORK_JOBS", 4),
        help="同时执行的任务数（LINLI_WORK_JOBS）· jobs at a time",
    )


def run(options: argparse.Namespace) -> int:
    require_database()
    django.setup()
    sys.setswitchinterval(SWITCH_SECONDS)
    os.nice(NICENESS)
    from django.utils.module_loading import autodiscover_modules
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    autodiscover_modules("jobs")  # every room's jobs.py declares its own
    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector) as worker:
        worker.run_worker(
            concurrency=options.jobs, shutdown_graceful_timeout=GRACE_SECONDS, delete_jobs="successful"
        )
    return 0
