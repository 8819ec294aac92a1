"""The description of the API is committed, true, and survives whatever is made from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from linli.config import openapi
from linli.config.wsgi import application
from linli.domains.cases.tests.steps import closed, filed
from tests.city import City

EXAMPLES = 12


def test_the_committed_description_is_the_present_one() -> None:
    assert openapi.SNAPSHOT.read_text(encoding="utf-8") == openapi.description(), (
        "the API has changed: run `python -m linli.config.openapi` and look at the difference"
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_made_from_the_description_breaks_it(city: City, secret_of: Callable[..., str]) -> None:
    filed()
    closed(city)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    headers = {"Authorization": f"Bearer {secret_of('dispatcher')}"}
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_it(case: schemathesis.Case) -> None:
            answer = case.call(headers=headers)
            assert answer.status_code < 500, (case.method, case.formatted_path, case.body, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0] == "application/problem+json"
                told = answer.json()
                assert {"type", "title", "status", "detail", "code", "errors"} <= set(told)

        try_it()
