"""Residents who chat as the page does: the same id again after an error, events held open."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.chaos.world import Broken, World
from tests.scenario import SCENARIOS, message_of, read_scenario

API = "/api/v1/chat"
HOTLINE = "12348"
# seconds: a page's own time-out, between two tries, and until a message is given up as lost
PATIENCE = 20.0
PAUSE = 0.4
GIVE_UP = 90.0
# seconds for the events to tell what has been answered
CAUGHT_UP = 30.0
THINKING = (0.3, 1.2)
# a conversation that goes to a person and back
TO_A_PERSON: list[dict[str, Any]] = [
    {"say": "老板拖欠我三个月工资"},
    {"tap": "request:human_handoff"},
    {"say": "我还有一张欠条"},
    {"tap": "do:back"},
    {"say": "那法律援助要什么材料"},
]
# a told message is known by its own id, and one of the resident's by the page's
_IDS = ("id", "client_id")
Message = dict[str, Any]


@dataclass
class Sent:
    """One message of a resident, and what became of it as they saw it."""

    id: str
    # monotonic seconds
    at: float
    # answered | refused | lost
    outcome: str = "lost"
    # ids of the messages in its answer
    answer: list[str] = field(default_factory=list)
    # the last HTTP status
    status: int = 200
    tries: int = 0
    seconds: float = 0.0
    # it was given another answer at another time
    differed: bool = False


class Conversation:
    """One session: what was sent, and what its events told."""

    def __init__(self, client: httpx.AsyncClient, url: str, city: str) -> None:
        self.client = client
        self.url = url
        self.city = city
        self.token = ""
        self.sent: list[Sent] = []
        # messages as the events told them
        self.told: list[Message] = []
        self.broken: list[str] = []
        self._news = asyncio.Event()

    async def open(self) -> None:
        """A session, however long it takes. Raises Broken."""
        response, _ = await self._insist("POST", f"{API}/sessions", {"city": self.city})
        self.token = response.json()["session"]

    async def send(self, message: Message) -> Sent:
        """Send a message until it is answered or refused."""
        sent = Sent(message["id"], time.monotonic())
        self.sent.append(sent)
        await self.again(sent, message)
        return sent

    async def again(self, sent: Sent, message: Message) -> None:
        """The same message, perhaps once more."""
        begun = time.monotonic()
        with suppress(Broken):
            while time.monotonic() - begun < GIVE_UP:
                body = {"session": self.token, "message": message}
                response, tries = await self._insist("POST", API, body)
                sent.tries += tries
                if response.status_code != 200:
                    sent.outcome = "refused"
                    sent.status = response.status_code
                    break
                said = response.json()
                if said["messages"] or said["state"] != "bot":
                    ids = [item["id"] for item in said["messages"]]
                    sent.differed |= sent.outcome == "answered" and ids != sent.answer
                    sent.outcome, sent.answer = "answered", ids
                    break
                await asyncio.sleep(PAUSE)  # another process is at it
        sent.seconds = max(sent.seconds, time.monotonic() - begun)

    async def _insist(self, method: str, path: str, body: Message) -> tuple[httpx.Response, int]:
        """An answer below 500, and the number of tries; notes a 5xx without the hotline."""
        begun = time.monotonic()
        tries = 0
        while time.monotonic() - begun < GIVE_UP:
            tries += 1
            with suppress(httpx.TransportError):
                response = await self.client.request(method, f"{self.url}{path}", json=body)
                if response.status_code < 500:
                    return response, tries
                if HOTLINE not in response.text:
                    self.broken.append(f"{response.status_code} 没有道歉：{response.text[:80]}")
            await asyncio.sleep(PAUSE)
        raise Broken("一直没有回应")

    # ------------------------------------------------------------ events

    async def follow(self) -> None:
        """Hold the events open, resuming after the last message, until cancelled."""
        while True:
            with suppress(httpx.TransportError):
                await self._read_events()
            await asyncio.sleep(PAUSE)

    async def _read_events(self) -> None:
        last = {"last-event-id": self.told[-1]["id"]} if self.told else {}
        request = self.client.stream(
            "GET", f"{self.url}{API}/events", params={"session": self.token}, headers=last
        )
        async with request as response:
            if response.status_code != 200:
                if response.status_code < 500:
                    self.broken.append(f"events: {response.status_code}")
                return
            kind = ""
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind == "message":
                    self.hear(json.loads(value))

    def hear(self, message: Message) -> None:
        """Note a message that the events told."""
        self.told.append(message)
        self._news.set()

    async def caught_up(self) -> None:
        """Until the events have told all that was sent and all that answered it; bounded."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CAUGHT_UP):
                while self._awaited():
                    self._news.clear()
                    await self._news.wait()

    def _awaited(self) -> set[str]:
        """What the events have yet to tell.

        Own words too: those kept for a person have no answer whose coming would show theirs.
        """
        taken = [sent for sent in self.sent if sent.outcome == "answered"]
        ids = {id_ for sent in taken for id_ in [sent.id, *sent.answer]}
        return ids - {message[key] for message in self.told for key in _IDS if message.get(key)}


