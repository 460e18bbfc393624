"""Talking to the engine over HTTP on this machine: parse, converse, ask for its model."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
from prometheus_client import Counter, Histogram

from knowledge.text import visible

FAILURES = Counter("wenfa_engine_failures_total", "Engine calls without a usable answer", ["call"])
SECONDS = Histogram(
    "wenfa_engine_seconds", "Time of an engine call", ["call"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)  # fmt: skip
WARM_TEXT = "老板拖欠工资怎么办"
LONGEST_TEXT = 2000  # characters of a resident's message, whatever the door
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]")


class EngineAway(Exception):
    """The engine did not answer in time, or not with what was asked for."""


def harmless(text: str) -> str:
    """The resident's words, unable to drive Rasa: `/restart` and `/intent{…}` become plain text.

    Empty where nothing of them can be seen.
    """
    plain = _CONTROL.sub("", text).strip()
    if not visible(plain):
        return ""
    return "／" + plain[1:] if plain.startswith("/") else plain


class EngineClient:
    """One pool of connections to one engine."""

    def __init__(self, url: str, timeout: float) -> None:
        """`timeout` in seconds for the whole call."""
        self._timeout = timeout
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(timeout),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
            trust_env=False,  # a proxy variable must not lead loopback calls away
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def parse(self, text: str) -> dict[str, Any]:
        """intent_ranking, matters, urgency, party, troubles of a text. Raises EngineAway."""
        answer = await self._call("parse", "POST", "/model/parse", {"text": harmless(text)})
        # another Rasa has not
        wanted = {
            "intent_ranking": list, "matters": list, "urgency": dict, "party": dict,
            "troubles": list,
        }  # fmt: skip
        if not isinstance(answer, dict) or not all(
            isinstance(answer.get(key), kind) for key, kind in wanted.items()
        ):
            FAILURES.labels("parse").inc()
            raise EngineAway("parse answered something else")
        return answer

    async def converse(
        self, sender: str, message: str, metadata: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """The bot's payloads for one message. An empty answer is a failure: raises EngineAway.

        `message` goes as it is: the caller makes a resident's words `harmless` first.
        """
        body = {"sender": sender, "message": message, "metadata": metadata}
        answer = await self._call("converse", "POST", "/webhooks/rest/webhook", body)
        payloads = [
            item["custom"]
            for item in (answer if isinstance(answer, list) else ())
            if isinstance(item, dict) and isinstance(item.get("custom"), dict)
        ]
        if not payloads:
            FAILURES.labels("converse").inc()
            raise EngineAway("converse answered nothing")
        return payloads

    async def remember(self, sender: str, slots: dict[str, Any]) -> None:
        """Tell the engine what its next turn must know: slots by name. Raises EngineAway."""
        events = [{"event": "slot", "name": name, "value": value} for name, value in slots.items()]
        await self._call("remember", "POST", f"/conversations/{sender}/tracker/events", events)

    async def model(self) -> str:
        """The file name of the model that is being served. Raises EngineAway."""
        answer = await self._call("status", "GET", "/status", None)
        return str(answer.get("model_file", "")) if isinstance(answer, dict) else ""

    async def check(self, expected: str | None) -> tuple[bool, str]:
        """Whether it serves that model (any, for None) and understands a real sentence; the file
        name of its model. Raises EngineAway."""
        model = await self.model()
        parsed = await self.parse(WARM_TEXT)
        right = expected is None or model == f"{expected}.tar.gz"
        return right and bool(parsed["intent_ranking"]), model

    async def _call(self, call: str, method: str, path: str, body: Any) -> Any:
        try:
            # httpx counts its timeout for each step; this one is for the whole call
            with SECONDS.labels(call).time():
                async with asyncio.timeout(self._timeout):
                    response = await self._http.request(method, path, json=body)
                response.raise_for_status()
                return response.json()
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            FAILURES.labels(call).inc()
            raise EngineAway(str(error)) from error
