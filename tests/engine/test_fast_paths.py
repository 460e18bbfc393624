"""The replaced slow paths do what stock does. Fails when Rasa's pin moves: measure again then."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import rasa
from aiohttp import web
from aiohttp.test_utils import TestServer
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from engine import fast_paths

REPLACED: tuple[tuple[Any, str], ...] = (
    (RemoteAction, "_validate_action_result"),
    (RemoteAction, "_action_call_format"),
    (Event, "resolve_by_type"),
    (EndpointConfig, "request"),
)
STOCK = {(owner, name): owner.__dict__[name] for owner, name in REPLACED}


@pytest.fixture
def installed() -> Iterator[None]:
    """The fast paths, for one test."""
    fast_paths.install()
    yield
    for (owner, name), stock in STOCK.items():
        setattr(owner, name, stock)


@pytest.fixture
def action() -> RemoteAction:
    return RemoteAction("action_refer", None)


def stock_accepts(action: RemoteAction, payload: Any) -> bool:
    try:
        return bool(STOCK[RemoteAction, "_validate_action_result"](action, payload))
    except ValidationError:
        return False


def ours_accepts(action: RemoteAction, payload: Any) -> bool:
    try:
        return bool(action._validate_action_result(payload))
    except RasaException:
        return False


@pytest.mark.usefixtures("installed")
def test_install_replaces_every_path() -> None:
    for owner, name in REPLACED:
        assert owner.__dict__[name] is not STOCK[owner, name]


@pytest.mark.usefixtures("installed")
def test_installing_twice_is_no_harm(action: RemoteAction) -> None:
    fast_paths.install()
    assert Event.resolve_by_type("slot") is SlotSet
    assert ours_accepts(action, {"events": [], "responses": []})


@pytest.mark.parametrize("version", ["3.6.20", "3.6.22", "3.7.0"])
def test_another_rasa_is_refused_and_nothing_replaced(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(rasa, "__version__", version)
    with pytest.raises(RuntimeError, match=r"3\.6\.21"):
        fast_paths.install()
    for owner, name in REPLACED:
        assert owner.__dict__[name] is STOCK[owner, name]


def test_the_measured_rasa_is_the_installed_one() -> None:
    assert rasa.__version__ == fast_paths.EXPECTED_RASA


USER = {
    "event": "user",
    "text": "一",
    "parse_data": {
        "text": "一",
        "intent": {"name": "legal_aid", "confidence": 0.9},
        "intent_ranking": [{"name": "legal_aid", "confidence": 0.9}],
        "entities": [{"entity": "region", "value": "石岐", "start": 0, "end": 2, "role": None}],
    },
}
GOOD: dict[str, Any] = {
    "empty": {},
    "empty lists": {"events": [], "responses": []},
    "slot": {"events": [{"event": "slot", "name": "region_id", "value": "442000"}]},
    "slot taken back": {"events": [{"event": "slot", "name": "region_id", "value": None}]},
    "slot with a list": {"events": [{"event": "slot", "name": "a", "value": [1, {"b": 2}]}]},
    "timestamp": {"events": [{"event": "bot", "text": "a", "timestamp": 1.5, "metadata": {}}]},
    "no timestamp": {"events": [{"event": "restart", "timestamp": None, "metadata": None}]},
    "user": {"events": [USER]},
    "loop": {"events": [{"event": "active_loop", "name": None}]},
    "action": {"events": [{"event": "action", "name": "a", "policy": None, "confidence": 1}]},
    "several": {"events": [USER, {"event": "followup", "name": "b"}, {"event": "pause"}]},
    "responses": {"events": [], "responses": [{"text": "好"}, {"custom": {"kind": "cards"}}]},
    "more keys": {"events": [], "responses": [], "more": 1},
}
BAD: dict[str, Any] = {
    "a list": [],
    "nothing": None,
    "a text": "ok",
    "events is no list": {"events": {}},
    "events is nothing": {"events": None},
    "an event is no object": {"events": ["slot"]},
    "an event without its kind": {"events": [{"name": "region_id", "value": 1}]},
    "an unknown event": {"events": [{"event": "no such event"}]},
    "a kind that is no text": {"events": [{"event": 1}]},
    "a slot without a value": {"events": [{"event": "slot", "name": "region_id"}]},
    "a slot without a name": {"events": [{"event": "slot", "value": 1}]},
    "a slot's name is no text": {"events": [{"event": "slot", "name": 1, "value": 1}]},
    "timestamp is a text": {"events": [{"event": "bot", "timestamp": "now"}]},
    "timestamp is a bool": {"events": [{"event": "bot", "timestamp": True}]},
    "metadata is a list": {"events": [{"event": "bot", "metadata": []}]},
    "confidence is a text": {"events": [{"event": "action", "confidence": "1"}]},
    "an entity without a value": {"events": [{"event": "entities", "entities": [{"entity": "a"}]}]},
    "an entity's start is no whole number": {
        "events": [{"event": "entities", "entities": [{"entity": "a", "value": 1, "start": 0.5}]}]
    },
    "intent is a text": {"events": [{**USER, "parse_data": {"intent": "legal_aid"}}]},
    "the last of several": {"events": [{"event": "pause"}, USER, {"event": "slot"}]},
    "responses is an object": {"responses": {}},
    "a response is a text": {"responses": ["好"]},
}
PAYLOADS = [pytest.param(payload, True, id=name) for name, payload in GOOD.items()]
PAYLOADS += [pytest.param(payload, False, id=name) for name, payload in BAD.items()]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("payload", "good"), PAYLOADS)
def test_the_compiled_validator_judges_like_stock(
    action: RemoteAction, payload: Any, good: bool
) -> None:
    assert stock_accepts(action, copy.deepcopy(payload)) is good
    seen = copy.deepcopy(payload)
    assert ours_accepts(action, seen) is good
    assert seen == payload  # it fills nothing in


@pytest.mark.usefixtures("installed")
def test_a_refusal_says_what_is_wrong(action: RemoteAction) -> None:
    with pytest.raises(RasaException, match=r"not valid: data\.events"):
        action._validate_action_result({"events": {}})


def resolved(resolve: Any, name: str, *default: Any) -> Any:
    try:
        return resolve(name, *default)
    except ValueError as error:
        return str(error)


EVENT_TYPES: list[str] = sorted(
    {cls.type_name for cls in all_subclasses(Event) if isinstance(cls.type_name, str)}
)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", [*EVENT_TYPES, "topic", "no such event", ""])
def test_events_are_resolved_like_stock(name: str) -> None:
    stock = STOCK[Event, "resolve_by_type"].__func__
    for _ in range(2):  # the second answer is a remembered one
        assert resolved(Event.resolve_by_type, name) == resolved(stock, name)
        for default in (BotUttered, SlotSet, None):
            assert resolved(Event.resolve_by_type, name, default) == resolved(stock, name, default)


@pytest.mark.usefixtures("installed")
def test_a_default_is_not_remembered() -> None:
    assert Event.resolve_by_type("no such event", SlotSet) is SlotSet
    assert Event.resolve_by_type("no such event", BotUttered) is BotUttered
    with pytest.raises(ValueError, match="no such event"):
        Event.resolve_by_type("no such event")


def test_there_are_events_to_resolve() -> None:
    assert len(EVENT_TYPES) > 20
    assert {"user", "bot", "slot", "action", "active_loop", "session_started"} <= set(EVENT_TYPES)


@pytest.mark.usefixtures("installed")
def test_an_action_is_sent_slots_and_the_last_message_only(action: RemoteAction) -> None:
    slot = {"type": "text", "influence_conversation": False, "mappings": [{"type": "custom"}]}
    domain = Domain.from_dict({"slots": {"region_id": slot}, "actions": ["action_refer"]})
    tracker = DialogueStateTracker("resident", domain.slots)
    parsed = {"intent": {"name": "legal_aid"}, "urgency": {"kind": "none"}, "metadata": {"a": 1}}
    events = [
        ActionExecuted("action_listen"),
        SlotSet("region_id", "442000"),
        UserUttered("一", parse_data=parsed, metadata={"place": "x"}),
    ]
    tracker.update_with_events(events, domain)
    ours = action._action_call_format(tracker, domain)
    stock = STOCK[RemoteAction, "_action_call_format"](action, tracker, domain)
    assert set(ours) == set(stock)
    assert ours["tracker"]["events"] == []
    assert ours["domain"] == {}
    same = set(stock["tracker"]) - {"events"}
    assert {key: ours["tracker"][key] for key in same} == {
        key: stock["tracker"][key] for key in same
    }
    assert ours["tracker"]["slots"]["region_id"] == "442000"
    assert ours["tracker"]["latest_message"]["text"] == "一"
    for key in ("next_action", "sender_id", "version"):
        assert ours[key] == stock[key]


class Server:
    """An action server that tells what it was asked, and over how many connections."""

    def __init__(self) -> None:
        self.peers: list[Any] = []
        self.headers: list[dict[str, str]] = []
        app = web.Application()
        app.router.add_post("/webhook", self.webhook)
        app.router.add_post("/plain", self.plain)
        app.router.add_post("/broken", self.broken)
        self.server = TestServer(app)

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    async def webhook(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        self.peers.append(request.transport.get_extra_info("peername"))
        self.headers.append(dict(request.headers))
        return web.json_response({"asked": await request.json(), "query": dict(request.query)})

    async def plain(self, request: web.Request) -> web.Response:
        return web.Response(text="no JSON")

    async def broken(self, request: web.Request) -> web.Response:
        return web.Response(status=400, text='{"action_name": "action_refer"}')


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    await server.server.start_server()
    yield server
    await server.server.close()


async def close(*endpoints: EndpointConfig) -> None:
    for endpoint in endpoints:
        if getattr(endpoint, "kept_session", None) is not None:
            await endpoint.kept_session.close()


@pytest.mark.usefixtures("installed")
async def test_calls_share_one_connection(server: Server) -> None:
    endpoint = EndpointConfig(server.url("/webhook"))
    for number in range(5):
        answer = await endpoint.request(json={"n": number}, method="post", timeout=5)
        assert answer == {"asked": {"n": number}, "query": {}}
    assert len(set(server.peers)) == 1
    await close(endpoint)


@pytest.mark.usefixtures("installed")
async def test_a_closed_session_is_made_anew(server: Server) -> None:
    endpoint = EndpointConfig(server.url("/webhook"))
    await endpoint.request(json={}, method="post")
    await close(endpoint)
    assert await endpoint.request(json={}, method="post") is not None
    await close(endpoint)


@pytest.mark.usefixtures("installed")
async def test_a_new_endpoint_never_speaks_with_a_dead_ones_session(server: Server) -> None:
    sessions = []
    for number in range(20):
        endpoint = EndpointConfig(
            server.url("/webhook"), basic_auth={"username": str(number), "password": "x"}
        )
        await endpoint.request(json={}, method="post")
        sessions.append(endpoint.kept_session)
        del endpoint  # the next one may get its id
    for session in sessions:
        await session.close()
    assert len({headers["Authorization"] for headers in server.headers}) == 20


@pytest.mark.usefixtures("installed")
async def test_a_request_carries_what_stocks_carries(server: Server) -> None:
    answers = []
    for request in (EndpointConfig.request, STOCK[EndpointConfig, "request"]):
        endpoint = EndpointConfig(
            server.url("/"), params={"a": "1"}, headers={"X-Own": "own"}, token="t"
        )
        answers.append(
            await request(
                endpoint, "post", "webhook", headers={"X-Own": "call", "X-Call": "call"},
                params={"b": "2"}, json={"n": 1},
            )
        )  # fmt: skip
        await close(endpoint)
    assert answers[0] == answers[1] == {
        "asked": {"n": 1}, "query": {"a": "1", "b": "2", "token": "t"},
    }  # fmt: skip
    assert server.headers[0] == server.headers[1]


@pytest.mark.usefixtures("installed")
async def test_errors_are_those_of_stock(server: Server) -> None:
    plain, broken = EndpointConfig(server.url("/plain")), EndpointConfig(server.url("/broken"))
    assert await plain.request(json={}, method="post") is None
    with pytest.raises(ClientResponseError) as error:
        await broken.request(json={}, method="post")
    assert error.value.status == 400
    assert error.value.text == '{"action_name": "action_refer"}'
    await close(plain, broken)
