"""Finding an answer for a question: the triage as a prior, the index of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from bot.engine_client import EngineAway, EngineClient
from knowledge.catalogue import Catalogue
from knowledge.faq.live import as_published, live_index
from knowledge.faq.search import Found, Prior
from knowledge.taxonomy import CALM

# what no answer of ours will ever be written for
NOT_OURS = frozenset({"out_of_scope", "other_government"})


@dataclass(frozen=True)
class Answered:
    """What a question found, and what the triage made of it (nothing, without the engine)."""

    found: Found
    prior: Prior

    @property
    def missing(self) -> bool:
        """It is ours, nobody is in danger as far as the engine can tell, and no answer fits."""
        return not self.found.known and self.service is not None and self.service not in NOT_OURS

    @property
    def service(self) -> str | None:
        return _likeliest(self.prior.services)

    @property
    def matter(self) -> str | None:
        return _likeliest(self.prior.matters)


class InDanger(Exception):
    """Who asks, or somebody near, may be in danger: first the safe step."""


async def answers_to(
    engine: EngineClient,
    catalogue: Catalogue,
    question: str,
    service: str | None = None,
    matter: str | None = None,
    limit: int = 3,
) -> Answered:
    """The likeliest items of a service or matter (None: of all). Raises InDanger: nobody in danger
    is given something to read."""
    prior = await prior_of(engine, question)
    found = await run_in_threadpool(search, catalogue, question, prior, service, matter, limit)
    return Answered(found, prior)


async def prior_of(engine: EngineClient, question: str) -> Prior:
    """What the triage makes of it; without the engine nothing is known. Raises InDanger."""
    try:
        parsed = await engine.parse(question)
    except EngineAway:
        return Prior()
    if parsed["urgency"]["kind"] not in CALM:
        raise InDanger
    return prior_in(parsed)


def _likeliest(labels: Mapping[str, float]) -> str | None:
    return max(labels, key=labels.__getitem__, default=None)


def prior_in(parsed: Mapping[str, Any]) -> Prior:
    """What the engine's answer says of the labels."""
    return Prior(
        {one["name"]: one["confidence"] for one in parsed["matters"]},
        {one["name"]: one["confidence"] for one in parsed["intent_ranking"]},
    )


def search(
    catalogue: Catalogue,
    question: str,
    prior: Prior,
    service: str | None,
    matter: str | None,
    limit: int,
) -> Found:
    """The likeliest items as they read now."""
    among = None
    if service or matter:
        among = frozenset(
            item.id
            for item in catalogue.faq.values()
            if (service is None or service in item.services)
            and (matter is None or matter in item.matters)
        )
    live = live_index()
    # many changes at once take a while to index: nobody waits for that but the first of all
    index = live.at_hand(catalogue.faq) or live.over(catalogue.faq)
    return as_published(index.search(question, prior, limit, among), catalogue.faq)
