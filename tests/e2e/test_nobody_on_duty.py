"""Out of duty hours, against the whole product: 12348 first, a call-back, and who calls."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.staff import Operator
from tests.stack import Stack, set_duty

pytestmark = pytest.mark.e2e
CITY = "qingyuan"
# consoles of other tests are heard of for a minute after they are gone
GONE_WITHIN = 90.0


@pytest.fixture
def unstaffed(stack: Stack) -> Iterator[Stack]:
    """Nobody answers in this city, until the test is over."""
    set_duty(stack.home, CITY, "--none")
    with stack.client() as client:
        operator = Operator.of(stack, client)
        until = time.monotonic() + GONE_WITHIN
        while client.get("/api/v1/duty", headers=operator.headers).json()["staffed"][CITY]:
            assert time.monotonic() < until, "somebody is still on duty"
            time.sleep(1)
    yield stack
    set_duty(stack.home, CITY, "--always")


def test_a_call_back_is_booked_and_made_while_nobody_is_on_duty(unstaffed: Stack) -> None:
    with unstaffed.client() as client:
        opened = client.post("/api/v1/chat/sessions", json={"city": CITY}).json()

        def send(**given: str) -> dict[str, Any]:
            message = {"id": uuid.uuid4().hex, **given}
            body = {"session": opened["session"], "message": message}
            answer = client.post("/api/v1/chat", json=body)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

        send(text="老板拖欠我三个月工资，我在英德打工")
        answer = send(text="转人工")
        assert answer["state"] == "bot"
        message = answer["messages"][-1]
        assert message["cards"][0]["calls"][0]["number"] == "12348"
        slots = [one for one in message["choices"] if one["value"].startswith("callback:")]
        send(choice=slots[0]["value"])
        send(text="13800138000")
        answer = send(choice="do:contact_yes")
        assert "记下了" in answer["messages"][-1]["text"]
        operator = Operator.of(unstaffed, client)
        calls = client.get("/api/v1/callbacks", headers=operator.headers).json()["callbacks"]
        number = answer["ticket"]["number"]
        mine = next(one for one in calls if one["number"] == number)
        assert mine["when"] == slots[0]["title"]
        assert operator.see(number)["contact"]["phone"] == "138 0013 8000"
        done = client.post(f"/api/v1/callbacks/{mine['id']}/reached", headers=operator.headers)
        assert done.status_code == 204
        seen = operator.see(number)
        assert seen["owner"]["name"] == "李莉"
        assert seen["events"][-1]["kind"] == "callback_reached"
