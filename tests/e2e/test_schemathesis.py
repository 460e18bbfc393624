"""Requests made up from the served OpenAPI document: none breaks the server or its promises."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
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

from tests.e2e.console_page import forgive
from tests.e2e.staff import hire, wenfa
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
    ("GET", "/api/v1/faq/search"),
    ("GET", "/api/v1/places/closures"),
    ("POST", "/api/v1/places/closures"),
    ("DELETE", "/api/v1/places/closures/{closure}"),
    ("POST", "/api/v1/legal-aid/screening"),
    ("GET", "/api/v1/legal-aid/facts"),
    ("POST", "/api/v1/chat/sessions"),
    ("POST", "/api/v1/chat"),
    ("GET", "/api/v1/chat/session"),
    ("POST", "/api/v1/chat/typing"),
    ("POST", "/api/v1/chat/leave"),
    ("POST", "/api/v1/login"),
    ("POST", "/api/v1/logout"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/tickets"),
    ("GET", "/api/v1/tickets/labels"),
    ("GET", "/api/v1/tickets/{number}"),
    ("GET", "/api/v1/tickets/{number}/colleagues"),
    ("POST", "/api/v1/tickets/{number}/second"),
    ("POST", "/api/v1/tickets/{number}/second/done"),
    ("POST", "/api/v1/tickets/{number}/escalate"),
    ("POST", "/api/v1/tickets/{number}/escalate/done"),
    ("POST", "/api/v1/tickets/{number}/reassign"),
    ("POST", "/api/v1/tickets/{number}/suspend"),
    ("POST", "/api/v1/tickets/{number}/resume"),
    ("POST", "/api/v1/tickets/{number}/merge"),
    ("POST", "/api/v1/tickets/{number}/correct"),
    ("POST", "/api/v1/tickets/{number}/judge"),
    ("POST", "/api/v1/tickets/{number}/opponent"),
    ("PUT", "/api/v1/tickets/{number}/draft"),
    ("POST", "/api/v1/tickets/{number}/claim"),
    ("POST", "/api/v1/tickets/{number}/reply"),
    ("POST", "/api/v1/tickets/{number}/note"),
    ("POST", "/api/v1/tickets/{number}/handback"),
    ("POST", "/api/v1/tickets/{number}/transfer"),
    ("POST", "/api/v1/tickets/{number}/close"),
    ("POST", "/api/v1/tickets/{number}/pass-on"),
    ("POST", "/api/v1/tickets/{number}/typing"),
    ("POST", "/api/v1/tickets/{number}/rating"),
    ("POST", "/api/v1/tickets/{number}/complaint"),
    ("POST", "/api/v1/tickets/{number}/decline"),
    ("GET", "/api/v1/tickets/{number}/desks"),
    ("POST", "/api/v1/tickets/{number}/slips"),
    ("GET", "/api/v1/slips"),
    ("GET", "/api/v1/slips/{number}"),
    ("POST", "/api/v1/slips/{number}/receive"),
    ("POST", "/api/v1/slips/{number}/work"),
    ("POST", "/api/v1/slips/{number}/say"),
    ("POST", "/api/v1/slips/{number}/finish"),
    ("POST", "/api/v1/slips/{number}/return"),
    ("GET", "/api/v1/knowledge"),
    ("GET", "/api/v1/knowledge/check"),
    ("GET", "/api/v1/knowledge/{kind}"),
    ("POST", "/api/v1/knowledge/{kind}"),
    ("GET", "/api/v1/knowledge/{kind}/fields"),
    ("GET", "/api/v1/knowledge/{kind}/{object_id}"),
    ("PUT", "/api/v1/knowledge/{kind}/{object_id}/draft"),
    ("DELETE", "/api/v1/knowledge/{kind}/{object_id}/draft"),
    ("POST", "/api/v1/knowledge/{kind}/{object_id}/publish"),
    ("POST", "/api/v1/knowledge/{kind}/{object_id}/archive"),
    ("POST", "/api/v1/knowledge/{kind}/{object_id}/restore"),
    ("POST", "/api/v1/knowledge/{kind}/{object_id}/rollback"),
    ("GET", "/api/v1/knowledge/{kind}/{object_id}/history"),
    ("GET", "/api/v1/duty"),
    ("PUT", "/api/v1/duty"),
    ("PUT", "/api/v1/duty/{username}"),
    ("GET", "/api/v1/callbacks"),
    ("POST", "/api/v1/callbacks/{callback_id}/reached"),
    ("POST", "/api/v1/callbacks/{callback_id}/missed"),
    ("POST", "/api/v1/callbacks/{callback_id}/cancel"),
    ("POST", "/api/v1/assist"),
    ("GET", "/api/v1/assist/answers"),
    ("POST", "/api/v1/calls"),
    ("GET", "/api/v1/board"),
    ("GET", "/api/v1/follow-ups"),
    ("POST", "/api/v1/follow-ups/{follow_up}/answer"),
    ("POST", "/api/v1/follow-ups/{follow_up}/close"),
    ("POST", "/api/v1/follow-ups/{follow_up}/reopen"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
]
# these are tried as somebody who is let in
STAFF_ONLY = (
    "/api/v1/tickets",
    "/api/v1/places/closures",
    "/api/v1/follow-ups",
    "/api/v1/slips",
    "/api/v1/duty",
    "/api/v1/callbacks",
    "/api/v1/board",
    "/api/v1/assist",
    "/api/v1/calls",
    "/api/v1/knowledge",
)
# these answer for as long as one listens; tests/bot/gateway/test_events.py has them
STREAMS = {("GET", "/api/v1/chat/events"), ("GET", "/api/v1/tickets/events")}


@pytest.fixture(scope="module", autouse=True)
def _the_door_opens_again(stack: Stack) -> Iterator[None]:
    """Rubbish at the login locks an address out: those who come after come in all the same."""
    yield
    forgive(stack)


@pytest.fixture(scope="session")
def token(stack: Stack) -> str:
    """What lets an operator in who also keeps the answers."""
    username = f"zhou{uuid.uuid4().hex[:8]}"
    hire(stack, username, "周敏", "operator", "reviewer")
    return wenfa(stack, "token", "add", username).strip()


@pytest.fixture(scope="session")
def document(stack: Stack) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{stack.url}/openapi.json")


def test_every_door_of_the_document_is_tried(document: schemathesis.BaseSchema) -> None:
    paths = document.raw_schema["paths"]
    served = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert served == set(DOORS) | STREAMS


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), DOORS)
def test_a_door_keeps_its_promises(
    document: schemathesis.BaseSchema,
    token: str,
    method: str,
    path: str,
    mode: schemathesis.GenerationMode,
) -> None:
    operation = document[path][method]
    checks = CHECKS
    if mode.is_negative:
        said = [item for item in operation.iter_parameters() if item.location != "cookie"]
        if not said and not operation.body:
            return  # nothing can be said wrong: no cookie is as good as a wrong one
        checks = [*CHECKS, negative_data_rejection]
    with requests.Session() as session:
        if path.startswith(STAFF_ONLY):
            session.headers["Authorization"] = f"Bearer {token}"
        session.trust_env = False  # a proxy variable must not lead loopback calls away

        @LIKE_CI
        @given(case=operation.as_strategy(generation_mode=mode))
        def keeps(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(session=session, checks=checks, timeout=20)

        keeps()
