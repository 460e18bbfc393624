"""GET /faq/search."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query
from starlette.concurrency import run_in_threadpool

from bot.answers import InDanger, answers_to
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import CityName, FaqAnswer
from bot.api.state import State
from bot.engine_client import LONGEST_TEXT, harmless
from bot.unanswered.afterwards import keep
from bot.unanswered.asked import Door
from knowledge.china import today
from knowledge.faq.shape import faq_shape
from knowledge.taxonomy import taxonomy

router = APIRouter(tags=["faq"])


@router.get("/faq/search", response_model=FaqAnswer, responses={422: {"model": ProblemDocument}})
async def faq_search(
    state: State,
    later: BackgroundTasks,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST_TEXT)],
    city: Annotated[CityName | None, Query()] = None,
    service: Annotated[str | None, Query(max_length=40)] = None,
    matter: Annotated[str | None, Query(max_length=40)] = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> dict[str, Any]:
    """The answers to a question, likeliest first; `known` false: better ask a person."""
    home, catalogue = state.city(city), state.catalogue
    if not harmless(q):
        raise Problem(422, "empty_text", "q")
    if service is not None and service not in catalogue.services:
        raise Problem(422, "unknown_service", "service", value=service)
    if matter is not None and matter not in taxonomy().matters:
        raise Problem(422, "unknown_matter", "matter", value=matter)
    try:
        answered = await answers_to(state.engine, catalogue, q, service, matter, limit)
    except InDanger:
        return {"items": [], "known": False, "danger": True}
    found = answered.found
    if answered.missing and service is None and matter is None:
        later.add_task(
            keep, state.gateway.store, home.id, q, Door.api,
            matter=answered.matter, service=answered.service,
        )  # fmt: skip
    day = today()
    return {
        "items": [
            {
                **await run_in_threadpool(faq_shape, catalogue, hit.item, home.id, day),
                "score": round(hit.score, 4),
            }
            for hit in found.hits
        ],
        "known": found.known,
        "danger": False,
    }
