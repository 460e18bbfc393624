"""POST /legal-aid/screening and GET /legal-aid/facts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Choice, CitedShape, CityName, PlaceShape, Strict
from bot.api.state import State
from knowledge.china import CHINA
from knowledge.eligibility.facts import FactError, read_facts
from knowledge.eligibility.shape import screening_shape, vocabulary_shape

MOST_FACTS = 60
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 413, 415, 422)
}
router = APIRouter(tags=["legal aid"], responses=PROBLEMS)


class ScreeningRequest(Strict):
    """`facts` in the vocabulary of GET /legal-aid/facts, null for what was not said.

    `day` is the day whose rules are wanted; without it, today in China.
    """

    city: CityName | None = None
    facts: Annotated[dict[str, Any], Field(max_length=MOST_FACTS)]
    day: date | None = None


class ReasonShape(BaseModel):
    text: str
    article: str
    cited: list[CitedShape]
    source: str
    effective_from: str | None
    verified: bool
    about: Literal["basis", "open", "note"]


class QuestionShape(BaseModel):
    fact: str
    text: str
    why: str
    choices: list[Choice]


class MaterialShape(BaseModel):
    name: str
    required: Literal["needed", "have_it_bring_it"]
    source: str


class ScreeningAnswer(BaseModel):
    outcome: Literal["likely", "unlikely", "unknown"]
    reasons: list[ReasonShape]
    missing: list[str]
    next_question: QuestionShape | None
    materials: list[MaterialShape]
    apply_at: list[PlaceShape]
    objection: str
    objection_cited: list[CitedShape]
    rules_version: str


class FactValue(BaseModel):
    value: str
    name: str


class FactShape(BaseModel):
    fact: str
    kind: str
    name: str
    question: str
    why: str
    values: list[FactValue]
    at_most: int | None


class FactsAnswer(BaseModel):
    facts: list[FactShape]


@router.post("/legal-aid/screening", response_model=ScreeningAnswer)
def screening(request: ScreeningRequest, state: State) -> dict[str, Any]:
    """Whether legal aid is likely by these facts, why, and what is still to be asked."""
    city = state.city(request.city)
    day = request.day or datetime.now(CHINA).date()
    try:
        facts = read_facts(request.facts)
    except FactError as error:
        raise Problem(422, "wrong_fact", f"facts.{error.field}", problem=error.message) from error
    return screening_shape(state.catalogue, city.id, facts, day)


@router.get("/legal-aid/facts", response_model=FactsAnswer)
def facts() -> dict[str, Any]:
    """The vocabulary: every fact with its question and allowed values."""
    return {"facts": vocabulary_shape()}
