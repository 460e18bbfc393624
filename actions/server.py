"""The actions process: rasa-sdk's executor behind one small route, on loopback only.

rasa-sdk's own server binds every address and is four processes of 209 MB; this is one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from rasa_sdk.executor import ActionExecutor
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from actions.action_find_place import ActionFindPlace
from actions.action_human_handoff import ActionHumanHandoff
from actions.action_offer_choices import ActionOfferChoices
from actions.action_other_government import ActionOtherGovernment
from actions.action_out_of_scope import ActionOutOfScope
from actions.action_refer import ActionRefer
from actions.base import TurnAction
from actions.reply import words
from knowledge.boundaries import read_boundaries
from knowledge.catalogue import LiveCatalogue
from knowledge.database import connect
from knowledge.edition import city_codes
from knowledge.faq.live import live_index, warm
from knowledge.law.library import laws
from knowledge.memory import spare_what_stays

ACTIONS: tuple[type[TurnAction], ...] = (
    ActionRefer,
    ActionFindPlace,
    ActionOtherGovernment,
    ActionOutOfScope,
    ActionOfferChoices,
    ActionHumanHandoff,
)
log = logging.getLogger(__name__)


class LeanExecutor(ActionExecutor):
    """Our actions do not read the domain, and the engine does not send it."""

    def update_and_return_domain(
        self, payload: dict[str, Any], action_name: str
    ) -> dict[str, Any] | None:
        return {}


def create_app(
    database_url: str,
    codes: frozenset[str],
    vectors: Path | None = None,
    loaded: Callable[[], None] = lambda: None,
) -> Starlette:
    """The application; the database is opened when it starts, not before.

    `vectors`: the answers' texts as numbers, as `wenfa prepare` wrote them. `loaded` is called once
    everything is read.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = connect(database_url)
        live = LiveCatalogue(database, read_boundaries(codes))
        live.current()
        words()
        laws()
        warm(live.current().faq, vectors)
        executor = LeanExecutor()
        for action in ACTIONS:
            executor.register_action(action(live))
        app.state.executor = executor
        loaded()
        yield
        database.dispose()

    return Starlette(
        routes=[
            Route("/webhook", _webhook, methods=["POST"]),
            Route("/health", _health, methods=["GET"]),
            Route("/ready", _ready, methods=["GET"]),
        ],
        lifespan=lifespan,
    )


async def _webhook(request: Request) -> JSONResponse:
    try:
        result = await request.app.state.executor.run(await request.json())
    except Exception:  # the engine only needs to know that it failed; the gateway apologises
        log.exception("an action failed")
        return JSONResponse({"error": "action failed"}, status_code=500)
    return JSONResponse(result.model_dump() if result else None)


async def _health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _ready(request: Request) -> JSONResponse:
    """Answers can be found; before that there would be the desks alone."""
    made = live_index().made
    return JSONResponse({"ready": made}, status_code=200 if made else 503)


if __name__ == "__main__":  # `wenfa actions` hands over the variables
    uvicorn.run(
        create_app(
            os.environ["DATABASE_URL"], city_codes(), Path(os.environ["WENFA_FAQ_VECTORS"]),
            spare_what_stays,
        ),
        host="127.0.0.1",
        port=int(os.environ["WENFA_ACTIONS_PORT"]), log_level="warning", access_log=False,
        # longer than the engine's session keeps a connection: a closed one would cost an answer
        timeout_keep_alive=75,
    )  # fmt: skip