def theirs_alone() -> list[dict[str, Any]]:
    """The scenarios that need no operator, and one that asks for one and goes back."""
    scenarios = [read_scenario(file.stem) for file in SCENARIOS]
    alone = [
        one for one in scenarios if all({"say", "tap", "at"} & turn.keys() for turn in one["turns"])
    ]
    return [*alone, {"city": "zhongshan", "turns": TO_A_PERSON}]


def seq(public_id: str) -> int:
    """The number within its conversation of a message's public id."""
    return int(public_id.partition(".")[2])


class Crowd:
    """Residents who play scenario after scenario until they are told to stop."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._stopping = asyncio.Event()
        self._scenarios = theirs_alone()
        self.conversations: list[Conversation] = []
        self._tasks: list[asyncio.Task[None]] = []

    def join(self, url: str, number: int) -> None:
        """So many more residents, each at this address."""
        for _ in range(number):
            self._tasks.append(asyncio.create_task(self._resident(url, len(self._tasks))))

    async def go_home(self) -> None:
        """Everybody ends the conversation that they are in."""
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    def since(self, begun: float, url: str | None = None) -> list[Sent]:
        """What was sent after a time (monotonic), at this address."""
        return [
            sent
            for conversation in self.conversations
            if url in (None, conversation.url)
            for sent in conversation.sent
            if sent.at >= begun
        ]

    async def _resident(self, url: str, number: int) -> None:
        mood = random.Random(number)
        played = number  # they do not all begin with the same
        while not self._stopping.is_set():
            scenario = self._scenarios[played % len(self._scenarios)]
            played += 1
            async with self.conversation(url, scenario["city"]) as conversation:
                for turn in scenario["turns"]:
                    if self._stopping.is_set():
                        break
                    await conversation.send(message_of(turn))
                    await asyncio.sleep(mood.uniform(*THINKING))

    @asynccontextmanager
    async def conversation(self, url: str, city: str = "zhongshan") -> AsyncIterator[Conversation]:
        """A conversation with its events; at the end they have told everything, or it shows."""
        conversation = Conversation(self._client, url, city)
        await conversation.open()
        self.conversations.append(conversation)
        following = asyncio.create_task(conversation.follow())
        try:
            yield conversation
            await conversation.caught_up()
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


@asynccontextmanager
async def crowd_of(world: World, number: int) -> AsyncIterator[Crowd]:
    """Residents at the world's own address, for as long as the block lasts."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    # a long read time-out would hide an event stream that is dead; heartbeats come every 15 s
    async with httpx.AsyncClient(timeout=PATIENCE, limits=limits, trust_env=False) as client:
        crowd = Crowd(client)
        crowd.join(world.stack.url, number)
        try:
            yield crowd
        finally:
            await crowd.go_home()
