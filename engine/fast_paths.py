"""Three slow paths of Rasa 3.6.21, replaced in place. Each is measured in docs/decisions/0003.

Rasa is in maintenance mode and pinned, so replacing a method by name is safe until the pin moves;
tests/engine/test_fast_paths.py fails loudly when it does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Dict, Optional, Text, Type

import aiohttp
import fastjsonschema
import rasa
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import ClientResponseError, EndpointConfig, concat_url

EXPECTED_RASA = "3.6.21"


def install() -> None:
    """Replace the slow paths. Raises RuntimeError on another Rasa than the one measured."""
    if rasa.__version__ != EXPECTED_RASA:
        raise RuntimeError(f"fast paths were written for Rasa {EXPECTED_RASA}")
    RemoteAction._validate_action_result = _validate_action_result
    RemoteAction._action_call_format = _action_call_format
    Event.resolve_by_type = staticmethod(_memoised_resolver())
    EndpointConfig.request = _request


@lru_cache(maxsize=1)
def _validator() -> Callable[[Any], Any]:
    """The same schema as stock, compiled once: interpreting it costs 25 ms an action."""
    compiled: Callable[[Any], Any] = fastjsonschema.compile(
        RemoteAction.action_response_format_spec()
    )
    return compiled


def _validate_action_result(self: RemoteAction, result: Dict[Text, Any]) -> bool:
    try:
        _validator()(result)
    except fastjsonschema.JsonSchemaException as error:
        raise RasaException(f"The action server's response is not valid: {error}") from error
    return True


def _action_call_format(
    self: RemoteAction, tracker: DialogueStateTracker, domain: Domain
) -> Dict[Text, Any]:
    """Slots and the latest message only: our actions read neither old events nor the domain."""
    state = tracker.current_state(EventVerbosity.NONE)
    state["events"] = []
    return {
        "next_action": self.name(),
        "sender_id": tracker.sender_id,
        "tracker": state,
        "domain": {},
        "version": rasa.__version__,
    }


def _memoised_resolver() -> Callable[..., Optional[Type[Event]]]:
    """Stock walks all subclasses for every event it reads."""
    stock = Event.resolve_by_type
    known: Dict[Text, Optional[Type[Event]]] = {}

    def resolve(type_name: Text, default: Optional[Type[Event]] = None) -> Optional[Type[Event]]:
        if type_name not in known:
            found = stock(type_name, default)
            if found is default:
                return found
            known[type_name] = found
        return known[type_name]

    return resolve


async def _request(
    self: EndpointConfig,
    method: Text = "post",
    subpath: Optional[Text] = None,
    content_type: Optional[Text] = "application/json",
    compress: bool = False,
    **kwargs: Any,
) -> Optional[Any]:
    """One kept-alive session an endpoint instead of a new one a call. Same errors as stock."""
    # on the endpoint itself, never by its id: a later endpoint may be given a dead one's id
    session: Optional[aiohttp.ClientSession] = getattr(self, "kept_session", None)
    if session is None or session.closed:
        session = self.kept_session = self.session()
    headers = {"Content-Type": content_type} if content_type else {}
    headers.update(kwargs.pop("headers", {}))
    headers.update(self.headers)
    async with session.request(
        method,
        concat_url(self.url, subpath),
        headers=headers,
        params=self.combine_parameters(kwargs),
        compress=compress,
        **kwargs,
    ) as response:
        if response.status >= 400:
            raise ClientResponseError(
                response.status, response.reason or "", (await response.read()).decode()
            )
        try:
            return await response.json()
        except aiohttp.ContentTypeError:
            return None
