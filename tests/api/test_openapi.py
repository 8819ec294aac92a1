"""The description of the API is committed, true, and survives whatever is made from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from linli.config import openapi
from linli.config.api import api
from linli.config.wsgi import application
from linli.domains.cases.tests.steps import closed, filed
from linli.web.rest import Schema
from tests.city import City

EXAMPLES = 12


def test_the_committed_description_is_the_present_one() -> None:
    assert openapi.SNAPSHOT.read_text(encoding="utf-8") == openapi.description(), (
        "the API has changed: run `python -m linli.config.openapi` and look at the difference"
    )


def test_every_operation_declares_how_it_refuses() -> None:
    declared = api.get_openapi_schema(path_prefix="/api/v1/")
    told = {"$ref": "#/components/responses/Problem"}
    for path, operations in declared["paths"].items():
        for method, operation in operations.items():
            assert operation["responses"].get("4XX") == told, (method, path)
    problem = declared["components"]["responses"]["Problem"]["content"]["application/problem+json"]
    assert problem["schema"]["$ref"].rpartition("/")[2] in declared["components"]["schemas"]


def test_no_two_shapes_have_one_name() -> None:
    """In the description a shape is known by its name alone: the second would stand for both."""

    def below(shape: type[Schema]) -> Iterator[type[Schema]]:
        for one in shape.__subclasses__():
            if "[" not in one.__name__:
                yield one
            yield from below(one)

    counted = Counter(one.__name__ for one in set(below(Schema)))
    assert [name for name, count in counted.items() if count > 1] == []


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
            case.validate_response(answer, checks=[status_code_conformance, response_schema_conformance])
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0] == "application/problem+json"

        try_it()
