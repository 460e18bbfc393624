"""Requests made up from the served OpenAPI document: none breaks the server or its promises."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.stack import Stack

pytestmark = pytest.mark.e2e
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
LIKE_CI = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
DOORS = [
    ("POST", "/api/v1/triage"),
    ("POST", "/api/v1/triage/batch"),
    ("GET", "/api/v1/places/nearest"),
    ("POST", "/api/v1/chat/sessions"),
    ("POST", "/api/v1/chat"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
]


@pytest.fixture(scope="session")
def document(stack: Stack) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{stack.url}/openapi.json")


def test_every_door_of_the_document_is_tried(document: schemathesis.BaseSchema) -> None:
    paths = document.raw_schema["paths"]
    served = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert served == set(DOORS)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), DOORS)
def test_a_door_keeps_its_promises(
    document: schemathesis.BaseSchema,
    method: str,
    path: str,
    mode: schemathesis.GenerationMode,
) -> None:
    operation = document[path][method]
    checks = CHECKS
    if mode.is_negative:
        if not list(operation.iter_parameters()) and not operation.body:
            return  # nothing can be said wrong
        checks = [*CHECKS, negative_data_rejection]
    with requests.Session() as session:
        session.trust_env = False  # a proxy variable must not lead loopback calls away

        @LIKE_CI
        @given(case=operation.as_strategy(generation_mode=mode))
        def keeps(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(session=session, checks=checks, timeout=20)

        keeps()
