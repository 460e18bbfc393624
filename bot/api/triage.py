"""POST /triage and /triage/batch."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter

from bot import triage
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import BatchAnswer, BatchRequest, TriageAnswer, TriageRequest
from bot.api.state import AppState, State
from bot.engine_client import EngineAway, harmless

AT_ONCE = 4
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 413, 415, 422, 503)
}
router = APIRouter(tags=["triage"], responses=PROBLEMS)


@router.post("/triage", response_model=TriageAnswer)
async def triage_one(request: TriageRequest, state: State) -> dict[str, Any]:
    """Which desk, which matter, how urgent, which places, and where to go, for one text."""
    city = state.city(request.city)
    return await _triage(state, request.text, city.id, "text")


@router.post("/triage/batch", response_model=BatchAnswer)
async def triage_batch(request: BatchRequest, state: State) -> dict[str, Any]:
    """The same for up to 1,000 texts, in their order."""
    city = state.city(request.city)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(index: int, text: str) -> dict[str, Any]:
        async with gate:
            return await _triage(state, text, city.id, f"texts.{index}")

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(i, text)) for i, text in enumerate(request.texts)]
    except ExceptionGroup as several:  # the group cancelled the rest: the first one is the answer
        raise several.exceptions[0] from None
    return {"results": [task.result() for task in tasks]}


async def _triage(state: AppState, text: str, city_id: str, field: str) -> dict[str, Any]:
    if not harmless(text):
        raise Problem(422, "empty_text", field)
    catalogue = state.catalogue
    try:
        return await triage.triage(state.engine, catalogue, text, catalogue.atlas.cities[city_id])
    except EngineAway as error:
        raise Problem(503, "engine_away") from error
